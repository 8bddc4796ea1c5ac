/** Keeps the walk in the page's address: a link leads to the same number of merges and the same token. */

const PAUSE = 300;             // milliseconds without a change

export class Link {
  #timer = 0;

  constructor(walk) {
    this.walk = walk;
    this.stop = walk.listen(() => this.renew());
  }

  /** What the address says. */
  static read(search) {
    const query = new URLSearchParams(search);
    const number = (name) => (/^\d{1,4}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : undefined);
    return { k: number("merges"), token: number("piece") ?? null };
  }

  renew() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), PAUSE);
  }

  #write() {
    const { record, k, token, isPlaying } = this.walk;
    if (!record || isPlaying) return;
    const query = new URLSearchParams(location.search);
    const put = (name, value) => (value === null ? query.delete(name) : query.set(name, String(value)));
    put("merges", k === record.n ? null : k);
    put("piece", token);
    const address = location.pathname + (query.size ? `?${query}` : "") + location.hash;
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", address);
  }

  close() {
    clearTimeout(this.#timer);
    this.stop();
  }
}
