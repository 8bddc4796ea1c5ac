/** From logits to probabilities: one row a token, one column a stage; what a stage takes away stays as an outline. */

import { make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { fitted } from "../base/label.js";
import { significant } from "../base/numbers.js";

const N = 14;                  // rows, as long as not all are asked for
const MOST = 96;               // rows that can be asked for
const ROW = 22, HEAD = 62, FOOT = 22, LABEL = 62, GAP = 14, NUMBER = 48;
const LIMITS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1];

export class Funnel {
  isAll = false;
  focused = -1;

  /** @param {{vocabulary: () => string[], scene: () => object|null, choose: (token: number) => void, painter, theme}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "What comes next? From logits to probabilities", caption: "", file: "next-token", height: HEAD + FOOT + (N + 1) * ROW,
      painter: needs.painter, theme: needs.theme,
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x, y) => this.#click(y), missing: () => (this.scene() ? "" : "The model is asked…"),
    });
    this.more = make("button", { type: "button", onclick: () => this.#toggleAll() });
    this.figure.tools.append(this.more);
    const { box } = this.figure;
    box.classList.add("pick");
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("blur", () => this.#focus(-1));
  }

  #toggleAll() {
    this.isAll = !this.isAll;
    this.mark();
  }

  mark() {
    const n = this.vocabulary().length;
    this.more.hidden = n <= N;
    setText(this.more, this.isAll ? `only the ${N} likeliest` : n <= MOST ? `all ${n} tokens` : `the ${MOST} likeliest`);
    this.figure.say(this.figure.title, "Four stages, left to right; each column of probabilities sums to 1. Click a token to write it by hand.");
    this.#fit();
    this.figure.mark();
  }

  #fit() {
    const height = `${HEAD + FOOT + (this.#shown + (this.#rest ? 1 : 0)) * ROW}px`;
    if (this.figure.box.style.height !== height) this.figure.box.style.height = height;
  }

  get #shown() {
    return Math.min(this.isAll ? MOST : N, this.vocabulary().length);
  }

  /** The tokens of the rows: the likeliest, and the one that the draw falls on wherever it stands. */
  #ids({ stages, token }) {
    const ids = Array.from(stages.order.subarray(0, this.#shown));
    if (!ids.includes(token)) ids[ids.length - 1] = token;
    return ids;
  }

  get #rest() {
    return this.vocabulary().length - this.#shown;
  }

