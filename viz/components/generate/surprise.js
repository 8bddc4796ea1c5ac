/** How surprised the model is by every token of a text: coloured by −log p, with perplexity and what guessing costs. */

import { Latest } from "../base/ask.js";
import { make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { RangeBar } from "../base/heat.js";
import { count, significant } from "../base/numbers.js";
import { shade } from "../base/shade.js";

const ROW = 30, PAD = 5, GAP = 2;
const MOST = 8000;             // characters that are sent
const PAUSE = 350;             // milliseconds without a change
const LINE_END = "⏎";

export class Surprise {
  #timer = 0;
  #boxes = [];

  /** @param {{data: object, own: () => number[], at: () => number|null, painter, theme, vocabulary}} needs `own` is the page's text */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "Surprise: how unexpected is each token?", caption: "", file: "surprise", height: ROW + 8, painter: needs.painter, theme: needs.theme,
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#alt(), csv: () => this.#csv(), point: (x, y) => this.#point(x, y),
      missing: () => (this.seen ? "" : "No text is measured yet."),
    });
    this.asker = new Latest(this.data, "surprise", { question: () => this.#question(), take: (answer) => this.#take(answer),
      failed: (words) => this.#say(words, Boolean(words)) });
    this.range = new RangeBar();
    this.field = make("textarea.any-text", { rows: 2, "aria-label": "text to measure", placeholder: "any text; empty: the text at the top of this page", oninput: () => this.renew() });
    this.words = make("p.surprise-words", { role: "status" });
    this.figure.tools.append(this.range.element);
    this.figure.box.before(this.field, this.words);
  }

  get element() {
    return this.figure.element;
  }

  /** The text, the model or the step may be another one: ask soon, if anybody looks. */
  renew(pause = PAUSE) {
    if (!this.isSeen || this.#timer) return; // while the text grows without a rest, it is measured now and then
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#ask();
    }, pause);
  }

  #ask() {
    if (this.field.value.trim() || this.own().length >= 2) return this.asker.renew();
    this.asker.close();
    return this.#say("Write a token first, or type a text here: it takes two tokens, one to read and one to predict.", false);
  }

  #question() {
    const typed = this.field.value;
    const at = this.at();
    const text = typed.slice(0, MOST);
    this.isCut = typed.length > MOST;
    return { ...(typed.trim() ? { text: text.toWellFormed?.() ?? text } : { tokens: this.own() }), ...(at === null ? {} : { at }) };
  }

  #take({ header, arrays }) {
    this.seen = { ...header, losses: arrays.losses.data, by: arrays.by_frequency.data };
    const guess = Math.log(header.guess_count);
    this.range.show(0, 1.5 * guess, "surprise");
    const remark = this.isCut ? `Only the first ${count(header.tokens.length)} tokens are shown.` : header.remark;
    this.#say(`${summary(header, guess)} ${remark}`.trim(), false);
    const guessing = `guessing among ${header.guess_count}: ${significant(guess)} everywhere`;
    this.figure.say(this.figure.title,
      `Surprise is −log p of the token that really came, in nats: the stronger the colour, the less expected (${guessing}). Model at step ${count(header.at)}.`);
    this.mark();
  }

  #say(words, isTrouble) {
    setText(this.words, words);
    this.words.classList.toggle("trouble-line", isTrouble);
  }

  mark() {
    this.#fit();
    this.figure.mark();
  }

  /** Lay the tokens out in lines, and give the picture the height that they need. */
  #fit() {
    const { width, context } = this.figure.surface;
    if (!this.seen || !width) return;
    context.font = this.theme().font(16, "code-font");
    this.#boxes = [];
    let [x, row] = [0, 0];
    for (const token of this.seen.tokens) {
      const label = this.vocabulary()[token];
      const wide = Math.min(width, Math.max(18, context.measureText(label).width + 2 * PAD));
      if (x && x + wide > width) [x, row] = [0, row + 1];
      this.#boxes.push({ x, y: row * ROW, wide, label });
      x += wide + GAP;
      if (label === LINE_END && this.seen.tokens.length > 60) [x, row] = [0, row + 1];
    }
    const height = `${(row + (x ? 1 : 0)) * ROW + 8}px`;
    if (this.figure.box.style.height !== height) this.figure.box.style.height = height;
  }

  #paint(pen, width) {
    if (this.laid !== width) {
      this.laid = width;
      this.#fit();
    }
    const theme = this.theme();
    const most = 1.5 * Math.log(this.seen.guess_count);
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    pen.font = theme.font(16, "code-font");
    this.#boxes.forEach(({ x, y, wide, label }, i) => {
      const { fill, ink } = i ? shade(theme, "surprise", this.seen.losses[i - 1] / most) : { fill: theme.color("surface"), ink: theme.color("muted") };
      pen.fillStyle = fill;
      pen.fillRect(x, y + 2, wide, ROW - 6);
      pen.strokeStyle = theme.color("line");
      pen.lineWidth = 1;
      pen.strokeRect(x + 0.5, y + 2.5, wide - 1, ROW - 7);
      pen.fillStyle = ink;
      pen.fillText(label, x + wide / 2, y + ROW / 2 - 1);
    });
  }

  #point(x, y) {
    const i = this.#boxes.findIndex((box) => x >= box.x && x < box.x + box.wide + GAP && y >= box.y && y < box.y + ROW);
    if (i < 0) return null;
    const { label } = this.#boxes[i];
    if (i === 0) return { x, y, lines: [`“${label}” is given: nothing came before it`] };
    const nats = this.seen.losses[i - 1];
    return { x, y, lines: [`“${label}” at position ${i}`, `surprise ${significant(nats, 4)} nats = ${significant(nats / Math.LN2, 4)} bits`,
      `probability ${significant(Math.exp(-nats), 4)}`, `by how often it occurs: ${significant(this.seen.by[i - 1], 4)} nats`] };
  }

  #alt() {
    const { losses, tokens } = this.seen;
    const worst = losses.reduce((best, loss, i) => (loss > losses[best] ? i : best), 0);
    return `${tokens.length} tokens coloured by surprise, model at step ${this.seen.at}. ${this.words.textContent} `
      + `The greatest: “${this.vocabulary()[tokens[worst + 1]]}” at position ${worst + 1}, ${significant(losses[worst])} nats.`;
  }

  #csv() {
    const { losses, tokens, by } = this.seen;
    const rows = Array.from(losses, (nats, i) => [i + 1, tokens[i + 1], this.vocabulary()[tokens[i + 1]], nats, nats / Math.LN2, by[i]]);
    return [["position", "token", "text", "surprise_nats", "surprise_bits", "by_frequency_nats"], ...rows];
  }

  close() {
    clearTimeout(this.#timer);
    this.asker.close();
    this.figure.close();
  }
}

/** Mean and perplexity beside those of guessing. */
function summary({ mean, mean_by_frequency: by, guess_count: n }, guess) {
  if (mean === null) return "The model's numbers are no longer finite.";
  return `Mean surprise ${significant(mean)} nats (${significant(mean / Math.LN2)} bits) a token: perplexity ${significant(Math.exp(mean))}, as unsure as among so many equally likely tokens. `
    + `Guessing among ${n}: ${significant(guess)} nats, perplexity ${n}. By how often each token occurs: ${significant(by)} nats, perplexity ${significant(Math.exp(by))}.`;
}
