/** What comes of tampering: the loss of each token, and what the model holds for likely after one of them, before and after. */

import { drawFoot, drawLevels } from "../base/axes.js";
import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { Scale } from "../base/scale.js";
import { joined, labelEvery } from "./tiles.js";

const [LEFT, TOP, FOOT] = [56, 8, 44];
const N_SHOWN = 8;
const [NAMES, NUMBERS, AXIS] = [52, 56, 40];  // pixels beside the bars of a prediction, and below them
const ASKED = "The run is asked what it predicts…";

/** The loss of each token of the text. */
export class TokenLosses {
  /** @param {HTMLElement} place @param {{state: AttentionState, view: object, painter: Painter, theme: () => Theme}} needs */
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, theme });
    this.figure = new Figure(place, { title: "Loss, token by token", file: "attention-losses", height: 220, painter, theme,
      caption: "In nats, for the token that comes next. Filled: with your changes; outlined: without. Click one for its prediction.",
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#words(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x) => this.#click(x), missing: () => (view.effects ? "" : ASKED) });
  }

  draw() {
    this.figure.draw();
  }

  #values() {
    const { effects } = this.view;
    return { ...effects.header, before: effects.arrays["before/token_loss"].data, after: effects.arrays["after/token_loss"].data };
  }

  #paint(pen, width, height) {
    const { before, after, labels, targets, weights } = this.#values();
    const theme = this.theme();
    const n = before.length;
    const most = 1.05 * Math.max(0.5, ...[before, after].flatMap((losses) => [...losses].filter((loss, t) => weights[t] && Number.isFinite(loss))));
    const floor = height - FOOT;
    const scale = new Scale(0, most, floor, TOP);
    const y = (loss) => scale.pixel(Math.min(loss, most));
    this.cell = (width - LEFT) / n;
    drawLevels(pen, scale, theme, { from: LEFT, to: width, name: "loss (nats)", ticks: scale.ticks(4) });
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const { place } = this.view;
    const every = labelEvery([...labels, ...targets], this.cell);
    for (let t = 0; t < n; t++) {
      const [x, wide] = [LEFT + t * this.cell + this.cell * 0.15, this.cell * 0.7];
      pen.globalAlpha = weights[t] ? 1 : 0.15;
      pen.fillStyle = theme.color(t === place ? "query" : "ghost");
      pen.fillRect(x, y(after[t]), wide, floor - y(after[t]));
      pen.strokeStyle = theme.color("text");
      pen.lineWidth = 1.25;
      pen.strokeRect(x, y(before[t]), wide, floor - y(before[t]));
      pen.globalAlpha = 1;
      if (t === place ? false : t % every || Math.abs(t - place) < every) continue;
      pen.font = theme.font(12, "code-font", t === place ? 700 : 400);
      pen.fillStyle = theme.color("text");
      pen.fillText(targets[t], x + wide / 2, floor + 11);
      pen.fillStyle = theme.color("muted");
      pen.fillText(labels[t], x + wide / 2, floor + 30);
    }
    pen.font = theme.font(12);
    pen.textAlign = "right";
    pen.fillText("next", LEFT - 6, floor + 11);
    pen.fillText("after", LEFT - 6, floor + 30);
  }

  #at(x) {
    const t = Math.floor((x - LEFT) / this.cell);
    return t >= 0 && t < this.#values().before.length ? t : null;
  }

  #point(x, y) {
    const t = this.#at(x);
    if (t === null) return null;
    const { before, after, labels, targets, weights } = this.#values();
    const lines = [`after “${labels[t]}” comes “${targets[t]}”`, `loss ${significant(before[t], 4)} → ${significant(after[t], 4)} nats`];
    return { x, y, lines: [...lines, ...(weights[t] ? [] : ["does not count in this task"])] };
  }

  #click(x) {
    const t = this.#at(x);
    if (t !== null) this.state.change({ place: t });
  }

  #words() {
    const { before, after, targets } = this.#values();
    const told = [...before].map((loss, t) => `“${targets[t]}” ${significant(loss, 2)} to ${significant(after[t], 2)}`);
    return `Loss of each token in nats, without and with your changes: ${told.join(", ")}.`;
  }

  #csv() {
    const { before, after, labels, targets } = this.#values();
    return [["position", "token", "next", "loss_before", "loss_after"], ...labels.map((label, t) => [t, label, targets[t], before[t], after[t]])];
  }

  close() {
    this.figure.close();
  }
}

