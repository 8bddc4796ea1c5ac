/** The window tab: any cell of any tensor of the running model, opened down to the scalars that made it. */

import { Latest } from "../base/ask.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { count, exact } from "../base/numbers.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { openFeed } from "../live/feed.js";
import { CellChoice } from "./cell_choice.js";
import { Query } from "./query.js";
import { Stage } from "./stage.js";
import { isNear, windowGraph } from "./window_graph.js";

const SHEETS = ["../theme.css", "../base/base.css", "../scalar/scalar.css"];

/** @param {ShadowRoot} root @param {{run: string, base: string, tokens: number[]|null, problem: string, remark: string}} data */
export async function mount(root, data) {
  await adoptStyles(root, ...SHEETS);
  return new WindowView(root, data);
}

class WindowView {
  constructor(root, data) {
    Object.assign(this, { data, painter: new Painter(), query: new Query(), trail: [] });
    this.cell = cellOf(Query.get("cell")) ?? { tensor: "", index: [] };
    this.feed = openFeed(data.base, data.run);
    this.#build(root);
    this.stop = this.feed.listen(() => this.painter.mark(this));
    this.asker = new Latest(data, "window", { question: () => this.#question(), take: (answer) => this.#take(answer), failed: (sentence) => this.#say(sentence) });
    this.#ask();
  }

  #build(root) {
    this.words = make("p.trouble-line", { role: "alert" });
    this.counted = make("p.counted");
    this.choice = make("div.window-head");
    this.element = make("div.gb.scalar", {}, this.choice, this.words, this.counted);
    this.element.classList.toggle("present", Query.get("present") === "1");
    root.replaceChildren(this.element);
    this.retheme();
    this.picker = new CellChoice(this.choice, "Open the cell", (cell) => this.#go(cell));
    this.depth = this.#number("cells opened one into the next", "depth", 2, 8);
    this.terms = this.#number("summands shown of each sum", "terms", 3, 12);
    this.back = make("button", { text: "‹ back", onclick: () => this.#back() });
    this.fresh = make("button.fresh", { text: "↻ now", title: "Open the same cell in the run's present state", onclick: () => this.#ask() });
    this.choice.append(this.back, this.fresh);
    this.stage = new Stage(this.element, { own: this.element, painter: this.painter, label: "the scalars behind the cell",
      open: (i) => this.#openNode(i), extra: (i) => this.#about(i) });
  }

  #number(label, name, start, most) {
    const field = make("input", { type: "number", min: 1, max: most, step: 1, value: Number(Query.get(name)) || start, "aria-label": label });
    field.addEventListener("change", () => {
      field.value = Math.min(most, Math.max(1, Math.round(field.valueAsNumber) || start));
      this.query.set({ [name]: field.value });
      this.#ask();
    });
    this.choice.append(make("label.axis-place", {}, make("span.unit", { text: label }), field));
    return field;
  }

  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    this.retheme();
    const isOther = JSON.stringify(data.tokens) !== JSON.stringify(this.data.tokens) || data.problem !== this.data.problem;
    this.data = data;
    this.query.set({});
    if (isOther) this.#ask();
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  /** The picture stands still while one walks through it; the run goes on. */
  draw() {
    setText(this.fresh, nowWords(this.header?.step ?? null, this.feed.history.step));
  }

  #go(cell) {
    this.trail.push(this.cell);
    this.#show(cell);
  }

  #back() {
    const cell = this.trail.pop();
    if (cell) this.#show(cell);
  }

  #show(cell) {
    this.cell = cell;
    this.query.set({ cell: cellText(cell) });
    this.#ask();
  }

  #openNode(i) {
    const { tensor, index } = this.header.nodes[this.graph.shown[i]];
    if (tensor && i < this.graph.shown.length - 1) this.#go({ tensor, index });
  }

  #ask() {
    if (this.data.problem) this.#say(this.data.problem);
    else this.asker.renew();
  }

  #question() {
    const { tensor, index } = this.cell;
    const tokens = this.data.tokens ? { tokens: this.data.tokens } : {};
    return { ...(tensor ? { tensor, index } : {}), depth: this.depth.valueAsNumber || 2, terms: this.terms.valueAsNumber || 3, ...tokens };
  }

  #say(sentence) {
    setText(this.words, sentence);
    this.element.classList.toggle("stale", Boolean(sentence));
  }

