/** The whole chain of one cell: query and key, their product channel by channel, the sum, scaling, mask, softmax. */

import { Figure } from "../base/figure.js";
import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { inCode } from "../stepper/names.js";
import { pairWithin } from "./head_map.js";
import { linksOf, vectorAt, vectorsOf } from "./links.js";
import { Row } from "./row.js";

const [NAME, RANGE, ROW, GAP, TOP, FOOT] = [76, 88, 28, 6, 20, 20];  // pixels: a row's name, its range, its height, between rows, above and below them
const ROOMY = 34;              // a cell this wide has its number written in it

const TITLES = [
  ["multiply, add up, scale", "How well the query matches the key: their product, channel by channel, added up and made smaller by √d_head."],
  ["mask", "A token cannot see what comes later."],
  ["softmax", "The scores of a row become shares that add up to 1."],
];

export class Chain {
  /** @param {HTMLElement} place @param {{state: AttentionState, view: object, painter: Painter, theme: () => Theme}} needs */
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, painter, theme });
    const own = { file: "attention-chain", painter, theme };
    this.figure = new Figure(place, { ...own, title: "Where does this cell come from?", height: 120,
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#words(), csv: () => this.#csv(), point: (x, y) => this.#point(x, y),
      missing: () => (this.subject && this.rows ? "" : "Choose a cell of the large picture.") });
    this.row = new Row(this.figure.element, { ...own, state, view });
    this.list = make("ol.links");
    this.figure.element.append(this.list);
  }

  /** Query, key, head and whether their numbers are here; null without a chosen cell. */
  get subject() {
    const { frame } = this.view;
    const { layer, head } = this.state;
    const pair = frame && pairWithin(this.state.pair, frame.n);
    return pair && frame.header.layer === layer && frame.header.head === head ? { frame, head, pair } : null;
  }

  draw() {
    const { subject } = this;
    const isThere = Boolean(subject);
    this.figure.box.hidden = this.row.figure.element.hidden = this.list.hidden = !isThere;
    if (!isThere) return this.figure.say("Where does this cell come from?", "Choose a cell of the large picture: here comes every number on the way to it.");
    const { frame, head, pair: [query, key] } = subject;
    this.links = linksOf(frame, head, subject.pair);
    const share = this.links[2].cell;
    const isMasked = key > query;
    this.figure.say(`Why does “${frame.labels[query]}” at ${query} ${isMasked ? "not look" : "look"} at “${frame.labels[key]}” at ${key}?`,
      isMasked ? "It comes later: the mask hides it, whatever the score." : `It gives it ${significant(share)} of its attention.`);
    this.rows = this.#rows(subject);
    const tall = `${TOP + this.rows.length * (ROW + GAP) + FOOT}px`;
    if (this.figure.box.style.height !== tall) this.figure.box.style.height = tall;
    this.#list();
    this.row.links = this.links;
    this.figure.draw();
    return this.row.draw();
  }

  #rows({ frame, head, pair: [query, key] }) {
    const { queries, keys } = vectorsOf(frame);
    const row = (names, position, color) => names.map((name) => ({ name: `${inCode(name)}[${position}]`, color, values: vectorAt(frame, name, head, position) }));
    const products = this.links[0].terms.filter(({ factors }) => factors.length === 2).map(({ factors: [q, k] }) => q.value * k.value);
    this.sum = products.reduce((total, value) => total + value, 0);
    return [...row(queries, query, "query-text"), ...row(keys, key, "key-text"), { name: "q × k", color: "text", values: Float32Array.from(products) }];
  }

  #paint(pen, width) {
    const theme = this.theme();
    const n = this.rows[0].values.length;
    this.cell = (width - NAME - RANGE) / n;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.font = theme.font(12);
    pen.fillStyle = theme.color("muted");
    pen.fillText(`channel of the head, 0 to ${n - 1} →`, NAME, TOP / 2 - 1);
    this.rows.forEach((row, i) => this.#strip(pen, theme, row, TOP + i * (ROW + GAP), width));
    pen.font = theme.font(13, "font", 600);
    pen.textAlign = "right";
    pen.fillStyle = theme.color("text");
    pen.fillText(`Σ q × k = ${significant(this.sum)}`, width - RANGE, TOP + this.rows.length * (ROW + GAP) + FOOT / 2);
  }

  /** One vector: blue below zero, orange above, each row on a range of its own. */
  #strip(pen, theme, { name, color, values }, y, width) {
    const most = values.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-12);
    const ramp = theme.ramp("signed");
    pen.font = theme.font(12, "code-font");
    pen.textAlign = "left";
    pen.fillStyle = theme.color(color);
    pen.fillText(name, 0, y + ROW / 2, NAME - 6);
    drawRange(pen, theme, ramp, most, width - RANGE + 8, y);
    values.forEach((value, i) => {
      const at = 3 * Math.round(127.5 + 127.5 * (value / most));
      pen.fillStyle = `rgb(${ramp[at]}, ${ramp[at + 1]}, ${ramp[at + 2]})`;
      pen.fillRect(NAME + i * this.cell, y, Math.max(1, this.cell - 1), ROW);
      if (this.cell < ROOMY) return;
      pen.font = theme.font(12);
      pen.textAlign = "center";
      pen.fillStyle = Math.abs(value) > 0.6 * most ? theme.color("background") : theme.color("text");
      pen.fillText(significant(value, 2), NAME + (i + 0.5) * this.cell, y + ROW / 2, this.cell - 2);
    });
  }

  #point(x, y) {
    const [i, row] = [Math.floor((x - NAME) / this.cell), this.rows?.[Math.floor((y - TOP) / (ROW + GAP))]];
    return row && i >= 0 && i < row.values.length ? { x, y, lines: [`${row.name}, channel ${i}`, significant(row.values[i], 6)] } : null;
  }

  #list() {
    const items = this.links.map(({ name, cell, isEqual, lines }, i) => {
      const [title, words] = TITLES[i];
      const shown = lines.filter((line, at) => at === 0 || line !== lines[at - 1]).join(" = ");
      return [title, words, `${name} = ${shown}`, `${significant(cell, 6)} ${isEqual ? "✓ equal to the tensor" : "✗ not the tensor’s number"}`, isEqual];
    });
    const key = JSON.stringify(items);
    if (key === this.listed) return;
    this.listed = key;
    while (this.list.children.length < items.length) this.list.append(make("li", {}, make("b"), make("span.unit"), make("code"), make("span.equal")));
    items.forEach((texts, i) => {
      [...this.list.children[i].children].forEach((element, part) => setText(element, texts[part]));
      this.list.children[i].lastChild.classList.toggle("wrong", !texts[4]);
    });
  }

  #words() {
    return this.links.map(({ name, cell }) => `${name} is ${significant(cell, 4)}`).join(", ");
  }

  #csv() {
    return [["vector", ...this.rows[0].values.keys()], ...this.rows.map(({ name, values }) => [name, ...values]), ...this.links.map(({ name, cell }) => [name, cell])];
  }

  close() {
    this.figure.close();
    this.row.figure.close();
  }
}

/** A row's colours from its lowest to its highest, with the numbers at their ends. */
function drawRange(pen, theme, ramp, most, x, y) {
  const wide = RANGE - 8;
  for (let i = 0; i < wide; i++) {
    const at = 3 * Math.round((255 * i) / (wide - 1));
    pen.fillStyle = `rgb(${ramp[at]}, ${ramp[at + 1]}, ${ramp[at + 2]})`;
    pen.fillRect(x + i, y + 2, 1, 8);
  }
  pen.font = theme.font(12);
  pen.fillStyle = theme.color("muted");
  for (const [value, align, at] of [[-most, "left", x], [most, "right", x + wide]]) {
    pen.textAlign = align;
    pen.fillText(significant(value), at, y + ROW - 8);
  }
}
