/** What lies nearest to the picked row, by cosine similarity in the full space, with the numbers. */

import { drawFoot } from "../base/axes.js";
import { make } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { fitted } from "../base/label.js";
import { significant } from "../base/numbers.js";
import { Scale } from "../base/scale.js";
import { fill } from "./controls.js";

const N_NEAREST = 8;
const N_FARTHEST = 3;
const ROW = 24;                // pixels
const LABEL = 58;
const NUMBER = 52;
const AXIS = 40;

export class Near {
  rows = [];
  /** @param {{painter: Painter, theme: () => Theme, picked: (row: number) => void}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "Nearest", caption: "", file: "nearest", height: (N_NEAREST + N_FARTHEST + 1) * ROW + AXIS, painter: needs.painter, theme: needs.theme,
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#alt(),
      csv: () => [["label", "cosine similarity"], ...this.all.map(({ row, cosine }) => [this.names[row], cosine])],
      point: (x, y) => this.#tip(x, y), click: (x, y) => { const hit = this.#at(y); if (hit) this.picked(hit.row); },
      missing: () => (this.rows.length ? "" : "The run is asked for its vectors…"),
    });
    this.chooser = make("select", { "aria-label": "token", onchange: ({ target }) => this.picked(Number(target.value)) });
    this.figure.tools.append(this.chooser);
  }

  /** @param {number|null} token @param {string[]} names of all rows @param {{row: number, cosine: number}[]} near most similar first */
  show(token, names, near, channels) {
    Object.assign(this, { names, all: near });
    fill(this.chooser, names.map((name, row) => [String(row), name]), String(token));
    const far = near.slice(Math.max(N_NEAREST, near.length - N_FARTHEST));
    this.rows = [...near.slice(0, N_NEAREST), ...(far.length ? [null, ...far] : [])];
    this.figure.say(`Nearest to “${names[token]}”`, `cosine similarity in all ${channels} channels, not in the picture`);
    this.figure.mark();
  }

  #paint(pen, width) {
    const theme = this.theme();
    const x = new Scale(-1, 1, LABEL, width - NUMBER);
    const zero = x.pixel(0);
    drawFoot(pen, x, theme, { at: this.rows.length * ROW + 2, name: "cosine similarity", ticks: [-1, -0.5, 0, 0.5, 1] });
    pen.textBaseline = "middle";
    pen.beginPath();
    pen.moveTo(zero + 0.5, 0);
    pen.lineTo(zero + 0.5, this.rows.length * ROW);
    pen.stroke();
    this.rows.forEach((each, i) => {
      const y = (i + 0.5) * ROW;
      if (!each) return this.#paintGap(pen, theme, y);
      pen.font = theme.font(14, "code-font");
      pen.textAlign = "right";
      pen.fillStyle = theme.color("text");
      pen.fillText(fitted(pen, this.names[each.row], LABEL - 8), LABEL - 8, y);
      pen.fillStyle = theme.color(each.cosine < 0 ? "class-1" : "class-2");
      pen.fillRect(Math.min(zero, x.pixel(each.cosine)), y - 6, Math.max(1, Math.abs(x.pixel(each.cosine) - zero)), 12);
      pen.font = theme.font(13);
      pen.fillStyle = theme.color("text");
      pen.fillText(significant(each.cosine), width - 2, y);
      return undefined;
    });
  }

  #paintGap(pen, theme, y) {
    pen.font = theme.font(12);
    pen.textAlign = "right";
    pen.fillStyle = theme.color("muted");
    pen.fillText("farthest", LABEL - 8, y, LABEL - 8);
  }

  #at(y) {
    return this.rows[Math.floor(y / ROW)];
  }

  #tip(x, y) {
    const hit = this.#at(y);
    this.figure.box.style.cursor = hit ? "pointer" : "default";
    return hit ? { x, y, lines: [`cosine similarity with “${this.names[hit.row]}”: ${significant(hit.cosine, 6)}`, "click: its own neighbours"] } : null;
  }

  #alt() {
    const list = this.rows.filter(Boolean).slice(0, 5).map(({ row, cosine }) => `${this.names[row]} ${significant(cosine)}`);
    return `Nearest rows by cosine similarity: ${list.join(", ")}.`;
  }

  close() {
    this.figure.close();
  }
}
