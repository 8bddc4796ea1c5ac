/** One number per layer and step as a strip of colour: gradient norms, updates, dead and saturated units. */

import { make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { drawCells, heatImage, RangeBar } from "../base/heat.js";
import { count, significant } from "../base/numbers.js";
import { Scale } from "../base/scale.js";
import { cellsOf, isAllZero } from "./strip_cells.js";

const LEFT = 104;
const RIGHT = 14;
const [TOP, BOTTOM] = [2, 20];
/** What can be shown: columns starting with the prefix, log or linear from 0 to 1; `says` fits a narrow panel. */
const KINDS = {
  "gradient norm": { prefix: "grad_norm/", ramp: "gradient", isLog: true, says: "how long each part's gradient is" },
  "update / weight": { prefix: "update_ratio/", ramp: "gradient", isLog: true, says: "one update, as a share of the weights" },
  "dead units": { prefix: "dead/", ramp: "probability", row: (name) => `layer ${name}`, says: "share of units without a slope anywhere", none: "0 everywhere: no unit is dead" },
  saturation: { prefix: "saturated/", ramp: "probability", row: (name) => `layer ${name}`, says: "share of values where the slope is flat", none: "0 everywhere: no value is saturated" },
};

export class Strip {
  #y = null;                   // of the pointer; the step under it is everybody's

  constructor(parent, { painter, theme, view }) {
    Object.assign(this, { painter, theme, view });
    this.history = null;
    this.kind = "gradient norm";
    const choose = (name) => make("button", { role: "tab", text: name, "aria-selected": name === this.kind, onclick: () => this.#choose(name) });
    this.tabs = make("div.tabs", { role: "tablist", "aria-label": "what the strip shows" }, ...Object.keys(KINDS).map(choose));
    this.range = new RangeBar();
    this.value = make("span.unit.value");
    this.figure = new Figure(parent, {
      title: "by layer and step", file: "by-layer-and-step", height: null, painter, theme,
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), missing: () => this.#missing(),
    });
    this.figure.box.before(this.tabs);
    this.figure.element.append(make("div.foot", {}, this.value, this.range.element));
    this.figure.box.addEventListener("pointerleave", () => {
      this.#y = null;
      this.view.set({ cursor: null });
    });
  }

  show(history) {
    this.history = history;
    this.painter.mark(this);
  }

  #choose(name) {
    this.kind = name;
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.textContent === name));
    this.painter.mark(this);
  }

  /** The columns that are shown, as the history has them, a row each. */
  get #names() {
    return this.history?.run ? [...this.history.columns.keys()].filter((name) => name.startsWith(KINDS[this.kind].prefix)) : [];
  }

  #missing() {
    if (!this.history?.run) return "Comes with the first steps of your run.";
    return this.#names.length ? "" : "This model has no layers to measure here.";
  }

  draw() {
    if (!this.history?.run) return;
    this.range.element.style.visibility = this.#names.length ? "visible" : "hidden";
    this.#say();
    this.figure.draw();
  }

  #paint(pen, width, height) {
    const kind = KINDS[this.kind];
    const names = this.#names;
    const [first, last] = this.view.range;
    this.x = new Scale(this.view.isLogX ? Math.max(first, 1) : first, Math.max(last, first + 1), LEFT, width - RIGHT, this.view.isLogX);
    this.tall = height - BOTTOM - TOP;
    const cells = cellsOf(this.history, names, this.x);
    const [low, high] = this.#limits(cells, kind);
    this.range.show(low, high, kind.ramp);
    this.#axes(pen, names.map(rowOf(kind)), width);
    this.#colours(pen, cells, names.length, kind, low, high);
    if (kind.none && isAllZero(cells)) this.#none(pen, kind.none);
  }

  /** Whole and half powers of ten around what is shown, so that colours change their meaning rarely; or 0 … 1. */
  #limits({ cells }, { isLog }) {
    if (!isLog) return [0, 1];
    let [low, high] = [Infinity, 0];
    for (const value of cells) {
      if (value > 0 && value < low) low = value;
      if (value > high && value < Infinity) high = value;
    }
    if (!high) return [1e-3, 1];
    return [10 ** (Math.floor(2 * Math.log10(low)) / 2), 10 ** (Math.ceil(2 * Math.log10(high)) / 2)];
  }

  #colours(pen, { cells, wide }, rows, { ramp, isLog }, low, high) {
    const theme = this.theme();
    const [from, to] = isLog ? [Math.log10(low), Math.log10(high)] : [low, high];
    const share = (column, row) => {
      const value = cells[row * wide + column];
      if (Number.isNaN(value)) return NaN;
      return isLog ? (Math.log10(Math.max(value, 1e-30)) - from) / (to - from) : (value - from) / (to - from);
    };
    drawCells(pen, heatImage(wide, rows, share, theme.ramp(ramp)), LEFT, TOP, this.x.end - LEFT, this.tall);
    pen.fillStyle = theme.color("background");
    for (let row = 1; row < rows; row++) pen.fillRect(LEFT, Math.round(TOP + (row * this.tall) / rows) - 0.5, wide + 1, 1);
    const { cursor } = this.view;
    if (cursor === null || cursor < this.x.low || cursor > this.x.high) return;
    pen.fillStyle = theme.color("text");
    pen.fillRect(Math.round(this.x.pixel(cursor)), TOP, 1, this.tall);
  }

  /** Where nothing is coloured, in words: that is a finding, not a picture that is missing. */
  #none(pen, words) {
    pen.font = this.theme().font(13);
    pen.fillStyle = this.theme().color("muted");
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(words, (this.x.start + this.x.end) / 2, TOP + this.tall / 2);
  }

  #axes(pen, labels, width) {
    const theme = this.theme();
    pen.font = theme.font(11, "code-font");
    pen.fillStyle = theme.color("muted");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const each = this.tall / labels.length;
    const every = Math.max(1, Math.ceil(11 / each));
    labels.forEach((label, i) => i % every === 0 && pen.fillText(label, LEFT - 7, TOP + (i + 0.5) * each, LEFT - 8));
    pen.font = theme.font(12);
    pen.textBaseline = "top";
    pen.fillText("step", LEFT - 7, TOP + this.tall + 5);
    pen.textAlign = "center";
    for (const tick of this.x.ticks((this.x.end - this.x.start) / 90)) {
      const text = count(tick);
      pen.fillText(text, Math.min(this.x.pixel(tick), width - pen.measureText(text).width / 2), TOP + this.tall + 5);
    }
  }

  #point(x, y) {
    if (!this.history.step) return null;
    this.#y = y;
    this.view.set({ cursor: Math.min(this.history.step, Math.max(1, Math.round(this.x.value(Math.max(x, LEFT))))) });
    const [row, step, value] = this.#pointed();
    return { x, y, lines: [row, `${this.kind} at step ${count(step)}: ${significant(value, 6)}`] };
  }

  /** Row, step and value under the pointer; of the first row where only the step is pointed at. */
  #pointed() {
    const names = this.#names;
    const point = this.history.pointsUntil(this.view.cursor) - 1;
    const place = this.#y === null ? 0 : Math.floor(((this.#y - TOP) / this.tall) * names.length);
    const name = names[Math.min(names.length - 1, Math.max(0, place))];
    return [rowOf(KINDS[this.kind])(name), this.history.at(point, "step"), this.history.lastOf(name, point)];
  }

  #say() {
    if (this.view.cursor === null || !this.#names.length) return setText(this.value, KINDS[this.kind].says);
    const [row, step, value] = this.#pointed();
    return setText(this.value, `${row} · step ${count(step)} · ${significant(value)}`);
  }

  #alt() {
    const { history } = this;
    const rows = this.#names.map((name) => `${rowOf(KINDS[this.kind])(name)} ${significant(history.lastOf(name, history.points.length - 1))}`);
    return `${this.kind} of ${rows.length} parts of the model over ${count(history.step)} steps; now: ${rows.join(", ")}.`;
  }

  #csv() {
    const { history } = this;
    const names = this.#names;
    const value = (name, i) => (Number.isNaN(history.at(i, name)) ? "" : history.at(i, name));
    return [["step", ...names], ...Array.from({ length: history.points.length }, (_, i) => [history.at(i, "step"), ...names.map((name) => value(name, i))])];
  }

  close() {
    this.figure.close();
  }
}

/** What stands beside a row, by the name of its column. */
const rowOf = ({ prefix, row = (name) => name }) => (name) => row(name.slice(prefix.length));
