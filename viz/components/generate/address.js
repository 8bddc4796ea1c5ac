/** Keeps what was set on this page in its address, so that a link shows the same. Calmly: not at every move. */

const PAUSE = 250;             // milliseconds without a change

export class Address {
  #timer = 0;

  /** @param {() => Object<string, string>} query names and values; "" takes a name out of the address */
  constructor(query) {
    this.query = query;
  }

  /** The earlier step in an address, null for none. @param {string} search */
  static stepOf(search) {
    const text = new URLSearchParams(search).get("at") ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : null;
  }

  /** Write the address soon: something was set, or Streamlit may have written one without it. */
  renew() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), PAUSE);
  }

  /** Streamlit's own parameters and its entry in the history stay what they are. */
  #write() {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(this.query())) value ? query.set(name, value) : query.delete(name);
    const address = location.pathname + (query.size ? `?${query}` : "") + location.hash;
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", address);
  }

  close() {
    clearTimeout(this.#timer);
  }
}
