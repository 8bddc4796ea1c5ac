/** How the address says what is open and chosen. Pure. */

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
