/** A scalar graph as a picture: a box for every number, an edge for every input with its local derivative. SVG, made once. */

import { download, make, setText } from "../base/dom.js";
import { exact, significant } from "../base/numbers.js";
import { saveCsv, saveMenu, saveSvg } from "../base/saving.js";
import { rasterised, toSvg } from "../base/svg_file.js";
import { layout } from "./layout.js";

const SVG = "http://www.w3.org/2000/svg";
const SIZE = { width: 116, gapX: 46, gapY: 14 };
const [TALL, PORT, MARGIN] = [52, 15, 18];       // pixels: a box, between the ends of two edges, around the picture
const [SMALLEST, LARGEST] = [0.25, 2];           // scales
const [READABLE, COMFORTABLE] = [0.58, 0.85];    // the least to show all of a graph; where it does not fit
const FROM_AFAR = 1.4;         // how much larger before a class
const TITLE = 15;              // characters of a title and a rule together
const ROOM = [220, 540];                         // how tall the picture may be
const N_TOLD = 6;              // leaves that the alternative text tells

/** @typedef {{inputs: number[], kind: string, title: string, name: string, rule: string, isFixed?: boolean, hint?: string}} Drawn
 *   kind: leaf | operation | rest | result; `title` and `rule` stand in the box, `name` in sentences */

const svg = (name, attributes = {}, ...children) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

export class Graph {
  /** @param {HTMLElement} parent @param {{choose: (i: number) => void, open?: (i: number) => void, label: string}} needs */
  constructor(parent, { choose, open, label }) {
    Object.assign(this, { choose, openNode: open, label, at: { x: 0, y: 0, scale: 1 }, nodes: [] });
    this.edges = svg("g");
    this.boxes = svg("g");
    this.sheet = svg("g", {}, this.edges, this.boxes);
    this.picture = svg("svg", { role: "group", "aria-label": label }, this.sheet);
    const tool = (text, title, act) => make("button", { text, title, "aria-label": title, onclick: act });
    this.menu = saveMenu(label, { PNG: () => this.#save("PNG"), SVG: () => this.#save("SVG"), CSV: () => saveCsv(this.csv(), "scalars") });
    this.tools = make("div.graph-tools", {}, this.menu, tool("−", "smaller", () => this.#zoom(1 / 1.25)),
      tool("+", "larger", () => this.#zoom(1.25)), tool("⤢", "the whole picture", () => this.fit(false)));
    this.box = make("div.scalar-picture", {}, this.picture, this.tools);
    parent.append(this.box);
    this.observer = new ResizeObserver(() => this.#place());
    this.observer.observe(this.box);
    this.#listen();
  }

  /** @param {Drawn[]} nodes each behind its inputs; the last is the result */
  open(nodes) {
    this.nodes = nodes;
    const heightOf = (i) => Math.max(TALL, nodes[i].inputs.length * PORT + 8);
    this.plan = layout(nodes, heightOf, SIZE);
    this.parts = nodes.map((node, i) => this.#node(node, i, heightOf(i)));
    this.lines = nodes.map(({ inputs }, i) => this.#edgesInto(inputs, i));
    this.boxes.replaceChildren(...this.parts.map(({ group }) => group));
    this.edges.replaceChildren(...this.lines.flat().map(({ group }) => group));
    this.fit(true);
  }

  #node({ kind, title, rule, hint }, i, height) {
    const { width } = SIZE;
    const text = (name, x, y, anchor, content = "") => svg("text", { class: name, x, y, "text-anchor": anchor }, content);
    const value = text("value", width / 2 - 8, 4, "end");
    const grad = text("grad", width / 2 - 8, 19, "end");
    const group = svg("g", { class: `box ${kind}`, tabindex: -1, role: "button", transform: `translate(${this.plan.x[i]}, ${this.plan.y[i]})` },
      svg("rect", { x: -width / 2, y: -height / 2, width, height, rx: 8 }),
      text("title", -width / 2 + 8, -12, "start", cut(title, TITLE - (rule ? Math.min(rule.length, 9) : 0))), text("rule", width / 2 - 8, -12, "end", cut(rule, 9)), value, grad);
    const hover = svg("title");
    group.append(hover);
    group.addEventListener("click", () => this.choose(i));
    group.addEventListener("dblclick", () => this.openNode?.(i));
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) this.choose(i);
      else if (event.key === "Enter") this.openNode?.(i);
    });
    return { group, value, grad, hover, hint: hint || `${title} ${rule}` };
  }

  #edgesInto(inputs, i) {
    const { plan } = this;
    const order = inputs.map((input, k) => [k, (plan.routes[i][k].at(-1) ?? { y: plan.y[input] }).y]).sort((a, b) => a[1] - b[1]).map(([k]) => k);
    return inputs.map((input, k) => {
      const port = plan.y[i] + (order.indexOf(k) - (inputs.length - 1) / 2) * PORT;
      const [from, to] = [{ x: plan.x[input] + SIZE.width / 2, y: plan.y[input] }, { x: plan.x[i] - SIZE.width / 2, y: port }];
      const points = [from, ...plan.routes[i][k].flatMap(({ x, y }) => [{ x: x - SIZE.width / 2, y }, { x: x + SIZE.width / 2, y }]), to];
      const line = svg("path", { class: "line", d: curve(points) });
      const slope = svg("text", { class: "slope", x: to.x - 5, y: to.y - 3, "text-anchor": "end" });
      return { group: svg("g", { class: "edge" }, line, slope), line, slope };
    });
  }

  /**
   * @param {{values: (number|null)[], gradients: (number|null)[], partial?: boolean[], slopes: number[][], current: number, flows: boolean,
   *   path: Set<string>, chosen: number}} shown null: not known yet; `flows`: the current node hands its gradient back; `path`: edges as "node input"
   */
  show({ values, gradients, partial, slopes, current, flows, path, chosen }) {
    this.numbers = { values, gradients };
    const words = this.#words();
    if (this.picture.getAttribute("aria-label") !== words) this.picture.setAttribute("aria-label", words);
    this.parts.forEach(({ group, value, grad, hover, hint }, i) => {
      const [own, back] = [values[i] === null ? "" : exact(values[i]), gradients[i] === null ? "" : exact(gradients[i])];
      setText(value, own);
      setText(grad, back && `∂ ${back}`);
      setText(hover, [hint, own && `value ${own}`, back && `gradient ${back}`].filter(Boolean).join("\n"));
      mark(group, { current: i === current, chosen: i === chosen, partial: Boolean(partial?.[i]) });
    });
    this.lines.forEach((edges, i) => edges.forEach(({ group, slope }, k) => {
      const isBusy = slopes[i].length > 3 && slopes[i].every((each) => each === 1);
      setText(slope, isBusy || slopes[i][k] === undefined || values[i] === null ? "" : significant(slopes[i][k], 3));
      mark(group, { lit: i === current && !flows, flows: i === current && flows, path: path.has(`${i} ${k}`) });
    }));
    if (current >= 0) this.#reveal(current);
  }

  /** What there is to see: the result, and of the leaves value and gradient, as far as they are known. */
  #words() {
    const { nodes, numbers: { values, gradients } } = this;
    const told = (i) => `${nodes[i].name} ${values[i] === null ? "not computed yet" : exact(values[i])}${gradients[i] === null ? "" : ` with the gradient ${exact(gradients[i])}`}`;
    const leaves = [...nodes.keys()].filter((i) => !nodes[i].inputs.length);
    const more = leaves.length > N_TOLD ? ` and ${leaves.length - N_TOLD} more` : "";
    return `${this.label}: ${nodes.length} numbers. The result: ${told(nodes.length - 1)}. It was made from ${leaves.slice(0, N_TOLD).map(told).join(", ")}${more}.`;
  }

  csv() {
    const { nodes, numbers: { values, gradients } } = this;
    const rows = nodes.map(({ name, rule, inputs }, i) => [i, name, rule, inputs.join(" "), values[i] ?? "", gradients[i] ?? ""]);
    return [["number", "name", "rule", "made_from", "value", "gradient"], ...rows];
  }

  async #save(kind) {
    const text = toSvg(this.picture, this.plan, getComputedStyle(this.box).getPropertyValue("--gb-background").trim() || "#fff");
    if (kind === "SVG") return saveSvg(text, "scalars");
    return download(await rasterised(text, this.plan), "scalars.png");
  }

  /** Show the whole picture, or its right end where that would be too small to read. */
  fit(isReadable) {
    const { width, height } = this.plan ?? { width: 1, height: 1 };
    const wide = this.box.clientWidth || 900;
    const near = this.box.closest(".present") ? FROM_AFAR : 1;
    const whole = Math.min(1.1 * near, (wide - 2 * MARGIN) / width, (ROOM[1] - 2 * MARGIN) / height);
    const scale = Math.max(SMALLEST, isReadable && whole < READABLE * near ? COMFORTABLE * near : whole);
    const tall = Math.min(ROOM[1], Math.max(ROOM[0], height * scale + 2 * MARGIN));
    this.box.style.height = `${Math.round(tall)}px`;
    const isWhole = width * scale <= wide - 2 * MARGIN;
    this.at = { scale, x: isWhole ? (wide - width * scale) / 2 : wide - MARGIN - width * scale, y: (tall - height * scale) / 2 };
    if (height * scale > tall && this.plan) this.at.y = tall / 2 - this.plan.y.at(-1) * scale;
    this.#place();
  }

  #place() {
    const { x, y, scale } = this.at;
    this.sheet.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  }

