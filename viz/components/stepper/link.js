/** Keeps the state in the page's address, so that a link leads to this operation and cell. Calmly: not at every key. */

const PAUSE = 250;             // milliseconds without a change

export class Link {
  #timer = 0;

  /** @param {import("./state.js").StepState} state */
  constructor(state) {
    this.state = state;
    this.stop = state.listen(() => this.renew());
  }

  /** Write the address soon: the state changed, or Streamlit may have written one without it. */
  renew() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), PAUSE);
  }

  /** Streamlit's own parameters and its entry in the history stay what they are. */
  #write() {
    const query = this.state.toQuery(location.search);
    const address = location.pathname + (query ? `?${query}` : "") + location.hash;
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", address);
  }

  close() {
    clearTimeout(this.#timer);
    this.stop();
  }
}
