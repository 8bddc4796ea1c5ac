/** One plot over training steps: axes, series, marks, crosshair. Draws what its `content` says; decides nothing. */

import { make } from "../base/dom.js";
import { count, setting, short, significant } from "../base/numbers.js";
import { Surface } from "../base/paint.js";
import { savePng } from "../base/saving.js";
import { Scale } from "../base/scale.js";
import { SvgPen } from "../base/svg_pen.js";
import { throughPixels } from "./series.js";

export const GUTTER = { left: 50, right: 14, top: 12, bottom: 22 };
const SIGNS = { set: "▲", extend: "▲", undo: "⤺", reset: "⟲", restart: "↻", diverged: "✕", finished: "■" };
const LABEL_ROWS = 3;

/**
 * What a plot shows:
 * @typedef {object} Content
 * @property {[number, number]} limits of the values
 * @property {boolean} isLog
 * @property {Array<object>} series dense {data, length} of step 1, 2, … or sparse {n, x(i), y(i)}, with color, width, dash, dots
 * @property {{value: number, label: string}} [level] a horizontal line
 * @property {Array<{step: number, value: number, kind: string, text: string}>} [marks]
 * @property {Array<{value: number, color: string}>} [cursor] values under the crosshair
 * @property {string} [missing] why there is nothing to see
 */
export class Plot {
  box = null;                  // [x0, y0, x1, y1] while a box is dragged

  /** @param {HTMLElement} parent @param {{view: ChartView, theme: () => Theme, changed: () => void, content: () => Content}} needs */
  constructor(parent, { view, theme, changed, content }) {
    Object.assign(this, { view, theme, content });
    this.element = make("div.plot", { tabindex: 0, role: "group", "aria-roledescription": "chart" });
    parent.append(this.element);
    this.main = new Surface(this.element, changed);
    this.over = new Surface(this.element, changed);
  }

  draw() {
    const { width, height } = this.main;
    if (!width || !height) return;
    const shown = this.content();
    this.#measure(shown);
    this.#paint(this.main.begin(), shown);
    this.#over(shown.cursor ?? []);
  }

  /** The plot as an SVG file's text, without the crosshair. @param {string} title what it shows, in words */
  svg(title) {
    const { width, height, context } = this.main;
    const pen = new SvgPen(width, height, context);
    this.#paint(pen, this.content());
    return pen.finish(this.#background, title);
  }

  png(file) {
    savePng(this.main.canvas, this.#background, file);
  }

  get #background() {
    return this.theme().color("background");
  }

  #measure(shown) {
    const { width, height } = this.main;
    const [first, last] = this.view.range;
    this.x = new Scale(this.view.isLogX ? Math.max(first, 1) : first, Math.max(last, first + 1), GUTTER.left, width - GUTTER.right, this.view.isLogX);
    this.y = new Scale(...shown.limits, height - GUTTER.bottom, GUTTER.top, shown.isLog);
  }

