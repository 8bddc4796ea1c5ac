/** The autograd graph as the worker and the server describe it, with the numbers of one iteration. Knows no screen. */

export const ROOT = "";

export class AutogradGraph {
  /** @param {object} graph the `graph` of the look's header: nodes, edges, flows, labels, sheets, rules */
  constructor(graph) {
    Object.assign(this, graph);
    this.n = this.nodes.length;
    this.flowAt = new Map(this.flows.map(([value, place], i) => [`${value} ${place}`, i]));
    this.readers = this.nodes.map(() => []);
    this.sources = this.nodes.map(() => []);
    for (const [source, reader, inputs] of this.edges) {
      this.readers[source].push(reader);
      this.sources[reader].push({ source, inputs });
    }
    this.members = new Map([[ROOT, this.nodes.map((_, i) => i)]]);
    this.nodes.forEach(({ path }, i) => {
      for (const box of path) this.members.set(box, [...(this.members.get(box) ?? []), i]);
      this.members.set(String(i), [i]);
    });
    this.boxes = [...this.members.keys()].filter((key) => key !== ROOT && !/^\d+$/.test(key));
    this.takes(null);
  }

  /** The numbers of an iteration: norm, lowest and highest of every flow, gradient and value, and the order of the nodes. */
  takes(arrays) {
    this.arrays = arrays;
    this.sequence = arrays ? Array.from(arrays.order.data, (at, node) => [at, node]).sort((a, b) => a[0] - b[0]).map(([, node]) => node) : [];
    this.largest = arrays ? this.#largest() : 1;
  }

  /** The largest gradient inside the model. At the loss all begins with 1, which would make every other wire thin. */
  #largest() {
    let most = 1e-30;
    this.flows.forEach(([value], i) => {
      const norm = this.arrays.flows.data[3 * i];
      if (this.nodes[value].path[0] !== "loss" && norm > most) most = norm;
    });
    return most;
  }

  /** What a box is: "part", "step" or "op"; "node" for a node. */
  kindOf(item) {
    if (/^\d+$/.test(item)) return "node";
    return item.startsWith("op ") ? "op" : item.startsWith("step ") ? "step" : "part";
  }

  /** What a picture shows of a node: the outermost closed box around it, else itself. */
  shown(node, open) {
    return this.nodes[node].path.find((box) => !open.has(box)) ?? String(node);
  }

  /** The node that stands for an item: of an operation the one that computes, of others the last to give something out. */
  main(item) {
    const kind = this.kindOf(item);
    if (kind === "node") return Number(item);
    if (kind === "op") return Number(item.slice(3));
    const members = this.members.get(item);
    return members.findLast((node) => this.readers[node].some((reader) => !members.includes(reader))) ?? members.at(-1);
  }

  /** The node whose output is the item's: of an operation the view behind which its value goes on. */
  output(item) {
    const members = this.members.get(item);
    const out = members.filter((node) => !this.nodes[node].parameter && this.readers[node].some((reader) => !members.includes(reader)));
    return out.at(-1) ?? this.main(item);
  }

  /** Norm, lowest and highest of what comes back along a wire of a sheet, or null before there are numbers. */
  flow({ value, target, box }) {
    const place = target.startsWith("out ") ? `beyond ${box}` : target;
    const at = this.flowAt.get(`${value} ${place}`);
    return at === undefined || !this.arrays ? null : sizes(this.arrays.flows, at);
  }

  gradient(node) {
    return this.arrays ? sizes(this.arrays.gradients, node) : null;
  }

  value(node) {
    return this.arrays ? sizes(this.arrays.values, node) : null;
  }

  /** Bytes that nodes keep for the way back; what they share with a parameter costs nothing. */
  savedBytes(nodes) {
    const own = nodes.flatMap((node) => this.nodes[node].saved).filter(([, , , of]) => !this.isParameter(of));
    return own.reduce((sum, [, , bytes]) => sum + bytes, 0);
  }

  isParameter(name) {
    this.parameters ??= new Set(this.nodes.map(({ parameter }) => parameter).filter(Boolean));
    return this.parameters.has(name);
  }

  /** The tap of an item's output, "" where it has none. */
  tap(item) {
    const { taps, parameter } = this.nodes[this.output(item)];
    return taps[0] ?? parameter ?? "";
  }

  /** How a reader sees a node: by the name of the smallest box around it that has one of its own. */
  nameOf(node) {
    const { path, taps, parameter } = this.nodes[node];
    const box = path.findLast((each) => each.startsWith("op "));
    return parameter || taps[0] || this.labels[box ?? String(node)].name;
  }
}

function sizes({ data }, at) {
  const [norm, low, high] = data.subarray(3 * at, 3 * at + 3);
  return { norm, low, high };
}
