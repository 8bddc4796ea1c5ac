/** The Embeddings page: puts its parts on the screen and hands them the frame that is to be seen. Mounted by Python. */

import { Address } from "../base/address.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { Alike } from "./alike.js";
import { Circle } from "./circle.js";
import { fillLegend, looksOf, paintSwatches, valuesOf, waysFor } from "./colours.js";
import { Controls } from "./controls.js";
import { Film } from "./film.js";
import { Frames } from "./frames.js";
import { Near } from "./near.js";
import { circlePlane, ranked } from "./neighbours.js";
import { Space } from "./space.js";
import { Spread } from "./spread.js";
import { ViewState } from "./state.js";
import { axesOf, captionOf, pointLines } from "./words.js";

const TRAIL = 14;              // live frames that a trail goes back
const SLOW = ["table", "method", "axes", "isHeld", "perplexity", "seed"];  // what needs other frames

export async function mount(root, data) {
  await adoptStyles(root, "../theme.css", "../base/base.css", "../embeddings/embeddings.css");
  return new EmbeddingsView(root, data);
}

class EmbeddingsView {
  near = [];
  wave = 1;
  #trail = [];

  /** @param {ShadowRoot} root @param {{run: string, base: string, tokens: number[]|null, colourings: object[], has_umap: boolean, moments: object[], problem: string, remark: string}} data */
  constructor(root, data) {
    this.data = data;
    this.painter = new Painter();
    this.state = new ViewState();
    this.state.fromQuery(location.search);
    this.#build(root);
    this.retheme();
    this.state.listen((changes) => this.#changed(changes));
    this.link = new Address((search) => this.state.toQuery(search), this.state);
    this.frames = new Frames(data, {
      state: this.state, tokens: () => (this.data.problem ? null : this.data.tokens), live: (frame) => this.#live(frame),
      filmed: () => this.film.redraw(), failed: (sentence) => this.#fail(sentence),
    });
    this.film.frames = this.frames;
    this.#say();
    if (this.state.at !== null) this.film.open();
  }

  #build(root) {
    const place = (name, label) => make(`section.${name}`, { "aria-label": label });
    this.status = make("p.status-line.unit", { role: "status" });
    const [choices, film, space, side, below] = [place("choices", "what is shown"), place("film", "over time"), place("space-panel", "picture"), place("side", "numbers"), place("below", "more")];
    this.element = make("div.gb.vectors", { "data-ready": "0" }, this.status, make("div.embeddings", {}, choices, film, space, side, below));
    this.element.classList.toggle("present", new URLSearchParams(location.search).get("present") === "1");
    root.replaceChildren(this.element);
    const needs = { painter: this.painter, theme: () => this.colors, picked: (row) => this.state.set({ token: row }) };
    this.controls = new Controls(choices, { state: this.state, hasUmap: this.data.has_umap });
    this.film = new Film(film, { state: this.state, frames: null, show: (frame, trail) => this.#show(frame, trail, true) });
    this.space = new Space(space, { ...needs, looks: () => this.looks, says: () => this.says });
    this.legend = make("div.legend");
    this.space.figure.element.append(this.legend);
    this.nearest = new Near(side, needs);
    this.spread = new Spread(side, needs);
    this.alike = new Alike(below, needs);
    const words = make("div.words");
    below.append(words);
    this.circle = new Circle(words, { ...needs, wave: () => this.wave, chosen: (wave) => this.#toCircle(wave) });
    words.append(...this.data.moments.map(({ title, words: text, href }) =>
      make("section.panel.moment", {}, make("a", { href, text: title, target: "_top" }), make("p.unit", { text }))));
    this.parts = [this.space, this.nearest, this.spread, this.alike, this.circle];
  }

  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    const isOther = JSON.stringify([data.tokens, data.problem]) !== JSON.stringify([this.data.tokens, this.data.problem]);
    this.data = data;
    this.retheme();
    this.#say();
    this.link.renew();
    if (isOther) this.#again();
    else if (this.frame) this.#paint();
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  #again() {
    this.#trail = [];
    this.frames.begin();
    if (this.state.at !== null) this.film.open();
  }

  #changed(changes) {
    if (SLOW.some((name) => changes.has(name))) {
      this.film.halt();
      this.#again();
    } else if (changes.has("at") && this.state.at === null) this.#backToNow();
    const isFilm = changes.size === 1 && changes.has("at");  // the film shows its frames itself
    if (this.frame && !isFilm) this.#paint();
  }

  #backToNow() {
    this.#trail = [];
    this.frames.begin();
    this.film.renew(this.frame?.step);
  }

  #live(frame) {
    if (this.state.at !== null) return;
    const trail = this.film.trails.checked ? this.#trail.slice(-TRAIL) : [];
    this.#trail = [...this.#trail.slice(-TRAIL), frame];
    this.#show(frame, trail, false);
    this.film.renew(frame.step);
    this.#say();
  }

