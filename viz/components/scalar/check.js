/** Is the gradient right? One weight, or one variable of the expression, is nudged by ε, and the slope is measured. */

import { Latest } from "../base/ask.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { exact, significant } from "../base/numbers.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { Scale } from "../base/scale.js";
import { drawAxes, drawCurve, GUTTER, line } from "../base/axes.js";
import { CellChoice } from "./cell_choice.js";
import { best, errorsOf, measure, parts } from "./differences.js";
import { nodesOf } from "./engine.js";
import { Query } from "./query.js";

const SHEETS = ["../theme.css", "../base/base.css", "../scalar/scalar.css"];
const LOOKS = { float32: { color: "key-text", dash: [6, 4] }, float64: { color: "query", dash: [] } };
const EXPRESSION_STEPS = Array.from({ length: 34 }, (_, k) => 10 ** (-k / 3));  // of a model's weight the answer says them
const LOWEST = 1e-17;
const NEAR = 24;               // pixels beside an ε in which the pointer means it
const digits = (x) => significant(x, 9);
const brief = (x) => exact(x, 3);
const off = (error) => (error === 0 ? "exact" : `${brief(error)} off`);

/** @param {ShadowRoot} root @param {{run: string, base: string, tokens: number[]|null, problem: string, remark: string, nodes: Array, text: string}} data */
export async function mount(root, data) {
  await adoptStyles(root, ...SHEETS);
  return new CheckView(root, data);
}

