/** This component's own parameters of the page's address; Streamlit's stay what they are. */

import { Address, withValues } from "../base/address.js";

export class Query {
  #changes = {};
  #address = new Address((search) => withValues(search, this.#changes));

  static get(name) {
    return new URLSearchParams(location.search).get(name) ?? "";
  }

  /** @param {Object<string, string>} changes "" takes a parameter away */
  set(changes) {
    Object.assign(this.#changes, changes);
    this.#address.renew();
  }

  close() {
    this.#address.close();
  }
}
