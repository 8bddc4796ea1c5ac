/** The text so far as tokens, and in words what the model reads of it. */

import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";

export class TextView {
  #chips = [];

  /** @param {{vocabulary: () => string[], blockSize: () => number}} needs */
  constructor(place, { vocabulary, blockSize }) {
    Object.assign(this, { vocabulary, blockSize });
    this.tokens = make("div.tape", { role: "group", "aria-label": "the text so far" });
    this.words = make("p.unit.tape-words", { role: "status" });
    place.append(this.tokens, this.words);
  }

  /** @param {import("./tape.js").Tape} tape @param {string} ended why writing stopped here, or "" */
  show(tape, ended) {
    const { prompt, written, tokens } = tape;
    while (this.#chips.length < tokens.length) this.#chips.push(this.tokens.appendChild(make("code.token")));
    while (this.#chips.length > tokens.length) this.#chips.pop().remove();
    const gone = Math.max(0, tokens.length - this.blockSize());
    tokens.forEach((token, i) => this.#chip(this.#chips[i], token, written[i - prompt.length], i < gone));
    setText(this.words, `${ended} ${this.#window(tokens.length, gone)}`.trim());
    this.tokens.scrollTop = this.tokens.scrollHeight;
  }

  #chip(chip, token, entry, isGone) {
    setText(chip, this.vocabulary()[token]);
    const kind = entry ? entry.how : "given";
    const name = `token ${kind}${isGone ? " gone" : ""}`;
    if (chip.className !== name) chip.className = name;
    const title = entry ? told(entry) : "part of the prompt";
    if (chip.title !== title) chip.title = title;
  }

  #window(n, gone) {
    const size = this.blockSize();
    if (gone) return `The model reads ${size} tokens at once: its window has slid on, and the first ${gone === 1 ? "token no longer counts" : `${gone} tokens no longer count`}.`;
    const left = size - n;
    return left ? `The model reads ${n === 1 ? "this one token" : `all ${n} tokens`}; its window has room for ${left} more.`
      : `The model's window of ${size} tokens is full: with the next one it slides on, and the first token no longer counts.`;
  }
}

function told({ how, token, from, u, chance }) {
  const step = `model at step ${from.step}`;
  return how === "drawn" ? `drawn with u = ${u.toFixed(4)}, probability ${significant(chance)}, ${step}` : `chosen by hand, ${step}`;
}