  #columns(width) {
    const wide = (width - LABEL - 3 * GAP) / 4;
    return [0, 1, 2, 3].map((i) => ({ x: LABEL + i * (wide + GAP), wide, room: Math.max(20, wide - NUMBER) }));
  }

  #paint(pen, width) {
    const scene = this.scene();
    const theme = this.theme();
    const { stages, rule, token } = scene;
    const columns = this.#columns(width);
    const chances = [stages.tempered, stages.topK, stages.topP];
    const limit = LIMITS.find((each) => each >= Math.max(...chances.map((probs) => probs[stages.order[0]]), stages.raw[stages.order[0]])) ?? 1;
    heads(pen, theme, columns, stages, rule, limit);
    const ids = this.#ids(scene);
    for (const [row, id] of ids.entries()) {
      const y = HEAD + row * ROW;
      if (id === token) mark(pen, theme, width, y);
      if (row === this.focused) frame(pen, theme, width, y);
      label(pen, theme, this.vocabulary()[id], y, id === token);
      this.#logit(pen, theme, columns[0], scene, id, y);
      const befores = [stages.raw, stages.tempered, stages.topK];
      chances.forEach((probs, i) => bar(pen, theme, columns[i + 1], { y, limit, value: probs[id], before: befores[i][id], isHit: id === token && i === 2 }));
    }
    if (this.#rest) this.#others(pen, theme, columns, stages.order.filter((id) => !ids.includes(id)), chances);
    sums(pen, theme, columns, chances, this.figure.surface.height);
  }

  #logit(pen, theme, { x, room }, { logits, stages, token }, id, y) {
    const low = Math.min(0, ...this.#ids({ stages, token }).map((each) => logits[each]));
    const high = Math.max(0, logits[stages.order[0]]);
    const at = (value) => x + ((value - low) / (high - low || 1)) * room;
    pen.fillStyle = theme.color("residual");
    pen.fillRect(Math.min(at(0), at(logits[id])), y + 5, Math.max(1, Math.abs(at(logits[id]) - at(0))), ROW - 10);
    pen.fillStyle = theme.color("line");
    pen.fillRect(at(0), y, 1, ROW);
    number(pen, theme, logits[id], x + room, y);
  }

  #others(pen, theme, columns, ids, chances) {
    const y = HEAD + this.#shown * ROW;
    const sum = (probs) => ids.reduce((total, id) => total + probs[id], 0);
    pen.font = theme.font(12);
    pen.fillStyle = theme.color("muted");
    pen.textAlign = "left";
    pen.fillText(`${ids.length} others together`, columns[0].x, y + ROW / 2);
    chances.forEach((probs, i) => number(pen, theme, sum(probs), columns[i + 1].x + columns[i + 1].room, y, sum(probs) ? "" : "cut"));
  }

  #rowAt(y) {
    const row = Math.floor((y - HEAD) / ROW);
    return row >= 0 && row < this.#shown ? row : -1;
  }

  #point(x, y) {
    const scene = this.scene();
    const row = this.#rowAt(y);
    if (row < 0) return null;
    const { stages, logits, rule } = scene;
    const id = this.#ids(scene)[row];
    const rank = stages.order.indexOf(id);
    return { x, y, lines: [
      `“${this.vocabulary()[id]}” (token ${id}), ${rank + 1}. of ${stages.order.length}`,
      `logit ${significant(logits[id], 6)}`,
      `probability ${significant(stages.raw[id], 6)}`,
      `at temperature ${significant(rule.temperature)}: ${significant(stages.tempered[id], 6)}`,
      `after top-k: ${rank < stages.nTopK ? significant(stages.topK[id], 6) : "cut"}`,
      `after top-p: ${rank < stages.nTopP ? significant(stages.topP[id], 6) : "cut"}`,
    ] };
  }

  #click(y) {
    const scene = this.scene();
    const row = this.#rowAt(y);
    if (row >= 0) this.choose(this.#ids(scene)[row]);
  }

  #focus(row) {
    this.focused = row;
    this.figure.mark();
  }

  #key(event) {
    const scene = this.scene();
    const act = {
      ArrowDown: () => this.#focus(Math.min(this.#shown - 1, this.focused + 1)),
      ArrowUp: () => this.#focus(Math.max(0, this.focused - 1)),
      Enter: () => scene && this.focused >= 0 && this.choose(this.#ids(scene)[this.focused]),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
    if (this.focused >= 0) this.figure.showTip(this.#point(LABEL, HEAD + (this.focused + 0.5) * ROW));
  }

  #alt() {
    const { stages, token, rule } = this.scene();
    const three = Array.from(stages.order.subarray(0, 3), (id) => `“${this.vocabulary()[id]}” ${significant(stages.topP[id])}`);
    return `Next token at temperature ${rule.temperature}: top-k keeps ${stages.nTopK}, top-p ${stages.nTopP} of ${stages.order.length}. `
      + `Likeliest at the end: ${three.join(", ")}. The draw falls on “${this.vocabulary()[token]}”. Arrow keys choose a row, Enter writes its token.`;
  }

  #csv() {
    const { stages, logits } = this.scene();
    const rows = Array.from(stages.order, (id) => [id, this.vocabulary()[id], logits[id], ...["raw", "tempered", "topK", "topP"].map((name) => stages[name][id])]);
    return [["token", "text", "logit", "probability", "after_temperature", "after_top_k", "after_top_p"], ...rows];
  }

  close() {
    this.figure.close();
  }
}

