/** The graph's SVG: elements are made once for each item and wire; opening a box moves them, numbers change their looks. */

import { significant } from "../base/numbers.js";
import { pathOf, TALL } from "./compose.js";
import { draw, set } from "./svg.js";

const WIDEST = 9;              // pixels, of the wire with the largest gradient
const N_TOLD = 5;              // gradients that the alternative text tells
const NAME = 7.9, BADGE = 6.2; // pixels a character, as viz/graph_labels.py has them

export class Drawing {
  #items = new Map();
  #wires = new Map();

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.boxes = draw("g", { class: "boxes" });
    this.lines = draw("g", { class: "wires" });
    this.nodes = draw("g", { class: "nodes" });
    this.marks = draw("g", { class: "marks" });
    this.scene = draw("g", { class: "scene" }, this.boxes, this.lines, this.nodes, this.marks);
    this.svg = draw("svg", { class: "graph-svg", role: "application", tabindex: 0, "aria-label": "The autograd graph" }, this.scene);
    parent.append(this.svg);
  }

  /** Another graph: nothing of the old one stays. */
  clear() {
    this.#items.clear();
    this.#wires.clear();
    for (const layer of [this.boxes, this.lines, this.nodes, this.marks]) layer.replaceChildren();
  }

  /** Put items and wires where `layout` says. @param {AutogradGraph} graph @param {ReturnType<compose>} layout */
  show(graph, layout) {
    this.layout = layout;
    for (const [key, item] of layout.items) this.#place(graph, key, item);
    for (const [key, { element }] of this.#items) if (!layout.items.has(key)) element.remove();
    for (const wire of layout.wires) this.#lay(wire);
    const there = new Set(layout.wires.map(({ key }) => key));
    for (const [key, { element }] of this.#wires) if (!there.has(key)) element.remove();
    this.#joins(graph, layout);
  }

  #place(graph, key, item) {
    let known = this.#items.get(key);
    if (!known || known.isOpen !== item.isOpen) {
      known?.element.remove();
      known = { isOpen: item.isOpen, element: item.isOpen ? openBox(graph, key) : closed(graph, key) };
      this.#items.set(key, known);
    }
    known.item = item;
    const layer = item.isOpen ? this.boxes : this.nodes;
    if (known.element.parentNode !== layer) layer.append(known.element);
    set(known.element, { transform: `translate(${item.x.toFixed(1)} ${item.y.toFixed(1)})` });
    if (!item.isOpen) return;
    set(known.element.querySelector("rect"), { width: item.width, height: item.height });
    set(known.element.querySelector(".box-name"), { x: item.width - 26 });
    set(known.element.querySelector(".fold"), { transform: `translate(${item.width - 20} 4)` });
  }

  #lay(wire) {
    let known = this.#wires.get(wire.key);
    if (!known) {
      known = { element: draw("path", { class: "wire", "data-wire": wire.key }) };
      this.#wires.set(wire.key, known);
    }
    known.wire = wire;
    if (!known.element.parentNode) this.lines.append(known.element);
    set(known.element, { d: pathOf(wire.points) });
  }

  /** Where gradients of several readers of one value meet, a Σ. */
  #joins(graph, layout) {
    const starts = new Map();
    for (const { value, points, source } of layout.wires) {
      if (source.startsWith("in ")) continue;
      starts.set(value, { at: points[0], n: (starts.get(value)?.n ?? 0) + 1 });
    }
    this.marks.replaceChildren();
    this.joins = new Map();
    for (const [value, { at: [x, y] }] of starts) {
      if (graph.readers[value].length < 2) continue;
      const mark = draw("g", { class: "join", "data-join": value, transform: `translate(${x.toFixed(1)} ${(y - 1).toFixed(1)})` },
        draw("circle", { r: 6.5 }), draw("text", { y: 0.5, text: "Σ" }));
      this.joins.set(value, mark);
      this.marks.append(mark);
    }
  }

  /**
   * Show numbers and progress.
   * @param {AutogradGraph} graph
   * @param {{item: (key: string) => string, wire: (wire: Wire) => boolean, join: (value: number) => string}} look classes of
   *   an item, whether a wire's gradient has flowed, and the class of a join
   */
  paint(graph, { item: lookOf, wire: hasFlowed, join: lookOfJoin }) {
    for (const [key, { element }] of this.#items) if (element.parentNode) set(element, { class: `item ${element.dataset.kind} ${lookOf(key)}` });
    for (const { element, wire } of this.#wires.values()) {
      if (!element.parentNode) continue;
      const flow = graph.flow(wire);
      const flows = hasFlowed(wire);
      const share = flow && Number.isFinite(flow.norm) ? Math.sqrt(Math.min(1, flow.norm / graph.largest)) : 0;
      set(element, { class: flows ? "wire flows" : "wire", "stroke-width": (flows ? 1 + WIDEST * share : 1.25).toFixed(1) });
    }
    for (const [value, mark] of this.joins) set(mark, { class: `join ${lookOfJoin(value)}` });
    set(this.svg, { "aria-label": graphWords(graph, this.layout) });
  }

  wire(key) {
    return this.#wires.get(key)?.wire;
  }

  /** The item under an event: its key, or null. */
  keyOf(event) {
    return event.target.closest?.("[data-key]")?.dataset.key ?? null;
  }
}