  #zoom(factor, x = this.box.clientWidth / 2, y = this.box.clientHeight / 2) {
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.at.scale * factor));
    const grown = scale / this.at.scale;
    this.at = { scale, x: x - (x - this.at.x) * grown, y: y - (y - this.at.y) * grown };
    this.#place();
  }

  /** Move the picture no further than needed to see a node whole. */
  #reveal(i) {
    const { scale } = this.at;
    for (const [axis, room, half] of [["x", this.box.clientWidth, SIZE.width / 2 + SIZE.gapX], ["y", this.box.clientHeight, TALL]]) {
      const middle = this.plan[axis][i] * scale + this.at[axis];
      const margin = half * scale;
      if (room > 2 * margin) this.at[axis] += Math.max(0, margin - middle) - Math.max(0, middle - (room - margin));
    }
    this.#place();
  }

  #listen() {
    let last = null;
    this.picture.addEventListener("pointerdown", (event) => (last = [event.clientX, event.clientY]));
    this.picture.addEventListener("pointermove", (event) => {
      if (!last || !(event.buttons & 1)) return;
      this.at.x += event.clientX - last[0];
      this.at.y += event.clientY - last[1];
      last = [event.clientX, event.clientY];
      this.#place();
    });
    this.picture.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = this.box.getBoundingClientRect();
      this.#zoom(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
  }

  close() {
    this.observer.disconnect();
  }
}

function cut(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function mark(element, classes) {
  for (const [name, isOn] of Object.entries(classes)) if (element.classList.contains(name) !== isOn) element.classList.toggle(name, isOn);
}

/** From left to right, level at every point. */
function curve(points) {
  let path = `M${points[0].x} ${points[0].y}`;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const middle = (a.x + b.x) / 2;
    path += a.y === b.y ? `H${b.x}` : `C${middle} ${a.y} ${middle} ${b.y} ${b.x} ${b.y}`;
  }
  return path;
}