/** The likeliest tokens after one position, before and after. */
export class Prediction {
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, theme });
    this.figure = new Figure(place, { title: "What comes next?", file: "attention-prediction", height: 248, painter, theme,
      caption: "Probability of the likeliest tokens. Filled: with your changes; outlined: without. The one that really follows is marked ◂.",
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#words(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), missing: () => (view.effects ? "" : ASKED) });
  }

  draw() {
    const { effects, place } = this.view;
    const words = effects && joined(effects.header.labels.slice(Math.max(0, place - 8), place + 1));
    if (effects) this.figure.say(`What comes after “${words}”?`, this.figure.caption);
    this.figure.draw();
  }

  #rows() {
    const { effects, place } = this.view;
    const { ids, "before/probability": before, "after/probability": after } = effects.arrays;
    const k = ids.shape[1];
    const { vocabulary, targets } = effects.header;
    return Array.from({ length: Math.min(k, N_SHOWN) }, (_, i) => place * k + i).map((at) => ({ label: vocabulary[ids.data[at]],
      before: before.data[at], after: after.data[at], isNext: vocabulary[ids.data[at]] === targets[place] }));
  }

  #paint(pen, width, height) {
    const theme = this.theme();
    const rows = this.#rows();
    const [left, right] = [NAMES, width - NUMBERS];
    this.tall = (height - AXIS) / N_SHOWN;
    drawFoot(pen, new Scale(0, 1, left, right), theme, { at: height - AXIS + 2, name: "probability", ticks: [0, 0.25, 0.5, 0.75, 1] });
    pen.textBaseline = "middle";
    rows.forEach(({ label, before, after, isNext }, i) => {
      const [y, high] = [i * this.tall + 3, this.tall - 6];
      pen.fillStyle = theme.color("text");
      pen.font = theme.font(13, "code-font", isNext ? 700 : 400);
      pen.textAlign = "right";
      pen.fillText(`${isNext ? "◂ " : ""}${label}`, left - 8, y + high / 2, left - 8);
      pen.fillStyle = theme.color(isNext ? "query" : "ghost");
      pen.fillRect(left, y, Math.max(1, after * (right - left)), high);
      pen.strokeStyle = theme.color("text");
      pen.lineWidth = 1.25;
      pen.strokeRect(left, y, Math.max(1, before * (right - left)), high);
      pen.fillStyle = theme.color("text");
      pen.font = theme.font(12);
      pen.textAlign = "left";
      pen.fillText(significant(after, 2), right + 8, y + high / 2, 46);
    });
  }

  #point(x, y) {
    const row = this.#rows()[Math.floor(y / this.tall)];
    return row ? { x, y, lines: [`“${row.label}”${row.isNext ? ", which really follows" : ""}`, `probability ${significant(row.before, 4)} → ${significant(row.after, 4)}`] } : null;
  }

  #words() {
    const rows = this.#rows().map(({ label, before, after, isNext }) => `“${label}”${isNext ? " (really follows)" : ""} ${significant(before, 2)} to ${significant(after, 2)}`);
    return `Probabilities without and with your changes: ${rows.join(", ")}.`;
  }

  #csv() {
    return [["token", "probability_before", "probability_after"], ...this.#rows().map(({ label, before, after }) => [label, before, after])];
  }

  close() {
    this.figure.close();
  }
}
