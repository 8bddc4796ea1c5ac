/** The token embeddings on their first two principal components, live: each frame turned to lie as the one before. */

import { Asking } from "../base/ask.js";
import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { Surface } from "../base/paint.js";
import { Camera, radiusOf, START } from "../embeddings/camera.js";
import { drawMark, fillLegend, looksOf, paintSwatches, valuesOf } from "../embeddings/colours.js";
import { placeLabels } from "../embeddings/labels.js";

const BETWEEN = 450;           // milliseconds between two pictures: it moves, and costs nearly nothing
const GLIDE = 150;

export class Vectors {
  frame = null;
  #newest = null;
  #asked = 0;
  #sides = new Map();

  /** @param {HTMLElement} parent @param {{base: string, run: string, colouring: object|null}} data */
  constructor(parent, data, { painter, theme }) {
    Object.assign(this, { data, painter, theme });
    this.value = make("span.unit.value");
    this.legend = make("div.legend");
    this.box = make("div.canvas", { role: "img" });
    parent.append(make("div.bar", {}, make("h3", { text: "token embeddings, live" }), make("span.unit", { text: "what is used alike comes to lie together" })), this.box, this.legend, this.value);
    this.surface = new Surface(this.box, () => painter.mark(this));
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
    if (sentence && !this.frame) setText(this.value, sentence);
  }

  #now(time) {
    const { points, from, since } = this.frame;
    const share = from ? Math.min(1, (time - since) / GLIDE) : 1;
    return share < 1 ? points.map((value, i) => from[i] + (value - from[i]) * share) : points;
  }

  draw() {
    const { surface, frame } = this;
    if (!surface.width) return;
    const pen = surface.begin();
    if (!frame) return setText(this.value, this.value.textContent || "Comes with the first steps of your run.");
    const points = this.#now(performance.now());
    const [width, height] = [surface.width, surface.height];
    const camera = new Camera({ width, height, radius: radiusOf(points, 2), k: 2, angles: START, margin: 20 });
    this.#paint(pen, camera, points, width, height);
    this.#say();
    if (points !== frame.points) this.painter.mark(this);
    return undefined;
  }

  #paint(pen, camera, points, width, height) {
    const theme = this.theme();
    const { labels } = this.frame.header;
    const way = this.data.colouring;
    const values = way && valuesOf(way, this.frame.header);
    const looks = way ? looksOf(way, values, theme) : labels.map(() => ({ color: theme.color("residual"), shape: "circle" }));
    if (way) this.#renewLegend(way, values, theme);
    pen.strokeStyle = theme.color("line");
    pen.strokeRect(0.5, 0.5, width - 1, height - 1);
    const places = labels.map((_, row) => camera.place(points, row * 2));
    places.forEach(([x, y], row) => drawMark(pen, looks[row].shape, x, y, labels.length > 150 ? 2.5 : 4, looks[row].color));
    placeLabels(pen, { places, labels, indices: labels.map(() => null), order: [...labels.keys()], sides: this.#sides, token: null, width, height,
      font: (size, weight) => theme.font(size, "code-font", weight), size: labels.length > 120 ? 11 : 13, text: theme.color("text"), muted: theme.color("muted") });
  }

  #renewLegend(way, values, theme) {
    if (this.legendFor !== values.raw.length) fillLegend(this.legend, way, values);
    this.legendFor = values.raw.length;
    paintSwatches(this.legend, theme);
  }

  #say() {
    const { header, shares } = this.frame;
    const [first, second] = Array.from(shares, (share) => significant(100 * share));
    setText(this.value, `step ${header.at} · the first two principal components: ${first} % and ${second} % of the variance`);
    this.box.setAttribute("aria-label", `${header.labels.length} token embeddings on two principal components at step ${header.at}.`);
  }

  close() {
    this.asking.close();
    this.surface.close();
  }
}
