/** For numbers on a clock: of how many turns around the clock the table is made. A number's circle is two such waves. */

import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { waves } from "./neighbours.js";

const FOOT = 34;
const HEAD = 16;
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
      point: (x, y) => this.#tip(x, y), click: (x) => { const i = Math.floor(x / this.wide); if (i in this.shares) this.chosen(i + 1); },
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
    const theme = this.theme();
    this.wide = width / this.shares.length;
    const most = Math.max(...this.shares);
    const floor = height - FOOT;
    pen.textAlign = "center";
    pen.font = theme.font(12);
    const every = Math.ceil(18 / this.wide);
    this.shares.forEach((share, i) => {
      const tall = (share / most) * (floor - HEAD);
      const isChosen = this.wave() === i + 1;
      pen.fillStyle = theme.color(isChosen ? "update" : "residual");
      pen.fillRect((i + 0.14) * this.wide, floor - tall, this.wide * 0.72, Math.max(1, tall));
      pen.fillStyle = theme.color(isChosen ? "text" : "muted");
      pen.textBaseline = "bottom";
      if (share > 0.3 * most) pen.fillText(String(Math.round(share * 100)), (i + 0.5) * this.wide, floor - tall - 2);
      pen.textBaseline = "top";
      if (i % every === 0 || isChosen) pen.fillText(String(i + 1), (i + 0.5) * this.wide, floor + 3);
    });
    pen.fillStyle = theme.color("muted");
    pen.fillText("k, turns around the clock · % of all variance", width / 2, floor + 19);
  }

  #tip(x, y) {
    const i = Math.floor(x / this.wide);
    return i in this.shares ? { x, y, lines: [`k = ${i + 1}: ${significant(this.shares[i] * 100, 6)} % of the variance`] } : null;
  }

  #alt() {
    const order = this.shares.map((share, i) => [share, i + 1]).sort((a, b) => b[0] - a[0]).slice(0, 3);
    return `The largest waves: ${order.map(([share, k]) => `k = ${k} with ${significant(share * 100)} %`).join(", ")}.`;
  }

  close() {
    this.figure.close();
  }
}