function closed(graph, key) {
  const { name, says, role, parameters, width } = graph.labels[key];
  const kind = graph.kindOf(key);
  const tall = kind === "part" ? 34 : TALL;
  const middle = tall / 2;
  const group = draw("g", { "data-key": key, "data-kind": kind, class: "item" });
  group.dataset.kind = `${kind} ${role ? `role-${role}` : ""}`;
  group.append(draw("rect", { class: "body", width, height: tall, rx: role === "residual" ? tall / 2 : kind === "part" ? 8 : 6 }));
  let x = 11;
  group.append(draw("text", { class: "name", x, y: middle, text: name }));
  x += NAME * name.length + 8;
  if (says) group.append(draw("text", { class: "says", x, y: middle, text: says }));
  let right = width - 6;
  for (const [parameter, node] of [...parameters].reverse()) {
    const wide = BADGE * parameter.length + 8;
    right -= wide;
    group.append(draw("g", { class: "badge", "data-badge": node, transform: `translate(${right.toFixed(1)} ${middle - 8})` },
      draw("rect", { width: wide, height: 16, rx: 4 }), draw("text", { x: wide / 2, y: 8.5, text: parameter })));
    right -= 4;
  }
  if (kind !== "node") group.append(draw("path", { class: "opens", d: `M${width - 5} ${tall - 1.5}l3.5 0l0 -3.5z` }));
  return group;
}

function openBox(graph, key) {
  const { name } = graph.labels[key];
  const kind = graph.kindOf(key);
  const group = draw("g", { "data-key": key, class: "item" },
    draw("rect", { class: "frame", rx: 8 }),
    draw("text", { class: "box-name", y: 12, text: name }),
    draw("g", { class: "fold", "data-fold": key }, draw("rect", { width: 15, height: 15, rx: 4 }), draw("path", { d: "M4 7.5h7" }), draw("title", { text: `close ${name}` })));
  group.dataset.kind = `open ${kind}`;
  return group;
}

/** The whole graph in words: how much of it is drawn, and where the gradients are largest. */
export function graphWords(graph, { items, wires }) {
  const flows = wires.map((wire) => [wire, graph.flow(wire)]).filter(([, flow]) => Number.isFinite(flow?.norm)).sort((a, b) => b[1].norm - a[1].norm);
  const largest = flows.slice(0, N_TOLD).map(([{ value }, { norm }]) => `${graph.nameOf(value)} ${significant(norm)}`);
  const shut = [...items.values()].filter(({ isOpen }) => !isOpen).length;
  return `The autograd graph, tokens at the bottom, the loss at the top: ${graph.n} nodes and ${graph.edges.length} edges, drawn as ${shut} boxes and ${wires.length} wires.${
    largest.length ? ` The largest gradients that come back, as norms: ${largest.join(", ")}.` : ""}`;
}

/** What the pointer says of an item. */
export function itemWords(graph, key) {
  const label = graph.labels[key];
  const node = graph.output(key);
  const { operation, shape } = graph.nodes[graph.main(key)];
  const gradient = graph.gradient(node);
  const lines = [`${label.name}${label.says ? ` · ${label.says}` : ""}`, `shape (${graph.nodes[node].shape.join(", ") || "one number"})`];
  if (graph.kindOf(key) === "part") lines.push(`${graph.members.get(key).length} nodes · click opens it`);
  else lines.push(operation + (shape.join() === graph.nodes[node].shape.join() ? "" : ` (${shape.join(", ")})`));
  if (gradient) lines.push(`gradient: norm ${significant(gradient.norm)}, ${significant(gradient.low)} to ${significant(gradient.high)}`);
  return lines;
}

/** What the pointer says of a wire. */
export function wireWords(graph, wire) {
  const flow = graph.flow(wire);
  const to = wire.target.startsWith("out ") ? "further up" : graph.labels[wire.target].name;
  const lines = [`${graph.nameOf(wire.value)} → ${to}`, `value (${graph.nodes[wire.value].shape.join(", ") || "one number"})`];
  if (flow) lines.push(`gradient back: norm ${significant(flow.norm)}, ${significant(flow.low)} to ${significant(flow.high)}`);
  return lines;
}
