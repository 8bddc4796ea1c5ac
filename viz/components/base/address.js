/** A page's own part of its address, so that a link leads to the same picture. Written calmly, and only what changed. */

const PAUSE = 250;             // milliseconds without a change

export class Address {
  #timer = 0;

  /**
   * @param {(search: string) => string|null} query the query string to write, from the one that stands; null: not now
   * @param {{listen: (heard: () => void) => (() => void)}} [state] whose changes are written
   */
  constructor(query, state) {
    this.query = query;
    this.stop = state?.listen(() => this.renew());
  }

  /** Write it soon: something was set, or Streamlit may have written an address without it. */
  renew() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), PAUSE);
  }

  /** Streamlit's own parameters and its entry in the history stay what they are. */
  #write() {
    const query = this.query(location.search);
    if (query === null) return;
    const address = location.pathname + (query ? `?${query}` : "") + location.hash;
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", address);
  }

  close() {
    clearTimeout(this.#timer);
    this.stop?.();
  }
}

/**
 * A query string with some parameters set. Where they are already, it stays as it is written.
 * @param {Object<string, string|number|null>} values "" and null take a parameter away
 */
export function withValues(search, values) {
  const query = new URLSearchParams(search);
  if (Object.entries(values).every(([name, value]) => (query.get(name) ?? "") === String(value ?? ""))) return search.replace(/^\?/, "");
  for (const [name, value] of Object.entries(values)) {
    if (value === "" || value === null) query.delete(name);
    else query.set(name, String(value));
  }
  return query.toString();
}
