/** Ways through the graph without a pointer: from hit to hit of a search, from item to item along edges. */

import { search } from "./zoom.js";

export class Finding {
  hits = [];
  hit = -1;

  /** @returns {Set<string>} the items that a word finds, and the boxes around them */
  find(graph, word) {
    this.hits = search(graph, word);
    this.hit = -1;
    return new Set(this.hits.flatMap((node) => [String(node), ...graph.nodes[node].path]));
  }

  /** @returns {number|undefined} the next node found, or the one before */
  next(by) {
    if (!this.hits.length) return undefined;
    this.hit = (this.hit + by + this.hits.length) % this.hits.length;
    return this.hits[this.hit];
  }

  get words() {
    return this.hits.length ? `${this.hit < 0 ? "–" : this.hit + 1} of ${this.hits.length}` : "nothing";
  }
}

/** From an item along an edge: up to a reader, down to a source; from none to the loss or to what comes first.
 *  @param {"readers"|"sources"} way @returns {string|undefined} */
export function along(graph, { open, chosen }, way) {
  if (!chosen) return graph.shown(way === "sources" ? graph.n - 1 : 0, open);
  const members = graph.members.get(chosen);
  const near = members.flatMap((node) => (way === "readers" ? graph.readers[node] : graph.sources[node].map(({ source }) => source)));
  return near.filter((node) => !members.includes(node)).map((node) => graph.shown(node, open)).find((key) => key !== chosen);
}
