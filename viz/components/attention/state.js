/** What is looked at on the Attention page: a head, a pair of tokens, a step, and which heads are tampered with. Pure. */

const NAMES = ["layer", "head", "pair", "at", "off", "patch", "other"];   // of the URL's parameters that are ours
const MOST_OTHER = 300;        // characters of the second text that go into a link

/** @typedef {[number, number]} Head layer, head */

export const keyOf = (layer, head) => `${layer}.${head}`;

export class AttentionState {
  layer = 0;
  head = 0;
  /** @type {[number, number]|null} query and key whose chain is shown */ pair = null;
  /** @type {number|null} the kept step that is looked at; null = now */ at = null;
  /** @type {string[]} heads that are switched off, as "layer.head" */ off = [];
  /** @type {string[]} heads whose output comes from the second text */ patch = [];
  other = "";
  /** The position whose prediction is shown; null = the last. */ place = null;
  isHeld = false;
  #listeners = new Set();

  constructor(nLayers, nHeads) {
    Object.assign(this, { nLayers, nHeads });
  }

  /** @returns {Head[]} */
  static heads(keys) {
    return keys.map((key) => key.split(".").map(Number));
  }

  change(values) {
    const changed = new Set(Object.keys(values).filter((name) => JSON.stringify(values[name]) !== JSON.stringify(this[name])));
    if (!changed.size) return;
    Object.assign(this, values);
    for (const listener of this.#listeners) listener(changed);
  }

  choose(layer, head) {
    if (layer >= 0 && layer < this.nLayers && head >= 0 && head < this.nHeads) this.change({ layer, head });
  }

  /** Switch a head off or on again, or let it take over what it wrote on the second text, or no longer. */
  toggle(key, how) {
    const others = how === "off" ? "patch" : "off";
    const list = this[how].includes(key) ? this[how].filter((one) => one !== key) : [...this[how], key].sort();
    this.change({ [how]: list, [others]: this[others].filter((one) => one !== key) });
  }

  /** @param {(changed: Set<string>) => void} listener @returns {() => void} ends it */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The query string `search` with this state in it; every parameter that is not ours stays as it is. */
  toQuery(search) {
    const others = search.replace(/^\?/, "").split("&").filter((pair) => pair && !NAMES.includes(pair.split("=")[0]));
    const own = { layer: this.layer || "", head: this.head || "", pair: this.pair?.join(",") ?? "", at: this.at ?? "",
      off: this.off.join(","), patch: this.patch.join(","), other: this.other.slice(0, MOST_OTHER) };
    const written = Object.entries(own).filter(([, value]) => value !== "").map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`);
    return [...others, ...written].join("&");
  }

  /** Take over what a query string says; what this model does not have is left out. */
  fromQuery(search) {
    const asked = new URLSearchParams(search);
    const whole = (text, n) => (/^\d{1,6}$/.test(text ?? "") && Number(text) < n ? Number(text) : null);
    const list = (name) => [...new Set((asked.get(name) ?? "").split(","))].filter((key) => this.#isHead(key)).sort();
    const pair = (asked.get("pair") ?? "").split(",").map((text) => whole(text, Infinity));
    const off = list("off");
    this.change({
      layer: whole(asked.get("layer"), this.nLayers) ?? 0, head: whole(asked.get("head"), this.nHeads) ?? 0,
      pair: pair.length === 2 && !pair.includes(null) ? pair : null, at: whole(asked.get("at"), Infinity),
      off, patch: list("patch").filter((key) => !off.includes(key)), other: (asked.get("other") ?? "").slice(0, MOST_OTHER),
    });
  }

  #isHead(key) {
    const [layer, head] = key.split(".").map(Number);
    return key === keyOf(layer, head) && Number.isInteger(layer) && Number.isInteger(head) && layer < this.nLayers && head < this.nHeads;
  }
}
