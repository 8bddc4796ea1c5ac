/** Which two tokens stand side by side most often now: bars, the pair that is merged next on top, ties named. */

import { Figure } from "../base/figure.js";
import { fitted } from "../base/label.js";
import { count } from "../base/numbers.js";

const ROW = 22;
const AXIS = 30;
const LEFT = 132;
const RIGHT = 44;

export class Pairs {
  constructor(place, { walk, painter, theme, zoom }) {
    Object.assign(this, { walk, theme, zoom });
    this.figure = new Figure(place, {
      title: "Which pair stands side by side most often?", file: "tokens-pairs", height: (12 * ROW + AXIS) * zoom, painter, theme,
      paint: (pen, width) => this.#paint(pen, width),
      alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), missing: () => (this.#rows().length ? "" : "There is no pair: nothing can be merged."),
    });
  }

  mark() {
    this.#caption(this.#rows());
    this.figure.mark();
  }

  #rows() {
    return this.walk.record?.ranked[this.walk.k] ?? [];
  }

  #isNext() {
    return this.walk.k < (this.walk.record?.n ?? 0);
  }

  #paint(pen, width) {
    const rows = this.#rows();
    const [theme, { zoom }] = [this.theme(), this];
    const [left, right] = [LEFT * zoom, width - RIGHT * zoom];
    const most = rows[0][2];
    rows.forEach(([a, b, n], i) => {
      const y = i * ROW * zoom;
      const isChosen = i === 0 && this.#isNext();
      pen.fillStyle = theme.color(isChosen ? "chosen-line" : "train-thin");
      pen.fillRect(left, y + 3, Math.max(2, (n / most) * (right - left)), ROW * zoom - 6);
      pen.textBaseline = "middle";
      pen.font = theme.font(13 * zoom, "code-font", isChosen ? 600 : 400);
      pen.fillStyle = theme.color("text");
      pen.textAlign = "right";
      pen.fillText(fitted(pen, this.walk.record.pairInWords([a, b]), left - 10), left - 8, y + (ROW / 2) * zoom);
      pen.textAlign = "left";
      pen.fillText(count(n), left + Math.max(2, (n / most) * (right - left)) + 6, y + (ROW / 2) * zoom);
    });
    pen.font = theme.font(12 * zoom);
    pen.fillStyle = theme.color("muted");
    pen.textAlign = "left";
    pen.fillText("times side by side in the text", left, (12 * ROW + AXIS / 2) * zoom);
  }

  /** What the choice was made by: the count alone, or the tie rule. */
  #caption(rows) {
    const { record, k } = this.walk;
    let words = "";
    if (rows.length && !this.#isNext()) {
      words = rows[0][2] < 2 ? "No pair stands twice any more: learning has ended." : `Learning stops here, after ${k} merges; more would be possible.`;
    } else if (rows.length) {
      const equal = rows.filter(([, , n]) => n === rows[0][2]).length;
      const chosen = record.pairInWords(rows[0]);
      words = equal === 1 ? `Merged next: ${chosen}.` : `Merged next: ${chosen}. ${equal === rows.length ? "Many" : equal} stand equally often: the ids decide.`;
    }
    this.figure.say(this.figure.title, words);
  }

  #point(x, y) {
    const row = this.#rows()[Math.floor(y / (ROW * this.zoom))];
    if (!row) return null;
    const [a, b, n] = row;
    return { x, y, lines: [`${this.walk.record.label(a)} (id ${a}) + ${this.walk.record.label(b)} (id ${b})`, `side by side ${count(n)} ${n === 1 ? "time" : "times"}`] };
  }

  #alt() {
    return this.#rows().map((row) => `${this.walk.record.pairInWords(row)} ${row[2]}`).join(", ");
  }

  #csv() {
    const { record } = this.walk;
    return [["left", "right", "left id", "right id", "count"], ...this.#rows().map(([a, b, n]) => [record.label(a), record.label(b), a, b, n])];
  }

  close() {
    this.figure.close();
  }
}
