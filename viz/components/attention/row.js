/** The row that a chosen cell belongs to: its scores, and the shares that softmax makes of them. */

import { drawLevels } from "../base/axes.js";
import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { Scale } from "../base/scale.js";
import { pairWithin } from "./head_map.js";
import { vectorAt } from "./links.js";
import { labelEvery } from "./tiles.js";

const ROOMY = 34;              // a key this wide has its score written below it
const [LEFT, TOP, FOOT] = [48, 12, 38];

/** The scores of the chosen row and the shares they become. */
export class Row {
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, theme });
    this.figure = new Figure(place, { title: "The row it belongs to", file: "attention-row", height: 150, painter, theme,
      caption: "Bars: the share of each key, after softmax. Numbers: its score. Hatched keys come later.",
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#words(), csv: () => this.#csv(), point: (x, y) => this.#point(x, y),
      click: (x) => this.#click(x), missing: () => (this.#values() ? "" : "Choose a cell of the large picture.") });
  }

  draw() {
    this.figure.draw();
  }

  #values() {
    const { frame } = this.view;
    const pair = frame && pairWithin(this.state.pair, frame.n);
    if (!pair || frame.header.head !== this.state.head || frame.header.layer !== this.state.layer) return null;
    const row = (last) => vectorAt(frame, frame.own + last, this.state.head, pair[0]);
    return { frame, pair, scores: row("masked_scores"), shares: row("pattern") };
  }

  #paint(pen, width, height) {
    const { frame, pair: [query, chosen], scores, shares } = this.#values();
    const theme = this.theme();
    const floor = height - FOOT;
    this.cell = (width - LEFT) / frame.n;
    drawLevels(pen, new Scale(0, 1, floor, TOP), theme, { from: LEFT, to: width, name: "share", ticks: [0, 0.5, 1] });
    const every = labelEvery(frame.labels, this.cell);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let key = 0; key < frame.n; key++) {
      const x = LEFT + key * this.cell;
      const middle = x + this.cell / 2;
      if (key > query) {
        hatched(pen, theme.color("hatch"), x + 1, TOP, this.cell - 2, floor - TOP);
      } else {
        pen.fillStyle = theme.color(key === chosen ? "query" : "ghost");
        const tall = shares[key] * (floor - TOP);
        pen.fillRect(x + this.cell * 0.1, floor - tall, this.cell * 0.8, Math.max(1, tall));
      }
      pen.fillStyle = theme.color(key === chosen ? "text" : "muted");
      pen.font = theme.font(12, "code-font", key === chosen ? 700 : 400);
      if (key === chosen || (key % every === 0 && Math.abs(key - chosen) >= every)) pen.fillText(frame.labels[key], middle, floor + 10);
      pen.font = theme.font(12);
      if (this.cell >= ROOMY || key === chosen) pen.fillText(significant(scores[key], 2), Math.min(width - 16, Math.max(16, middle)), floor + 28);
    }
  }

  #keyAt(x) {
    return Math.floor((x - LEFT) / this.cell);
  }

  #point(x, y) {
    const values = this.#values();
    const key = this.#keyAt(x);
    if (key < 0 || key >= values.frame.n) return null;
    return { x, y, lines: [`“${values.frame.labels[key]}” at ${key}`, `score ${significant(values.scores[key], 6)}`, `share ${significant(values.shares[key], 6)}`] };
  }

  #click(x) {
    const [key, { frame, pair: [query] }] = [this.#keyAt(x), this.#values()];
    if (key >= 0 && key < frame.n) this.state.change({ pair: [query, key] });
  }

  #words() {
    const { frame: { labels }, pair: [query], shares } = this.#values();
    return `Shares of “${labels[query]}” at ${query}: ${[...shares].slice(0, query + 1).map((share, key) => `“${labels[key]}” ${significant(share, 2)}`).join(", ")}.`;
  }

  #csv() {
    const { frame, scores, shares } = this.#values();
    return [["key", "token", "masked_score", "share"], ...frame.labels.map((label, key) => [key, label, scores[key], shares[key]])];
  }
}

function hatched(pen, color, x, y, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.strokeStyle = color;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let sum = 6; sum < width + height; sum += 6) {
    pen.moveTo(x, y + sum);
    pen.lineTo(x + sum, y);
  }
  pen.stroke();
  pen.restore();
}
