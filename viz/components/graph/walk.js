/** Backward in the order in which the engine ran the nodes: where it stands, what is done, what flowed. Knows no screen. */

export class Walk {
  at = Infinity;               // how many nodes have run; Infinity: all of them, whatever the graph

  /** @param {AutogradGraph} graph */
  constructor(graph) {
    this.use(graph);
  }

  use(graph) {
    this.graph = graph;
    this.rank = [];
    graph.sequence.forEach((node, i) => (this.rank[node] = i));
  }

  get n() {
    return this.graph.sequence.length;
  }

  get done() {
    return Math.min(this.at, this.n);
  }

  get isWhole() {
    return this.at >= this.n;
  }

  /** The node that has just run, or null. */
  get node() {
    return this.done ? this.graph.sequence[this.done - 1] : null;
  }

  go(at) {
    this.at = Math.max(0, Math.min(at, this.n));
  }

  /** One step on or back, over all nodes in a row that a picture with these boxes open shows as one. */
  step(by, open) {
    const shown = (i) => this.graph.shown(this.graph.sequence[i], open);
    let at = this.done + by;
    if (by > 0) while (at < this.n && at > 0 && shown(at) === shown(at - 1)) at++;
    else while (at > 0 && shown(at - 1) === shown(at)) at--;
    this.go(at);
  }

  hasRun(node) {
    return this.rank[node] < this.done;
  }

  /** Whether all that comes back along a wire has. */
  hasFlowed({ value, target, box }) {
    const { readers, members } = this.graph;
    const inside = target.startsWith("out ") ? members.get(box) : members.get(target);
    const isMeant = target.startsWith("out ") ? (reader) => !inside.includes(reader) : (reader) => inside.includes(reader);
    return readers[value].filter(isMeant).every((reader) => this.hasRun(reader));
  }

  /** "" | "some" | "done": how many of the gradients that add up to a value's have come. */
  joined(value) {
    const come = this.graph.readers[value].filter((reader) => this.hasRun(reader)).length;
    return !come ? "" : come < this.graph.readers[value].length ? "some" : "done";
  }
}
