/** The map of the model (SVG): where the current operation stands, what is done, and how gradients flow back. */

import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { MapDrawing } from "./map_drawing.js";
import { Flow, flowName } from "./flow.js";
import { blockWords } from "./sentence.js";
import { plain } from "./trace.js";

const WIDEST = 7;              // pixels, of the line with the largest gradient

export class ModelMap {
  /** @param {HTMLElement} parent @param {{store: TraceStore, state: StepState, painter: Painter, go: (i: number) => void}} needs */
  constructor(parent, { store, state, painter, go }) {
    Object.assign(this, { store, state, painter, go });
    this.flow = new Flow(store);
    this.drawing = new MapDrawing(parent, { changed: () => painter.mark(this), hover: (key) => this.#name(key), click: (key) => this.#jump(key) });
    this.line = make("p.unit.map-line");
    parent.append(this.line);
    this.hovered = null;
    this.open = "blocks.0";
  }

  draw() {
    const { current } = this.state;
    if (!current || !this.drawing.height) return;
    if (current.block.startsWith("blocks.")) this.open = current.block;
    this.drawing.show(this.store, this.open);
    const progress = new Progress(this.store, current);
    this.drawing.paint(current.part, (key) => progress.of(key), (edge) => this.#width(edge, progress));
    this.#say(current, progress);
  }

  /** A line's width and class: forward it is lit where it feeds the operation; backward it is as wide as what flowed. */
  #width(edge, progress) {
    const { current } = this.state;
    if (current.part !== "backward") return { width: 1.5, look: edge.reader === current.name ? "lit" : "" };
    const name = flowName(this.store, edge);
    if (!name || !progress.isDone(name)) return { width: 1.5, look: "" };
    const norm = this.flow.norm(name);
    const isLit = name === current.name || (plain(name) === plain(current.name) && !current.name.includes("<-"));
    return { width: norm === null ? 1.5 : 1 + WIDEST * Math.sqrt(Math.min(1, norm / this.#largest())), look: isLit ? "flows lit" : "flows" };
  }

  /** The largest gradient inside the model. At the loss all begins with 1, which would make every other line thin. */
  #largest() {
    if (this.largestOf === this.store.version) return this.largest;
    const inside = this.store.operations.filter(({ part, name, block }) => part === "backward" && block !== "loss"
      && this.store.spec(name).blob === "activations");
    const norms = inside.map(({ name }) => this.flow.norm(name));
    if (norms.includes(null)) return 1;
    this.largestOf = this.store.version;
    this.largest = Math.max(...norms, 1e-30);
    return this.largest;
  }

  #say(current, progress) {
    if (this.hovered !== null) return setText(this.line, this.hovered);
    if (current.part !== "backward") return setText(this.line, current.part === "update" ? "squares are parameters" : "forward runs up");
    const norm = progress.isDone(current.name) ? this.flow.norm(current.name) : null;
    setText(this.line, norm === null ? "backward runs down" : `backward runs down · width: √norm; here ${significant(norm)}`);
  }

  /** The name and shape of what is under the pointer. */
  #name(key) {
    this.hovered = key === null ? null : this.store.has(key) ? `${key} (${this.#shape(key)})` : blockWords(key);
    this.painter.mark(this);
  }

  #shape(key) {
    const { axes, shape } = this.store.spec(key);
    return shape.map((n, i) => `${axes[i]} ${n}`).join(", ") || "one number";
  }

  /** To the operation of this value or parameter in the part that is on screen. */
  #jump(key) {
    const { part } = this.state.current;
    const inPart = this.store.operations.filter((operation) => operation.part === part);
    const found = inPart.find(({ name }) => name === key || name === `grad:${key}`) ?? inPart.find(({ forward, name }) => forward === key || plain(name) === key)
      ?? inPart.find(({ block }) => block === key) ?? this.store.producerOf(key) ?? this.store.readersOf(key)[0];
    if (found) this.go(found.i);
  }

  close() {
    this.drawing.close();
  }
}

/** What is done, begun and current, by the key of a node or a parameter. */
class Progress {
  constructor(store, current) {
    Object.assign(this, { store, current });
    this.lit = plain(current.name);
    const { start, end } = store.partAt(current.i);
    this.isReversed = current.part === "backward";
    this.last = new Map();
    if (current.part !== "update" && current.part !== "backward") return;
    for (let i = start; i < end; i++) this.last.set(plain(store.operation(i).name), i);
  }

  isDone(name) {
    const producer = this.store.producerOf(name);
    return producer !== null && producer.i <= this.current.i;
  }

  /** "lit" | "done" | "" */
  of(key) {
    const { current, store } = this;
    if (key === this.lit || key === current.forward && current.part === "update") return "lit";
    if (key.startsWith("blocks.") && !key.includes(".", 7)) return this.#ofBlock(key);
    if (current.part === "forward" || current.part === "loss") {
      const producer = store.producerOf(key) ?? store.readersOf(key)[0];
      return producer && producer.i < current.i ? "done" : "";
    }
    const at = this.last.get(key);
    return at !== undefined && at < current.i ? "done" : "";
  }

  #ofBlock(block) {
    const { part, i } = this.current;
    const stretch = this.store.blocks.findLast((one) => one.block === block && (one.part === part || (part === "loss" && one.part === "forward")));
    return stretch && stretch.end <= i ? "done" : "";
  }
}
