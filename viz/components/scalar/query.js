/** This component's own part of the page's address, written calmly; Streamlit's parameters stay what they are. */

const PAUSE = 250;             // milliseconds without a change

export class Query {
  #timer = 0;
  #changes = {};

  static get(name) {
    return new URLSearchParams(location.search).get(name) ?? "";
  }

  /** @param {Object<string, string>} changes "" takes a parameter away */
  set(changes) {
    Object.assign(this.#changes, changes);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), PAUSE);
  }

  #write() {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(this.#changes)) {
      if (value === "") query.delete(name);
      else query.set(name, value);
    }
    history.replaceState(history.state, "", `${location.pathname}?${query}${location.hash}`);
  }

  close() {
    clearTimeout(this.#timer);
  }
}
