/** One number per layer and step as a strip of colour: gradient norms, updates, dead and saturated units. */

import { make, setText } from "../base/dom.js";
import { drawCells, heatImage, RangeBar } from "../base/heat.js";
import { count, significant } from "../base/numbers.js";
import { placeOn, Surface } from "../base/paint.js";
import { Scale } from "../base/scale.js";

const LEFT = 104;
const RIGHT = 14;
const BOTTOM = 20;
const WIDEST_COLUMN = 6;       // pixels; coarser than a pixel where points are rare
/** What can be shown: columns starting with the prefix, log or linear from 0 to 1. */
const KINDS = {
  "gradient norm": { prefix: "grad_norm/", ramp: "gradient", isLog: true },
  "update / weight": { prefix: "update_ratio/", ramp: "gradient", isLog: true },
  "dead units": { prefix: "dead/", ramp: "probability", row: (name) => `layer ${name}` },
  saturation: { prefix: "saturated/", ramp: "probability", row: (name) => `layer ${name}` },
};

export class Strip {
  constructor(parent, { painter, theme, view }) {
    Object.assign(this, { painter, theme, view });
    this.history = null;
    this.kind = "gradient norm";
    this.hover = null;
    const choose = (name) => make("button", { role: "tab", text: name, "aria-selected": name === this.kind, onclick: () => this.#choose(name) });
    this.tabs = make("div.tabs", { role: "tablist", "aria-label": "what the strip shows" }, ...Object.keys(KINDS).map(choose));
    this.range = new RangeBar();
    this.value = make("span.unit.value");
    this.box = make("div.canvas", { role: "img" });
    parent.append(make("div.bar", {}, make("h3", { text: "by layer and step" }), this.tabs), this.box, make("div.foot", {}, this.value, this.range.element));
    this.surface = new Surface(this.box, () => painter.mark(this));
    this.box.addEventListener("pointermove", (event) => this.#hover(...placeOn(this.box, event)));
    this.box.addEventListener("pointerleave", () => {
      this.hover = null;
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

  draw() {
    const { history, surface } = this;
    if (!history?.run || !surface.width) return;
    const kind = KINDS[this.kind];
    const names = [...history.columns.keys()].filter((name) => name.startsWith(kind.prefix));
    const context = surface.begin();
    const [first, last] = this.view.range;
    this.x = new Scale(this.view.isLogX ? Math.max(first, 1) : first, Math.max(last, first + 1), LEFT, surface.width - RIGHT, this.view.isLogX);
    const cells = names.length ? this.#cells(names) : null;
    const [low, high] = cells ? this.#limits(cells, kind) : [0, 1];
    this.range.element.style.visibility = cells ? "visible" : "hidden";
    this.range.show(low, high, kind.ramp);
    this.#axes(context, names.map((name) => name.slice(kind.prefix.length)), kind);
    if (cells) this.#paint(context, cells, names.length, kind, low, high);
    this.#say(names, kind);
  }

  /** The largest value of each row under each column of pixels; a point reaches back to the one before it. */
  #cells(names) {
    const { history, x } = this;
    const wide = Math.max(1, Math.floor(x.end - x.start));
    const places = names.map((name) => history.columns.get(name));
    const cells = new Float32Array(wide * names.length).fill(NaN);
    const { data, width } = history.points;
    const end = Math.min(history.points.length, history.pointsUntil(x.high) + 1);
    let i = history.pointsUntil(x.low);
    let from = i > 0 ? Math.floor(x.pixel(Math.max(history.at(i - 1, "step"), x.low)) - x.start) : 0;
    for (; i < end; i++) {
      const to = Math.min(wide - 1, Math.floor(x.pixel(data[i * width]) - x.start));
      from = Math.max(0, Math.min(from, to), i === 0 ? to - WIDEST_COLUMN : 0);
      for (let row = 0; row < places.length; row++) {
        const value = data[i * width + places[row]];
        if (Number.isNaN(value)) continue;
        for (let column = from; column <= to; column++) {
          const at = row * wide + column;
          if (!(cells[at] >= value)) cells[at] = value;
        }
      }
      from = to + (i + 1 < end && x.pixel(data[(i + 1) * width]) - x.start > to + 1 ? 1 : 0);
    }
    return { cells, wide };
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

  #paint(context, { cells, wide }, rows, { ramp, isLog }, low, high) {
    const [from, to] = isLog ? [Math.log10(low), Math.log10(high)] : [low, high];
    const share = (column, row) => {
      const value = cells[row * wide + column];
      if (Number.isNaN(value)) return NaN;
      return isLog ? (Math.log10(Math.max(value, 1e-30)) - from) / (to - from) : (value - from) / (to - from);
    };
    const image = heatImage(wide, rows, share, this.theme().ramp(ramp));
    drawCells(context, image, LEFT, 2, this.surface.width - LEFT - RIGHT, this.surface.height - BOTTOM - 2);
    context.fillStyle = this.theme().color("background");
    for (let row = 1; row < rows; row++) context.fillRect(LEFT, Math.round(2 + row * this.#rowHeight(rows)) - 0.5, wide + 1, 1);
    const { cursor } = this.view;
    if (cursor !== null && cursor >= this.x.low && cursor <= this.x.high) {
      context.fillStyle = this.theme().color("text");
      context.fillRect(Math.round(this.x.pixel(cursor)), 2, 1, this.surface.height - BOTTOM - 2);
    }
  }

  #rowHeight(rows) {
    return (this.surface.height - BOTTOM - 2) / rows;
  }

  #axes(context, labels, { row = (name) => name }) {
    const theme = this.theme();
    context.font = theme.font(11, "code-font");
    context.fillStyle = theme.color("muted");
    context.textBaseline = "middle";
    context.textAlign = "right";
    const height = this.#rowHeight(labels.length);
    const every = Math.max(1, Math.ceil(11 / height));
    labels.forEach((label, i) => i % every === 0 && context.fillText(row(label), LEFT - 7, 2 + (i + 0.5) * height, LEFT - 8));
    context.font = theme.font(12);
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const tick of this.x.ticks((this.x.end - this.x.start) / 90)) {
      const text = count(tick);
      const rightmost = this.surface.width - context.measureText(text).width / 2;
      context.fillText(text, Math.min(this.x.pixel(tick), rightmost), this.surface.height - BOTTOM + 5);
    }
    if (labels.length) return;
    context.fillText("This model has no layers to measure here.", (LEFT + this.surface.width) / 2, this.surface.height / 2 - 16);
  }

  #hover(x, y) {
    if (!this.x || !this.history?.step) return;
    this.hover = y;
    this.view.set({ cursor: Math.min(this.history.step, Math.max(1, Math.round(this.x.value(Math.max(x, LEFT))))) });
  }

  /** The value under the pointer, and the strip in words. */
  #say(names, { prefix, row = (name) => name }) {
    const { history } = this;
    const at = this.view.cursor ?? history.step;
    const point = history.pointsUntil(at) - 1;
    const place = this.hover === null ? 0 : Math.floor((this.hover - 2) / this.#rowHeight(names.length));
    const name = names[Math.min(names.length - 1, Math.max(0, place))];
    const value = name ? history.lastOf(name, point) : NaN;
    setText(this.value, this.view.cursor === null || !name ? `${this.kind}, each row one part of the model; the newest is on the right`
      : `${row(name.slice(prefix.length))} · step ${count(history.at(point, "step"))} · ${significant(value)}`);
    this.box.setAttribute("aria-label", `${this.kind} of ${names.length} parts of the model over the steps`);
  }

  close() {
    this.surface.close();
  }
}
