/** Every row with every row: the matrix of cosine similarities. */

import { Figure } from "../base/figure.js";
import { writeUpwards } from "../base/axes.js";
import { drawCells, heatImage, RangeBar } from "../base/heat.js";
import { fitted } from "../base/label.js";
import { significant } from "../base/numbers.js";
import { make } from "../base/dom.js";
import { fill } from "./controls.js";
import { similarities } from "./neighbours.js";

const MOST = 128;              // rows; of more, the most frequent tokens
const LABEL = 26;
const EDGE = LABEL + 16;       // with the names of the axes
const LEAST = 11;              // pixels a label needs

export class Alike {
  rows = [];
  /** @param {{painter: Painter, theme: () => Theme, picked: (row: number) => void}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "Who resembles whom", file: "similarity", height: 460, painter: needs.painter, theme: needs.theme,
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#tip(x, y), click: (x, y) => { const hit = this.#at(x, y); if (hit) this.picked(this.rows[hit[1]]); },
      missing: () => (this.rows.length ? "" : "The run is asked for its vectors…"),
    });
    this.order = make("select", { "aria-label": "order", onchange: () => this.#renew() });
    fill(this.order, [["table", "table order"], ["axis", "along axis 1"]], "table");
    const bar = new RangeBar();
    bar.show(-1, 1, "signed");
    this.figure.tools.append(bar.element, this.order);
  }

  /** @param {object} frame @param {string[]} names @param {string[]} labels shorter ones @param {number[]} ranking rows, the most frequent first */
  show(frame, names, labels, ranking) {
    Object.assign(this, { frame, names, labels, ranking });
    this.#renew();
  }

  #renew() {
    if (!this.frame) return;
    const { table, points, k } = this.frame;
    const n = table.shape[0];
    const chosen = n > MOST ? this.ranking.slice(0, MOST) : Array.from({ length: n }, (_, row) => row);
    this.rows = chosen.sort(this.order.value === "axis" ? (a, b) => points[a * k] - points[b * k] : (a, b) => a - b);
    this.values = similarities(table, this.rows);
    const part = n > MOST ? `; the ${MOST} most frequent of ${n}` : "";
    this.figure.say("Who resembles whom", `cosine similarity of every two rows${part}: 1 = same direction, 0 = nothing in common, −1 = opposite`);
    this.figure.mark();
  }

  #paint(pen, width, height) {
    const theme = this.theme();
    const n = this.rows.length;
    this.cell = (Math.min(width, height) - EDGE) / n;
    const image = heatImage(n, n, (x, y) => (this.values[y * n + x] + 1) / 2, theme.ramp("signed"));
    drawCells(pen, image, EDGE, EDGE, this.cell * n, this.cell * n);
    pen.strokeStyle = theme.color("line");
    pen.strokeRect(EDGE - 0.5, EDGE - 0.5, this.cell * n + 1, this.cell * n + 1);
    pen.font = theme.font(Math.min(13, Math.max(9, this.cell)), "code-font");
    pen.fillStyle = theme.color("text");
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const wide = Math.max(...this.rows.map((row) => pen.measureText(this.labels[row]).width));
    const [every, beside] = [LEAST, Math.min(wide + 4, 40)].map((room) => Math.max(1, Math.ceil(room / this.cell)));
    for (let i = 0; i < n; i++) {
      const at = EDGE + (i + 0.5) * this.cell;
      if (i % every === 0) pen.fillText(fitted(pen, this.labels[this.rows[i]], LABEL), EDGE - LABEL / 2, at);
      if (i % beside === 0) pen.fillText(fitted(pen, this.labels[this.rows[i]], this.cell * beside), at, EDGE - LABEL / 2);
    }
    pen.font = theme.font(12);
    pen.fillStyle = theme.color("muted");
    pen.fillText("a row of the table", EDGE + (this.cell * n) / 2, 8);
    writeUpwards(pen, "another row", 8, EDGE + (this.cell * n) / 2);
  }

  #at(x, y) {
    const [column, row] = [x, y].map((at) => Math.floor((at - EDGE) / this.cell));
    const n = this.rows.length;
    return column >= 0 && row >= 0 && column < n && row < n ? [column, row] : null;
  }

  #tip(x, y) {
    const hit = this.#at(x, y);
    if (!hit) return null;
    const [one, other] = [this.names[this.rows[hit[1]]], this.names[this.rows[hit[0]]]];
    return { x, y, lines: [`“${one}” and “${other}”: ${significant(this.values[hit[1] * this.rows.length + hit[0]], 6)}`] };
  }

  #csv() {
    const n = this.rows.length;
    const names = this.rows.map((row) => this.names[row]);
    return [["", ...names], ...names.map((name, i) => [name, ...this.values.slice(i * n, (i + 1) * n)])];
  }

  #alt() {
    const n = this.rows.length;
    let best = [-2, 0, 1];
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (this.values[i * n + j] > best[0]) best = [this.values[i * n + j], i, j];
    const name = (i) => this.names[this.rows[i]];
    return n < 2 ? "One row alone." : `Cosine similarity of ${n} rows with each other; the most similar two are ${name(best[2])} and ${name(best[1])}, ${significant(best[0])}.`;
  }

  close() {
    this.figure.close();
  }
}
