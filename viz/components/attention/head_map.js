/** One head, large: a row for each token that looks, a column for each token looked at. A click asks where a cell comes from. */

import { Figure } from "../base/figure.js";
import { RangeBar } from "../base/heat.js";
import { fitted, labelRoom } from "../base/label.js";
import { significant } from "../base/numbers.js";
import { shade } from "../base/shade.js";
import { Frame } from "./frame.js";
import { drawPattern, labelEvery } from "./tiles.js";

const [LABEL, AXIS] = [24, 20];  // pixels for the tokens on two sides, and for the names of the axes
const ROOMY = 36;              // a cell this large has its number written in it
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class HeadMap {
  /** @param {HTMLElement} place @param {{state: AttentionState, view: object, painter: Painter, theme: () => Theme}} needs */
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, painter, theme, cell: 1, room: LABEL });
    this.figure = new Figure(place, {
      title: "One head", file: "attention-head", height: 440, painter, theme,
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#words(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x, y) => this.#click(x, y),
      missing: () => Frame.missing(view.frame, state), hasDraft: () => Boolean(view.frame),
    });
    this.range = new RangeBar();
    this.range.show(0, 1, "probability");
    this.figure.tools.append(this.range.element);
    this.figure.box.addEventListener("keydown", (event) => this.#key(event));
  }

  draw() {
    const { state, view } = this;
    if (view.frame) this.figure.say(`Head ${state.layer}.${state.head}: ${view.nameInWords(state.layer, state.head)}`,
      "Each row adds up to 1: how a token shares out its attention. Hatched: later tokens, which it cannot see. Click a cell for its whole chain.");
    this.figure.draw();
  }

  #paint(pen, width, height) {
    const { frame } = this.view;
    const { state } = this;
    const theme = this.theme();
    const { n, labels } = frame;
    this.room = Math.max(LABEL, labelRoom(labels));
    const edge = this.room + AXIS;
    const side = Math.min(width, height) - edge - 2;
    this.cell = side / n;
    const at = frame.pattern(state.layer, state.head);
    drawPattern(pen, { x: edge, y: edge, side, n, at, theme });
    this.#labels(pen, labels, edge, theme);
    if (this.cell >= ROOMY && frame.isExact(state.layer, state.head)) this.#numbers(pen, n, at, edge, theme);
    const pair = pairWithin(state.pair, n);
    if (pair) frameCell(pen, theme, edge + pair[1] * this.cell, edge + pair[0] * this.cell, this.cell);
  }

  #labels(pen, labels, edge, theme) {
    const [across, down] = [labelEvery(labels, this.cell), Math.max(1, Math.ceil(12 / this.cell))];
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = theme.font(Math.min(14, Math.max(10, this.cell)), "code-font");
    for (let i = 0; i < labels.length; i++) {
      const middle = edge + (i + 0.5) * this.cell;
      pen.fillStyle = theme.color("query-text");
      if (i % down === 0) pen.fillText(fitted(pen, labels[i], this.room), AXIS + this.room / 2, middle);
      pen.fillStyle = theme.color("key-text");
      if (i % across === 0) pen.fillText(labels[i], middle, edge - LABEL / 2);
    }
    pen.font = theme.font(12);
    pen.textAlign = "left";
    pen.fillText("key: is looked at →", edge, AXIS / 2);
    pen.fillStyle = theme.color("query-text");
    pen.save();
    pen.translate(AXIS / 2, edge);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "right";
    pen.fillText("← query: looks", 0, 0);
    pen.restore();
  }

  #numbers(pen, n, at, edge, theme) {
    pen.font = theme.font(12);
    pen.textAlign = "center";
    for (let query = 0; query < n; query++) {
      for (let key = 0; key <= query; key++) {
        pen.fillStyle = shade(theme, "probability", at(query, key)).ink;
        pen.fillText(at(query, key).toFixed(2), edge + (key + 0.5) * this.cell, edge + (query + 0.5) * this.cell);
      }
    }
  }

  #cellAt(x, y) {
    const n = this.view.frame?.n ?? 0;
    const [key, query] = [x, y].map((at) => Math.floor((at - this.room - AXIS) / this.cell));
    return query >= 0 && key >= 0 && query < n && key < n ? [query, key] : null;
  }

  #point(x, y) {
    const pair = this.#cellAt(x, y);
    if (!pair) return null;
    const { frame } = this.view;
    const [query, key] = pair;
    const [from, to] = [`“${frame.labels[query]}” at ${query}`, `“${frame.labels[key]}” at ${key}`];
    if (key > query) return { x, y, lines: [`${from} cannot see ${to}:`, "it comes later (causal mask)"] };
    const { layer, head } = this.state;
    const share = frame.isExact(layer, head) ? `${significant(frame.pattern(layer, head)(query, key), 6)} of its attention` : "its share is on its way";
    return { x, y, lines: [`${from} looks at ${to}`, share] };
  }

  #click(x, y) {
    const pair = this.#cellAt(x, y);
    if (pair) this.state.change({ pair });
  }

  #key(event) {
    const by = ARROWS[event.key];
    const { frame } = this.view;
    if (!by || !frame || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [query, key] = pairWithin(this.state.pair, frame.n) ?? [frame.n - 1, frame.n - 1];
    const within = (at) => Math.min(frame.n - 1, Math.max(0, at));
    this.state.change({ pair: [within(query + by[0]), within(key + by[1])] });
  }

  #words() {
    const { frame } = this.view;
    const at = frame.pattern(this.state.layer, this.state.head);
    const rows = frame.labels.map((label, query) => {
      const key = [...Array(query + 1).keys()].reduce((best, one) => (at(query, one) > at(query, best) ? one : best), 0);
      return `“${label}” most at “${frame.labels[key]}” (${significant(at(query, key), 2)})`;
    });
    return `${frame.n} by ${frame.n} tokens at step ${frame.header.at}: ${rows.slice(0, 12).join(", ")}${rows.length > 12 ? " …" : ""}. Arrow keys choose a cell.`;
  }

  #csv() {
    const { frame } = this.view;
    const at = frame.pattern(this.state.layer, this.state.head);
    return [["query \\ key", ...frame.labels], ...frame.labels.map((label, query) => [label, ...frame.labels.map((_, key) => (key > query ? "masked" : at(query, key)))])];
  }

  close() {
    this.figure.close();
  }
}

/** The chosen pair, where this text is long enough for it. */
export function pairWithin(pair, n) {
  return pair && pair[0] < n && pair[1] < n ? pair : null;
}

/** A frame that is seen on every colour. */
function frameCell(pen, theme, x, y, side) {
  for (const [color, width] of [["background", 4], ["text", 2]]) {
    pen.strokeStyle = theme.color(color);
    pen.lineWidth = width;
    pen.strokeRect(x, y, side, side);
  }
}
