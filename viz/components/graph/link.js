/** Keeps what is open and chosen in the page's address, so that a link leads to the same picture. */

const PAUSE = 250;             // milliseconds without a change
const OWN = ["node", "open", "rows", "at", "fused"];

/** @returns {{open: string[]|null, node: string|null, rows: string, at: number|null, fused: string}} what the address says; null: nothing */
export function asked(search) {
  const query = new URLSearchParams(search);
  const at = Number(query.get("at") ?? NaN);
  return {
    open: query.has("open") ? query.get("open").split(",").map((box) => box.replaceAll("~", " ")).filter(Boolean) : null,
    node: query.get("node"),
    rows: query.get("rows") === "batch" ? "batch" : "text",
    at: Number.isInteger(at) && at >= 0 ? at : null,
    fused: ["1", "beside"].includes(query.get("fused")) ? query.get("fused") : "",
  };
}

/** @param {string} search the query string that stands; everything that is not ours stays as it is */
export function written(search, values) {
  const others = search.replace(/^\?/, "").split("&").filter((pair) => pair && !OWN.includes(pair.split("=")[0]));
  const own = Object.entries(values).filter(([, value]) => value !== null && value !== "").map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%20", "~")}`);
  return [...others, ...own].join("&");
}

export class Link {
  #timer = 0;

  /** @param {() => object} values what to write, by parameter */
  constructor(values) {
    this.values = values;
  }

  renew() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), PAUSE);
  }

  #write() {
    const query = written(location.search, this.values());
    const address = location.pathname + (query ? `?${query}` : "") + location.hash;
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", address);
  }

  close() {
    clearTimeout(this.#timer);
  }
}
