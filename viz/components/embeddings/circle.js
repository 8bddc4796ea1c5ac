/** For numbers on a clock: of how many turns around the clock the table is made. A number's circle is two such waves. */

import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { barAt, paintBars } from "./bars.js";
import { waves } from "./neighbours.js";

const CLEARLY = 1.5;

export class Circle {
  shares = [];
  /** @param {{painter: Painter, theme: () => Theme, wave: () => number, chosen: (wave: number) => void}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "Waves around the clock", file: "waves", height: 188, painter: needs.painter, theme: needs.theme,
      caption: "how much of the table goes k times around while the numbers go once; click a bar to see its circle",
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#alt(),
      csv: () => [["k", "share"], ...this.shares.map((share, i) => [i + 1, share])],
      point: (x, y) => this.#tip(x, y), click: (x) => { const i = this.#at(x); if (i >= 0) this.chosen(i + 1); },
      missing: () => (this.shares.length ? "" : "The run is asked for its vectors…"),
    });
  }

  /** The wave that the picture shows best; the one before stays unless another is clearly stronger. */
  strongest(points, k, rows, before) {
    const shares = waves({ data: points, shape: [points.length / k, k] }, rows);
    const best = shares.indexOf(Math.max(...shares)) + 1;
    return shares[best - 1] > CLEARLY * (shares[before - 1] ?? 0) ? best : before;
  }

  /** @param {{data: Float32Array, shape: number[]}|null} table @param {number[]} rows those of 0, 1, 2, … */
  show(table, rows) {
    this.figure.element.hidden = !table;
    if (!table) return;
    this.shares = waves(table, rows);
    this.figure.mark();
  }

  #paint(pen, width, height) {
    const isMarked = (i) => this.wave() === i + 1;
    paintBars(pen, this.theme(), this.shares, { width, height, name: "k, turns around the clock · % of all variance", isMarked,
      color: (i) => (isMarked(i) ? "update" : "residual"), isNumbered: (share, most) => share > 0.3 * most });
  }

  #at(x) {
    return barAt(x, this.shares, this.figure.surface.width);
  }

  #tip(x, y) {
    const i = this.#at(x);
    return i < 0 ? null : { x, y, lines: [`k = ${i + 1}: ${significant(this.shares[i] * 100, 6)} % of the variance`] };
  }

  #alt() {
    const order = this.shares.map((share, i) => [share, i + 1]).sort((a, b) => b[0] - a[0]).slice(0, 3);
    return `The largest waves: ${order.map(([share, k]) => `k = ${k} with ${significant(share * 100)} %`).join(", ")}.`;
  }

  close() {
    this.figure.close();
  }
}