  #take({ header, arrays }) {
    Object.assign(this, { header, arrays });
    const [tensor, index] = header.cell;
    this.cell = { tensor, index };
    this.graph = windowGraph(header.nodes, arrays);
    const { drawn, shown, values, slopes, seeds, told } = this.graph;
    this.picker.show(header.tensors, this.cell, { labels: header.labels, vocabulary: header.vocabulary });
    this.back.disabled = !this.trail.length;
    const behind = header.n_behind === null ? "A gradient or an update fills numbers in; it makes none of its own." : `${count(header.n_behind)} of them stand behind this cell`;
    const drawing = header.n_behind === null ? "" : shown.length === 1 ? ". It is a weight: only training changes it." : `; ${count(shown.length)} are drawn, the smaller summands as one “more”.`;
    setText(this.counted, `At step ${count(header.step)}, one iteration on this text makes ${count(header.n_scalars)} scalars. ${behind}${drawing}${this.data.remark ? ` ${this.data.remark}` : ""}`);
    this.stage.open(drawn, drawn.length - 1, told, !Number.isNaN(arrays.gradients.data.at(-1)));
    this.stage.show({ values, slopes, seeds });
    this.draw();
  }

  /** Whether the scalars come to what the tensors hold, where else the gradient comes from, and where one can go on. */
  #about(i) {
    const node = this.header.nodes[this.graph.shown[i]];
    if (!node.tensor) return [];
    const at = this.graph.shown[i];
    const { gradients, held_gradients: heldGradients, outside } = this.arrays;
    const lines = [make("p.unit", { text: node.tensor + (node.index.length ? `[${node.index.join(", ")}]` : "") }), comparison("value", this.arrays, at)];
    if (!Number.isNaN(heldGradients.data[at]) && !Number.isNaN(gradients.data[at])) {
      lines.push(comparison("gradient", this.arrays, at));
      if (i < this.graph.shown.length - 1) lines.push(make("p.unit", { text: `Of its gradient ${exact(outside.data[at])} comes from readers outside this picture.` }));
    }
    const open = (cell, text) => make("button", { text, onclick: () => this.#go(cell) });
    const cell = { tensor: node.tensor, index: node.index };
    const names = new Set(this.header.tensors.map(([name]) => name));
    if (i < this.graph.shown.length - 1) lines.push(open(cell, "Open it here"));
    if (names.has(`grad:${node.tensor}`)) lines.push(open({ ...cell, tensor: `grad:${node.tensor}` }, "Open its gradient"));
    lines.push(make("a.lead", { text: "See it on the Step page", href: stepLink(this.data, cell), target: "_self" }));
    return lines;
  }

  unmount() {
    this.stop();
    this.feed.release();
    this.asker.close();
    this.query.close();
    this.painter.stop();
    this.stage.close();
  }
}

/** What the button says that opens the run's present state: how far it is by now, if the picture is of an earlier step. */
export const nowWords = (shown, newest) => (shown !== null && newest > shown ? `↻ now: step ${count(newest)}` : "↻ now");

const COMPARED = { value: ["values", "held", "largest"], gradient: ["gradients", "held_gradients", "largest_gradients"] };

/** Whether a node's value or gradient came out as the tensor holds it. @param {"value"|"gradient"} what @param {object} arrays of the look */
export function comparison(what, arrays, at) {
  const [own, held, largest] = COMPARED[what].map((name) => arrays[name].data[at]);
  return isNear(own, held, largest) ? make("p.equal", { text: `✓ ${what} equal to the tensor’s: ${exact(held)}` })
    : make("p.trouble-line", { text: `✗ ${what} ${exact(own)}, but the tensor’s is ${exact(held)}` });
}

/** As the Step page writes a cell: its tensor and its place. */
function cellText({ tensor, index }) {
  return [tensor, ...index].join(",");
}

function cellOf(text) {
  const parts = text.split(",").filter(Boolean);
  const tensor = /^\d+$/.test(parts[0] ?? "0") ? Query.get("op") : parts.shift();
  return tensor ? { tensor, index: parts.map(Number) } : null;
}

function stepLink({ base }, cell) {
  const query = new URLSearchParams(location.search);
  const kept = ["run", "text", "present"].flatMap((name) => (query.has(name) ? [[name, query.get(name)]] : []));
  return `${base}/step?${new URLSearchParams([...kept, ["op", cell.tensor], ["cell", cellText(cell)]])}`;
}