function heads(pen, theme, columns, stages, rule, limit) {
  const all = stages.order.length;
  const short = columns[0].wide < 150;
  const words = [
    ["1 · logits", "the model's own scores", ""],
    [`2 · temperature ${rule.temperature.toFixed(2)}`, rule.temperature ? "e^(logit / temperature)" : "0: the likeliest alone", limit],
    [`3 · top-k ${rule.topK && rule.topK < all ? rule.topK : "all"}`, `${stages.nTopK} of ${all} stay`, limit],
    [`4 · top-p ${rule.topP < 1 ? rule.topP.toFixed(2) : "1"}`, `${stages.nTopP} of ${stages.nTopK} stay`, limit],
  ];
  pen.textBaseline = "alphabetic";
  columns.forEach(({ x, room, wide }, i) => {
    pen.textAlign = "left";
    pen.font = theme.font(short ? 12 : 14, "font", 600);
    pen.fillStyle = theme.color("text");
    pen.fillText(words[i][0], x, 16);
    pen.font = theme.font(short ? 11 : 12);
    pen.fillStyle = theme.color("muted");
    if (!short) pen.fillText(words[i][1], x, 34);
    if (!words[i][2]) return;
    pen.fillText("0", x, 54);
    pen.textAlign = "right";
    pen.fillText(String(words[i][2]), x + room, 54);
    pen.fillStyle = theme.color("line");
    pen.fillRect(x, HEAD - 3, Math.min(room, wide), 1);
  });
  pen.textBaseline = "middle";
}

function mark(pen, theme, width, y) {
  pen.globalAlpha = 0.14;
  pen.fillStyle = theme.color("drawn");
  pen.fillRect(0, y, width, ROW);
  pen.globalAlpha = 1;
}

function frame(pen, theme, width, y) {
  pen.strokeStyle = theme.color("text");
  pen.lineWidth = 1;
  pen.strokeRect(0.5, y + 0.5, width - 1, ROW - 1);
}

function label(pen, theme, text, y, isHit) {
  pen.textAlign = "right";
  pen.font = theme.font(14, "code-font", isHit ? 600 : 400);
  pen.fillStyle = theme.color("text");
  pen.fillText(fitted(pen, text, LABEL - 12), LABEL - 10, y + ROW / 2);
}

/** A probability, with what it was one stage before as an outline. */
function bar(pen, theme, { x, room }, { y, limit, value, before, isHit }) {
  pen.fillStyle = theme.color(isHit ? "drawn" : "query");
  if (value) pen.fillRect(x, y + 4, Math.max(1, (value / limit) * room), ROW - 8);
  if (Math.abs(before - value) * room > limit) {
    pen.strokeStyle = theme.color("muted");
    pen.lineWidth = 1;
    pen.setLineDash([2, 2]);
    pen.strokeRect(x + 0.5, y + 3.5, Math.max(1, (before / limit) * room), ROW - 7);
    pen.setLineDash([]);
  }
  number(pen, theme, value, x + room, y, value ? "" : "cut");
}

function number(pen, theme, value, x, y, instead = "") {
  pen.textAlign = "right";
  pen.font = theme.font(12);
  pen.fillStyle = theme.color(instead ? "muted" : "text");
  pen.fillText(instead || significant(value), x + NUMBER - 2, y + ROW / 2);
}

function sums(pen, theme, columns, chances, height) {
  pen.font = theme.font(12);
  pen.fillStyle = theme.color("muted");
  pen.textAlign = "right";
  chances.forEach((probs, i) => {
    const sum = probs.reduce((total, value) => total + value, 0);
    pen.fillText(`sum ${sum.toFixed(4)}`, columns[i + 1].x + columns[i + 1].room + NUMBER - 2, height - FOOT / 2);
  });
}
