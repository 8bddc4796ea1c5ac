/** The token embeddings on their first two principal components, live: each frame turned to lie as the one before. */

import { Asking } from "../base/ask.js";
import { make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { count, significant } from "../base/numbers.js";
import { Camera, nearest, radiusOf, START } from "../embeddings/camera.js";
import { drawMark, fillLegend, looksOf, paintSwatches, valuesOf } from "../embeddings/colours.js";
import { placeLabels } from "../embeddings/labels.js";
import { paintPlane } from "../embeddings/space_axes.js";

const BETWEEN = 450;           // milliseconds between two pictures: it moves, and costs nearly nothing
const GLIDE = 150;
const MOMENT = 25;             // milliseconds from one moment of a glide to the next: the way is short
const NEAR = 16;               // pixels around a point in which the pointer means it
const N_TOLD = 4;              // points that the alternative text tells

export class Vectors {
  frame = null;
  #newest = null;
  #asked = 0;
  #sides = new Map();
  #places = [];

  /** @param {HTMLElement} parent @param {{base: string, run: string, colouring: object|null}} data */
  constructor(parent, data, { painter, theme }) {
    Object.assign(this, { data, painter, theme, trouble: "" });
    this.value = make("span.unit.value");
    this.legend = make("div.legend");
    this.figure = new Figure(parent, {
      title: "token embeddings, live", caption: "what is used alike comes to lie together", file: "embeddings-live", height: null, painter, theme,
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), missing: () => (this.frame ? "" : this.trouble || "Comes with the first steps of your run."),
    });
    this.figure.element.append(this.legend, this.value);
    this.asking = new Asking({ base: data.base, run: data.run, door: "project" }, "pca", {
      question: () => this.#question(), take: (answer) => this.#take(answer), failed: (sentence) => this.#fail(sentence),
    });
  }

  /** On or off screen. */
  watch(isSeen) {
    this.asking.toggle(isSeen);
  }

  #question() {
    if (performance.now() - this.#asked < BETWEEN) return null;
    this.#asked = performance.now();
    return { table: "tok_emb", axes: [0, 1], ...(this.#newest ? { previous: this.#newest } : {}) };
  }

  #take({ header, arrays }) {
    this.#newest = header.key;
    const points = arrays.coordinates.data;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches || this.frame?.points.length !== points.length;
    const from = isStill ? null : this.#now(performance.now());
    this.frame = { points, from, since: performance.now(), header, shares: arrays.axis_shares.data };
    this.painter.mark(this);
  }

  #fail(sentence) {
    this.trouble = sentence;
    if (!this.frame) this.painter.mark(this);
  }

  #now(time) {
    const { points, from, since } = this.frame;
    const share = from ? Math.min(1, (time - since) / GLIDE) : 1;
    return share < 1 ? points.map((value, i) => from[i] + (value - from[i]) * share) : points;
  }

  draw() {
    const way = this.data.colouring;
    if (this.frame && way) this.#renewLegend(way, valuesOf(way, this.frame.header));
    if (this.frame) setText(this.value, `step ${count(this.frame.header.at)} · the first two principal components: ${this.#shares().join(" and ")} of the variance`);
    this.figure.draw();
  }

  #shares() {
    return Array.from(this.frame.shares, (share) => `${significant(100 * share)} %`);
  }

  #paint(pen, width, height) {
    const { header: { labels }, points: last } = this.frame;
    const theme = this.theme();
    const points = this.#now(performance.now());
    const camera = new Camera({ width, height, radius: radiusOf(points, 2), k: 2, angles: START });
    paintPlane(pen, camera, this.#shares().map((share, i) => ({ words: `PC ${i + 1} · ${share} of the variance` })), { theme, size: 12, width, height });
    const way = this.data.colouring;
    const looks = way ? looksOf(way, valuesOf(way, this.frame.header), theme) : labels.map(() => ({ color: theme.color("residual"), shape: "circle" }));
    this.#places = labels.map((_, row) => camera.place(points, row * 2));
    this.#places.forEach(([x, y], row) => drawMark(pen, looks[row].shape, x, y, labels.length > 150 ? 2.5 : 4, looks[row].color));
    placeLabels(pen, { places: this.#places, labels, indices: labels.map(() => null), order: [...labels.keys()], sides: this.#sides, token: null, width, height,
      font: (size, weight) => theme.font(size, "code-font", weight), size: labels.length > 120 ? 11 : 13, text: theme.color("text"), muted: theme.color("muted") });
    clearTimeout(this.moment);
    if (points !== last) this.moment = setTimeout(() => this.figure.mark(), MOMENT);
  }

  #renewLegend(way, values) {
    if (this.legendFor !== values.raw.length) fillLegend(this.legend, way, values);
    this.legendFor = values.raw.length;
    paintSwatches(this.legend, this.theme());
  }

  #point(x, y) {
    const row = nearest(this.#places, x, y, NEAR);
    return row === null ? null : { x, y, lines: [`“${this.frame.header.labels[row]}”`, ...this.#coordinates(row).map((value, i) => `PC ${i + 1}: ${significant(value)}`)] };
  }

  #coordinates(row) {
    return [...this.frame.points.subarray(2 * row, 2 * row + 2)];
  }

  #alt() {
    const { header: { labels, at } } = this.frame;
    const size = (row) => Math.hypot(...this.#coordinates(row));
    const outermost = [...labels.keys()].sort((a, b) => size(b) - size(a)).slice(0, N_TOLD)
      .map((row) => `“${labels[row]}” at ${this.#coordinates(row).map((value) => significant(value, 2)).join(", ")}`);
    return `${labels.length} token embeddings on two principal components, with ${this.#shares().join(" and ")} of the variance, at step ${count(at)}. The outermost: ${outermost.join("; ")}.`;
  }

  #csv() {
    const { header: { labels, at } } = this.frame;
    return [["step", "row", "label", "PC 1", "PC 2"], ...labels.map((label, row) => [at, row, label, ...this.#coordinates(row)])];
  }

  close() {
    clearTimeout(this.moment);
    this.asking.close();
    this.figure.close();
  }
}