  #paint(context, shown) {
    const { width, height } = this.main;
    this.#axes(context, shown);
    context.save();
    context.beginPath();
    context.rect(GUTTER.left, 0, width - GUTTER.left - GUTTER.right + 4, height - GUTTER.bottom + 1);
    context.clip();
    for (const series of shown.series) this.#series(context, series);
    if (shown.level) this.#level(context, shown.level);
    this.#marks(context, shown.marks ?? []);
    if (shown.missing) this.#missing(context, shown.missing);
    context.restore();
  }

  #axes(context, shown) {
    const { x, y } = this;
    const theme = this.theme();
    context.font = theme.font(12);
    context.strokeStyle = theme.color("line");
    context.fillStyle = theme.color("muted");
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const tick of y.ticks(Math.max(2, (y.start - y.end) / 45))) {
      const at = Math.round(y.pixel(tick)) + 0.5;
      line(context, x.start, at, x.end, at);
      context.fillText(shown.isLog ? setting(tick) : tickText(tick), x.start - 7, at);
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const tick of x.ticks((x.end - x.start) / 80)) {
      const at = x.pixel(tick);
      line(context, Math.round(at) + 0.5, y.start, Math.round(at) + 0.5, y.start + 4);
      const text = count(tick);
      context.fillText(text, Math.min(at, this.main.width - context.measureText(text).width / 2), y.start + 7);
    }
  }

  #series(context, series) {
    const { x, y } = this;
    context.strokeStyle = series.color;
    context.fillStyle = series.color;
    context.lineWidth = series.width ?? 1;
    context.lineJoin = "round";
    context.setLineDash(series.dash ?? []);
    let isDown = false;
    context.beginPath();
    const go = (step, value) => {
      if (!Number.isFinite(value) || (y.isLog && value <= 0)) {
        isDown = isDown && series.n !== undefined;  // sparse series bridge what was not measured
        return;
      }
      if (isDown) context.lineTo(x.pixel(step), y.pixel(value));
      else context.moveTo(x.pixel(step), y.pixel(value));
      isDown = true;
      if (series.dots) dots.push(x.pixel(step), y.pixel(value));
    };
    const dots = [];
    if (series.n === undefined) throughPixels(series.data, series.length, x, go);
    else this.#sparse(series, go);
    context.stroke();
    context.setLineDash([]);
    if (series.label) this.#labelEnd(context, series);
    if (dots.length < (x.end - x.start) / 3) for (let i = 0; i < dots.length; i += 2) dot(context, dots[i], dots[i + 1], 2.5);
  }

  /** The name of a dense series over the last of it that is in view. */
  #labelEnd(context, { data, length, label }) {
    const step = Math.min(length, Math.floor(this.x.high));
    if (step < this.x.low) return;
    context.textAlign = "right";
    context.textBaseline = "bottom";
    this.#text(context, label, Math.max(this.x.pixel(step), this.x.start + context.measureText(label).width), this.y.pixel(data[step - 1]) - 8, "muted");
  }

  /** Points at their steps, with one measured neighbour outside on either side; at most the two extremes a pixel. */
  #sparse({ n, x: stepOf, y: valueOf }, go) {
    let [first, end] = [0, n];
    while (first + 1 < end && stepOf(first + 1) < this.x.low) first++;
    while (end - 2 > first && stepOf(end - 2) > this.x.high) end--;
    while (first > 0 && Number.isNaN(valueOf(first))) first--;
    while (end < n && Number.isNaN(valueOf(end - 1))) end++;
    let [pixel, low, high] = [NaN, -1, -1];
    const flush = () => {
      for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) if (i >= 0) go(stepOf(i), valueOf(i));
    };
    for (let i = first; i < end; i++) {
      const value = valueOf(i);
      if (Number.isNaN(value)) continue;
      const at = Math.floor(this.x.pixel(stepOf(i)));
      if (at !== pixel) {
        flush();
        [pixel, low, high] = [at, i, i];
      } else if (value < valueOf(low)) low = i;
      else if (value > valueOf(high)) high = i;
    }
    flush();
  }

  #level(context, { value, label }) {
    const theme = this.theme();
    const at = Math.round(this.y.pixel(value)) + 0.5;
    context.strokeStyle = theme.color("guess");
    context.lineWidth = 1;
    context.setLineDash([2, 4]);
    line(context, this.x.start, at, this.x.end, at);
    context.setLineDash([]);
    context.textAlign = "right";
    context.textBaseline = "bottom";
    this.#text(context, label, this.x.end, at - 3, "muted");
  }

  /** Marks point at the curve from below; their words stand in rows, so that neighbours do not cover each other. */
  #marks(context, marks) {
    const ends = new Array(LABEL_ROWS).fill(-Infinity);
    for (const mark of marks) {
      const at = this.x.pixel(Math.max(mark.step, this.x.low));
      if (at < this.x.start - 1 || at > this.x.end + 1) continue;
      const bottom = this.y.start - 4;
      const top = Number.isFinite(mark.value) ? this.y.pixel(mark.value) + 6 : this.y.end;
      const color = mark.kind === "diverged" ? "bad" : "update";
      context.strokeStyle = this.theme().color("line");
      context.lineWidth = 1;
      line(context, Math.round(at) + 0.5, Math.min(top + 10, bottom), Math.round(at) + 0.5, bottom);
      context.textAlign = "center";
      context.textBaseline = "top";
      this.#text(context, SIGNS[mark.kind] ?? "▲", at, Math.min(top, bottom - 14), color);
      const width = context.measureText(mark.text).width;
      const left = Math.min(at + 6, this.x.end - width);
      const row = ends.findIndex((end) => left > end + 8);
      if (row < 0) continue;
      ends[row] = left + width;
      context.textAlign = "left";
      context.textBaseline = "bottom";
      this.#text(context, mark.text, left, bottom - 15 * row, color);
    }
  }

  #missing(context, words) {
    context.textAlign = "center";
    context.textBaseline = "middle";
    this.#text(context, words, (this.x.start + this.x.end) / 2, (this.y.start + this.y.end) / 2, "muted");
  }

  #text(context, text, x, y, color) {
    const theme = this.theme();
    context.font = theme.font(12);
    context.lineWidth = 4;
    context.strokeStyle = theme.color("background");
    context.strokeText(text, x, y);
    context.fillStyle = theme.color(color);
    context.fillText(text, x, y);
  }

  #over(values) {
    const context = this.over.begin();
    const theme = this.theme();
    const { cursor } = this.view;
    if (cursor !== null && cursor >= this.x.low && cursor <= this.x.high) {
      const at = this.x.pixel(cursor);
      context.strokeStyle = theme.color("muted");
      context.lineWidth = 1;
      line(context, Math.round(at) + 0.5, this.y.end, Math.round(at) + 0.5, this.y.start);
      for (const { value, color } of values) {
        if (!Number.isFinite(value)) continue;
        context.fillStyle = color;
        dot(context, at, Math.max(this.y.end, Math.min(this.y.start, this.y.pixel(value))), 4);
      }
    }
    if (this.box) {
      const [x0, y0, x1, y1] = this.box;
      context.strokeStyle = theme.color("text");
      context.setLineDash([4, 3]);
      context.strokeRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
      context.setLineDash([]);
    }
  }

  close() {
    this.main.close();
    this.over.close();
  }
}

function tickText(tick) {
  if (Math.abs(tick) >= 1e4) return short(tick).replace(/\.0+ /, " ");
  return tick !== 0 && Math.abs(tick) < 1e-3 ? significant(tick, 2) : String(tick).replace("-", "−");
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

function dot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