class CheckView {
  constructor(root, data) {
    Object.assign(this, { data, painter: new Painter(), query: new Query(), at: 9, cell: null, steps: EXPRESSION_STEPS });
    this.isModel = !Query.get("weight").startsWith("=");
    const [name, ...index] = Query.get("weight").split(",");
    if (this.isModel && name) this.cell = { tensor: name, index: index.map(Number) };
    else if (!this.isModel) this.variable = name.slice(1);
    this.#build(root);
    this.asker = new Latest(data, "gradient_check", { question: () => this.#question(), take: (answer) => this.#takeModel(answer), failed: (sentence) => this.#say(sentence) });
    this.#measure();
  }

  #build(root) {
    this.words = make("p.trouble-line", { role: "alert" });
    const mode = (text, isModel) => make("button", { text, onclick: () => { this.isModel = isModel; this.#measure(); } });
    this.modes = [mode("a weight of the model", true), mode("a variable of the expression", false)];
    this.ofModel = make("div.window-head");
    this.variables = make("div.examples");
    this.slider = make("input", { type: "range", min: 0, step: 1, "aria-label": "ε", oninput: () => this.#set(this.steps.length - 1 - Number(this.slider.value)) });
    this.epsilon = make("b.epsilon");
    this.table = make("div.panel.sums");
    this.explained = make("div.panel.explained");
    this.remark = make("p.counted", { role: "status" });
    this.element = make("div.gb.scalar", {}, make("div.examples", {}, make("span.unit", { text: "Nudge" }), ...this.modes), this.ofModel, this.remark, this.variables, this.words,
      make("label.nudge", {}, make("b", { text: "ε" }), this.slider, this.epsilon), this.table);
    const both = make("div.check-both");
    this.element.append(both);
    this.element.classList.toggle("present", Query.get("present") === "1");
    root.replaceChildren(this.element);
    this.retheme();
    this.picker = new CellChoice(this.ofModel, "The weight", (cell) => { this.cell = cell; this.#measure(); });
    this.ofModel.append(make("button", { text: "the one that matters most", title: "The weight with the largest gradient", onclick: () => { this.cell = null; this.#measure(); } }));
    this.figure = new Figure(both, {
      title: "How wrong the measured slope is", caption: "Distance from autograd’s float64 slope, for every ε. Click to set ε.", file: "gradient-check", height: 340,
      painter: this.painter, theme: () => this.colors, paint: (...place) => this.#paint(...place), alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x) => this.#point(x), click: (x) => this.#click(x), missing: () => (this.measured ? "" : "Nothing is measured yet."),
    });
    both.append(this.explained);
  }

  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    this.retheme();
    const isOther = JSON.stringify([data.tokens, data.nodes, data.problem, data.remark]) !== JSON.stringify([this.data.tokens, this.data.nodes, this.data.problem, this.data.remark]);
    this.data = data;
    this.query.set({});
    if (isOther) this.#measure();
    else this.figure.mark();
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  #measure() {
    this.modes.forEach((button, i) => button.setAttribute("aria-pressed", String(this.isModel === (i === 0))));
    this.ofModel.hidden = !this.isModel;
    this.variables.hidden = this.isModel;
    setText(this.remark, this.data.remark);
    this.remark.hidden = !(this.isModel && this.data.remark);
    return this.isModel ? this.#askModel() : this.#ofExpression();
  }

  #askModel() {
    if (this.data.problem) this.#say(this.data.problem);
    else this.asker.renew();
  }

  #question() {
    const wanted = this.cell && { name: this.cell.tensor, index: this.cell.index };
    return { ...wanted, ...(this.data.tokens ? { tokens: this.data.tokens } : {}) };
  }

  #takeModel({ header }) {
    const { name, index, parameters, labels, vocabulary } = header;
    this.cell = { tensor: name, index };
    this.picker.show(parameters.map(([each, shape, axes, group]) => [each, shape, axes, "parameter", group]), this.cell, { labels, vocabulary });
    this.query.set({ weight: [name, ...index].join(",") });
    this.#take(header.measured, header.steps_tried, header.weight, `${name}[${index.join(", ")}]`, "the loss");
  }

  #ofExpression() {
    this.asker.close();
    const nodes = nodesOf(this.data.nodes);
    const starts = new Map(nodes.filter(({ rule }) => rule === "variable").map(({ label, number }) => [label, number]));
    const values = new Map([...starts, ...moved(Query.get("vars"), starts)]);
    const names = [...values.keys()];
    if (!names.length) return this.#say("The expression has no variable to nudge: type one in the tab Expression.");
    const name = names.includes(this.variable) ? this.variable : names[0];
    const button = (text) => make("button", { text, "aria-pressed": String(text === name), onclick: () => { this.variable = text; this.#measure(); } });
    this.variables.replaceChildren(make("span.unit", { text: `of ${this.data.text.replace(/\s*\n\s*/g, "; ").slice(0, 60)}: ` }), ...names.map(button));
    this.query.set({ weight: `=${name}` });
    const measured = measure(nodes, values, name, EXPRESSION_STEPS);
    return this.#take(measured, EXPRESSION_STEPS, values.get(name), name, "the result");
  }

  #say(sentence) {
    setText(this.words, sentence);
  }

  /** @param {number[]} steps every ε that was tried, the largest first */
  #take(measured, steps, weight, name, result) {
    this.#say("");
    const truth = measured.float64.gradient;
    const errors = Object.fromEntries(Object.entries(measured).map(([precision, each]) => [precision, errorsOf(each, truth)]));
    Object.assign(this, { measured, steps, at: Math.min(this.at, steps.length - 1), weight, name, result, errors, truth });
    this.#show();
    this.#explain();
  }

  #set(at) {
    this.at = at;
    this.#show();
  }

  /** The quotient at the chosen ε, beside autograd's slope. */
  #show() {
    const { at, measured, steps } = this;
    if (!measured) return;
    this.slider.max = steps.length - 1;
    this.slider.value = steps.length - 1 - at;
    setText(this.epsilon, exact(steps[at], 3));
    const row = (precision) => {
      const { above, below, quotients, gradient } = measured[precision];
      return [precision, digits(above[at]), digits(below[at]), digits(quotients[at]), digits(gradient), brief(this.errors[precision][at])];
    };
    const heads = ["", `${this.result} at w + ε`, "at w − ε", "difference / 2ε", "autograd", "apart"];
    const cells = (tag, list) => make("tr", {}, ...list.map((text) => make(tag, { text })));
    this.table.replaceChildren(make("h3", { text: `w = ${this.name} = ${exact(this.weight, 9)}` }), make("table", {}, cells("th", heads), ...["float32", "float64"].map((p) => cells("td", row(p)))));
    this.figure.mark();
  }

  #explain() {
    const found = (precision) => best(this.errors[precision], this.steps);
    const [single, double] = [found("float32"), found("float64")];
    const p = (head, text) => make("p", {}, make("b", { text: head }), text);
    this.explained.replaceChildren(make("h3", { text: "Why a U?" }),
      p("Right: truncation. ", "A step of ε does not see how the loss bends on the way. That error shrinks with ε²: a tenth of the step, a hundredth of the error."),
      p("Left: rounding. ", "Two almost equal numbers are subtracted, so the digits that they share are lost, and what is left is divided by a tiny 2ε. "
        + "That error grows with 1/ε. Where ε is so small that w + ε is w, the measured slope is 0."),
      p("Between: the best ε. ", `float32 keeps about 7 digits and does best here at ε = ${brief(single.step)}: ${off(single.error)}; `
        + `float64 keeps about 16: ε = ${brief(double.step)}, ${off(double.error)}.`),
      p("So is it right? ", verdict(double.error, this.truth)));
  }

  #scales(width, height) {
    const shown = Object.values(this.errors).flat().filter((error) => error > 0);
    const low = Math.max(LOWEST, Math.min(...shown, 1e-6));
    const high = 10 * Math.max(...shown, low * 1e3);
    return [new Scale(1e-11, 1, GUTTER.left, width - GUTTER.right, true), new Scale(10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high)), height - GUTTER.bottom, GUTTER.top, true)];
  }

  #paint(pen, width, height) {
    const theme = this.colors;
    const [x, y] = this.#scales(width, height);
    drawAxes(pen, x, y, theme, { x: "ε (logarithmic)", y: "error of the slope" });
    pen.save();
    pen.beginPath();
    pen.rect(x.start, y.end, x.end - x.start, y.start - y.end);
    pen.clip();
    const muted = { color: theme.color("ghost"), dash: [2, 3], width: 1 };
    for (const precision of ["float32", "float64"]) {
      const { rounding, truncation } = parts(precision, this.measured[precision], this.errors.float64, this.steps);
      drawCurve(pen, x, y, this.steps.map((step, i) => [step, rounding[i]]), muted);
      if (precision === "float64") drawCurve(pen, x, y, this.steps.map((step, i) => [step, truncation[i]]), muted);
      const { color, dash } = LOOKS[precision];
      drawCurve(pen, x, y, this.steps.map((step, i) => [step, this.errors[precision][i]]), { color: theme.color(color), dash, width: 2, dots: 2.5 });
    }
    pen.strokeStyle = theme.color("text");
    pen.lineWidth = 1;
    const at = x.pixel(this.steps[this.at]);
    line(pen, at, y.start, at, y.end);
    pen.restore();
    this.#labels(pen, x, y);
  }

  #labels(pen, x, y) {
    const theme = this.colors;
    pen.font = theme.font(13);
    pen.textBaseline = "bottom";
    pen.textAlign = "left";
    const at = (precision, i) => [x.pixel(this.steps[i]), Math.max(y.end + 14, y.pixel(Math.max(this.errors[precision][i], y.low)) - 10)];
    for (const [precision, i] of [["float32", 31], ["float64", 21]]) {
      pen.fillStyle = theme.color(LOOKS[precision].color);
      pen.fillText(precision, ...at(precision, i));
    }
    pen.fillStyle = theme.color("muted");
    pen.textAlign = "right";
    const { rounding, truncation } = parts("float64", this.measured.float64, this.errors.float64, this.steps);
    const inside = (error) => Math.min(y.start - 4, Math.max(y.end + 30, y.pixel(Math.max(error, y.low))));
    if (truncation[8] > y.low) pen.fillText("truncation ∝ ε²", x.end - 4, inside(truncation[6]) + 24);
    pen.textAlign = "left";
    pen.fillText("rounding ∝ 1/ε", x.pixel(this.steps[31]), inside(rounding[31]) - 12);
  }