  /** Another frame: everything on the page is about it. */
  #show(frame, trail, isAtOnce) {
    this.frame = frame;
    this.space.trail = trail;
    this.#paint(isAtOnce);
    this.space.show(frame, isAtOnce);
    this.film.shown = frame.step;
    Object.assign(this.element.dataset, { ready: "1", step: String(frame.step), rows: String(frame.table.shape[0]) });
  }

  /** Colours, words and numbers of the frame that is shown. */
  #paint() {
    const { header } = this.frames;
    const { frame, state } = this;
    if (!header || header.labels.length !== frame.table.shape[0]) return;
    const ways = waysFor(header.rows, this.data.colourings);
    const way = ways.find(({ key }) => key === state.colour) ?? (header.rows === "text" ? ways.at(-1) : ways[0]);
    this.#followWave(header);
    const values = valuesOf(way, header, this.wave);
    this.looks = looksOf(way, values, this.colors);
    fillLegend(this.legend, way, values);
    paintSwatches(this.legend, this.colors);
    const names = header.rows === "text" ? header.labels.map((label, i) => `${label} ${i}`) : header.labels;
    const token = Math.min(state.token ?? this.#telling(header), names.length - 1);
    if (this.ranked?.table !== frame.table || this.ranked.token !== token) {
      this.ranked = { table: frame.table, token, near: ranked(frame.table, token) };
      this.nearest.show(token, names, this.ranked.near, frame.table.shape[1]);
    }
    this.says = { token, names, labels: header.labels, near: this.ranked.near, axes: axesOf(frame, state),
      indices: header.labels.map((_, i) => (header.rows === "text" ? String(i) : null)),
      linesOf: (row) => pointLines(row, { names, way, values, near: row === token ? this.ranked.near : ranked(frame.table, row) }) };
    this.says.alt = captionOf(frame, state, header, this.says).alt;
    this.space.figure.say(...captionOf(frame, state, header, this.says).title);
    this.space.figure.mark();
    this.controls.show(header.tables, ways, way.key);
    this.spread.show(frame.shares, state.axes, frame.axisShares.reduce((sum, share) => sum + share, 0));
    if (this.compared !== frame.table) this.alike.show(frame, names, header.labels, this.#ranking(header));
    this.compared = frame.table;
  }

  /** Show the circle of one wave: the plane that holds most of it, coloured by it. */
  #toCircle(wave) {
    this.wave = this.chosenWave = wave;
    if (this.scores) this.state.set({ method: "pca", axes: circlePlane(this.scores, this.numbers, wave) });
    this.#paint();
  }

  /** Numbers on a clock are coloured by the wave that the picture shows, unless the visitor chose one. */
  #followWave({ rows }) {
    const { frame } = this;
    const clock = rows === "token" && this.data.colourings.find(({ kind }) => kind === "cycle");
    const numbers = clock ? Array.from({ length: clock.period }, (_, i) => clock.values.indexOf(i)) : [];
    Object.assign(this, { numbers, scores: frame.scores?.data.length ? frame.scores : this.scores });
    const shown = this.state.at === null ? frame : this.frames.film?.frames.at(-1) ?? frame;
    if (clock) this.wave = this.chosenWave ?? this.circle.strongest(shown.points, shown.k, numbers, this.wave);
    this.circle.show(clock ? frame.table : null, numbers);
  }

  /** The row to begin with: the most frequent letter or number, or the last position of a text. */
  #telling(header) {
    const ranking = this.#ranking(header);
    return header.rows === "text" ? header.labels.length - 1 : ranking.find((row) => /[\p{L}\p{N}]/u.test(header.labels[row])) ?? ranking[0];
  }

  /** Rows by how often their token is in the data, the most frequent first. */
  #ranking({ labels, tokens }) {
    const counts = this.data.colourings.find(({ key }) => key === "frequency").values;
    const often = labels.map((_, row) => (tokens ? counts[tokens[row]] ?? -99 : 0));
    return labels.map((_, row) => row).sort((a, b) => often[b] - often[a]);
  }

  #fail(sentence) {
    this.trouble = sentence;
    this.#say();
  }

  #say() {
    setText(this.status, [this.data.problem, this.trouble, this.data.remark].filter(Boolean).join(" ") || (this.frame ? "" : "Asking the run for its vectors…"));
  }

  unmount() {
    this.link.close();
    this.film.close();
    this.frames.close();
    this.painter.stop();
    for (const part of this.parts) part.close();
  }
}
