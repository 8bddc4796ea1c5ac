/** The expression tab: type an expression, move its variables, walk through its graph. Python reads the text, the rest happens here. */

import { adoptStyles, make, setText } from "../base/dom.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { drawingOf, drawnSlopes, telling } from "./drawing.js";
import { forward, nodesOf } from "./engine.js";
import { Query } from "./query.js";
import { Sliders } from "./sliders.js";
import { Stage } from "./stage.js";

const SHEETS = ["../theme.css", "../base/base.css", "../scalar/scalar.css"];
const PAUSE = 250;             // milliseconds after the last key before Python reads the text

/**
 * @param {ShadowRoot} root
 * @param {{text: string, nodes: [string, number[], string, number, number][], problem: string, at: number, longest: number,
 *   examples: {name: string, title: string, text: string, hint: string}[]}} data
 * @param {(name: string, value: any) => void} trigger tells Python
 */
export async function mount(root, data, trigger) {
  await adoptStyles(root, ...SHEETS);
  return new ExpressionView(root, data, trigger);
}

class ExpressionView {
  constructor(root, data, trigger) {
    Object.assign(this, { data, trigger, nodes: [], painter: new Painter(), query: new Query() });
    this.#build(root, data);
    this.#open(data, startsIn(Query.get("vars")));
  }

  #build(root, { examples, longest }) {
    this.field = make("textarea", { rows: 4, spellcheck: "false", autocapitalize: "off", maxlength: 20 * longest, "aria-label": "expression", placeholder: "a*b + tanh(c)" });
    this.field.addEventListener("input", () => this.#typed());
    this.hint = make("p.unit.hint");
    this.problem = make("p.trouble-line", { role: "alert" });
    this.where = make("pre.where", { "aria-hidden": "true" });
    const buttons = examples.map((example) => make("button", { text: example.title, onclick: () => this.#choose(example) }));
    this.element = make("div.gb.scalar");
    const left = make("div.typed", {}, make("h3", { text: "Your expression" }), this.field, this.problem, this.where);
    const right = make("div.variables", {}, make("h3", { text: "Its variables" }),
      make("p.unit", { text: "Move one: every number follows. ∂ is its gradient, how fast the result changes with it." }));
    this.sliders = new Sliders(right, () => this.#moved());
    this.element.append(make("div.examples", {}, make("span.unit", { text: "Examples" }), ...buttons), this.hint, make("div.expression-head", {}, left, right));
    this.element.classList.toggle("present", Query.get("present") === "1");
    root.replaceChildren(this.element);
    this.retheme();
    this.stage = new Stage(this.element, { own: this.element, painter: this.painter, label: "the graph of the expression" });
    this.field.value = this.data.text;
  }

  takes(data) {
    return data.module === this.data.module;
  }

  update(data) {
    this.retheme();
    const isOther = JSON.stringify(data.nodes) !== JSON.stringify(this.data.nodes) || data.problem !== this.data.problem;
    if (data.text !== this.data.text && !this.isTyping) this.field.value = data.text;
    this.data = data;
    if (isOther) this.#open(data, this.wanted ?? this.sliders.values);
    this.wanted = null;
    this.#link();
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  #typed() {
    this.isTyping = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isTyping = false;
      this.trigger("typed", this.field.value);
    }, PAUSE);
  }

  #choose({ text }) {
    clearTimeout(this.timer);
    this.isTyping = false;
    this.field.value = text;
    this.wanted = new Map();     // an example begins with its own numbers
    if (text === this.data.text) this.update(this.data, this.#open(this.data, this.wanted));
    else this.trigger("typed", text);
  }

  /** Another expression; as long as it cannot be read the last one stays, pale. */
  #open(data, wanted) {
    const example = data.examples.find(({ text }) => text === data.text);
    setText(this.hint, example?.hint ?? "");
    this.element.classList.toggle("stale", Boolean(data.problem));
    this.#say(data.problem ? { sentence: data.problem, at: data.at } : null);
    if (!data.nodes.length) return;
    this.nodes = nodesOf(data.nodes);
    const variables = this.nodes.filter(({ rule }) => rule === "variable").map(({ label, number }) => [label, number]);
    this.sliders.open(variables, wanted);
    const { drawn, shown } = drawingOf(this.nodes);
    this.shown = shown;
    const first = shown.findIndex((i) => this.nodes[i].rule === "variable");
    this.stage.open(drawn, Math.max(0, first), (i) => telling(this.nodes, this.values, shown[i]));
    this.#compute();
  }

  #moved() {
    this.#compute();
    this.#link();
  }

  #compute() {
    const { values, slopes, trouble } = forward(this.nodes, this.sliders.values);
    if (!this.data.problem) {
      this.#say(trouble && { sentence: placed(trouble, this.data.text), at: trouble.at });
      this.element.classList.toggle("stale", Boolean(trouble));
    }
    if (trouble) return;
    this.values = values;
    const seeds = this.shown.map((_, place) => (place === this.shown.length - 1 ? 1 : 0));
    this.stage.show({ values: this.shown.map((i) => values[i]), slopes: drawnSlopes(this.nodes, this.shown, slopes), seeds });
    this.painter.mark(this);
  }

  /** After the stage, whose gradients the sliders repeat. */
  draw() {
    this.sliders.show(new Map(this.shown.map((i, place) => [this.nodes[i].label, this.nodes[i].rule === "variable" ? this.stage.final[place] : null]).filter(([, gradient]) => gradient !== null)));
  }

  /** @param {{sentence: string, at: number}|null} trouble */
  #say(trouble) {
    setText(this.problem, trouble?.sentence ?? "");
    const text = this.data.text;
    const start = text.lastIndexOf("\n", (trouble?.at ?? 0) - 1) + 1;
    const line = text.slice(start).split("\n")[0];
    const from = Math.max(0, (trouble?.at ?? 0) - start - 30);
    const isShown = trouble && line.trim() && trouble.at - start <= line.length;
    setText(this.where, isShown ? `${line.slice(from, from + 60)}\n${" ".repeat(trouble.at - start - from)}▲` : "");
    this.where.hidden = !isShown;
  }

  #link() {
    const starts = new Map(this.nodes.filter(({ rule }) => rule === "variable").map(({ label, number }) => [label, number]));
    const moved = [...this.sliders.values].filter(([name, value]) => value !== starts.get(name));
    this.query.set({ vars: moved.map(([name, value]) => `${name}:${Number(value.toPrecision(6))}`).join(",") });
  }

  unmount() {
    clearTimeout(this.timer);
    this.query.close();
    this.painter.stop();
    this.stage.close();
  }
}

/** The values in a link: a:-4,b:2 */
function startsIn(text) {
  const pairs = text.split(",").map((pair) => pair.split(":")).filter(([name, value]) => name && Number.isFinite(Number.parseFloat(value)));
  return new Map(pairs.map(([name, value]) => [name, Math.max(-1e6, Math.min(1e6, Number.parseFloat(value)))]));
}

/** As model/expressions.py says where it is. */
function placed({ sentence, at }, text) {
  const before = text.slice(0, at).split("\n");
  const line = text.trim().includes("\n") ? ` of line ${before.length}` : "";
  return `${sentence[0].toUpperCase()}${sentence.slice(1)} (at character ${before.at(-1).length + 1}${line}).`;
}