  #nearest(left) {
    const [x] = this.#scales(this.figure.surface.width, this.figure.surface.height);
    const apart = this.steps.map((step) => Math.abs(x.pixel(step) - left));
    const at = apart.indexOf(Math.min(...apart));
    return apart[at] <= NEAR ? at : -1;
  }

  #point(left) {
    const i = this.#nearest(left);
    if (i < 0) return null;
    const [x, y] = this.#scales(this.figure.surface.width, this.figure.surface.height);
    const lines = ["float32", "float64"].map((p) => `${p}: ${digits(this.measured[p].quotients[i])}, ${brief(this.errors[p][i])} off`);
    return { x: x.pixel(this.steps[i]), y: y.end + 20, lines: [`ε = ${brief(this.steps[i])}`, ...lines] };
  }

  #click(left) {
    const at = this.#nearest(left);
    if (at >= 0) this.#set(at);
  }

  #alt() {
    const said = ["float32", "float64"].map((p) => [p, best(this.errors[p], this.steps)]).map(([p, { step, error }]) => `${p} is best at ε = ${brief(step)}, ${brief(error)} off`);
    return `Error of the measured slope of ${this.name} against ε, both logarithmic, shaped like a U: ${said.join("; ")}.`;
  }

  #csv() {
    const numbers = (i) => ["float32", "float64"].flatMap((p) => [this.measured[p].quotients[i], this.errors[p][i]]);
    return [["epsilon", "quotient float32", "error float32", "quotient float64", "error float64"], ...this.steps.map((step, i) => [step, ...numbers(i)])];
  }

  unmount() {
    this.asker.close();
    this.query.close();
    this.painter.stop();
    this.figure.close();
  }
}

/** In words, whether the two agree: by the smallest error as a share of the slope. */
export function verdict(error, slope) {
  if (slope === 0 && error === 0) return "Both say 0: the result does not depend on this number here.";
  const share = error / Math.max(Math.abs(slope), 1e-12);
  if (share < 1e-4) return `Yes: at its best the measured slope agrees with autograd’s ${share === 0 ? "exactly" : `to ${brief(share)} of it`}.`;
  return `They differ by ${brief(share)} of the slope. Near a kink, such as ReLU’s at 0, there is no one slope to agree on; elsewhere it would be a mistake.`;
}

/** Values that a link gives to variables. */
function moved(text, starts) {
  const pairs = text.split(",").map((pair) => pair.split(":")).map(([name, value]) => [name, Number.parseFloat(value)]);
  return pairs.filter(([name, value]) => starts.has(name) && Number.isFinite(value));
}
