/** How the same prompt with the same seed was continued by the model of earlier steps: a list, filled one step at a time. */

import { ask } from "../base/ask.js";
import { make, setText } from "../base/dom.js";
import { count } from "../base/numbers.js";
import { asked } from "./rule.js";

const N = 8;                   // steps
const LENGTH = 24;             // tokens of each
const PAUSE = 500;             // milliseconds without a change
const GROWN = 1.25;            // how much longer the run must have trained before the list is made again by itself

export class Earlier {
  #known = new Map();
  #timer = 0;
  #turn = 0;
  #newest = 0;

  /** @param {{data: object, prompt: () => number[], rule: () => object, steps: () => number[], newest: () => number, spelled: (tokens: number[]) => string}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.words = make("p.unit.figure-note", { text: "The same prompt with the same seed, written by the model as it was at earlier steps." });
    this.lines = Array.from({ length: N + 1 }, () => line());
    this.trouble = make("p.trouble-line", { role: "status", hidden: true });
    this.element = make("section.panel.figure.earlier", { "aria-label": "the same prompt at earlier steps" },
      make("h3", { text: "How it was continued earlier" }), this.words, this.trouble, make("div.lines", {}, ...this.lines.map(({ element }) => element)));
    place.append(this.element);
  }

  /** Prompt, rule or model may be another one: ask soon, if anybody looks. */
  renew(pause = PAUSE) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.isSeen && this.steps().length) this.#timer = setTimeout(() => this.#fill(++this.#turn), pause);
  }

  /** The run went back, or began again: its steps are others. */
  forget() {
    this.#known.clear();
    this.renew();
  }

  /** The run went on: make the list again when it has trained a good deal further. */
  grown() {
    if (!this.#timer && this.newest() > GROWN * this.#newest && this.newest() > this.#newest + 20) this.renew();
  }

  async #fill(turn) {
    this.#timer = 0;
    this.#newest = this.newest();
    const chosen = spread(before(this.steps(), this.newest()), N);
    const question = { tokens: this.prompt(), rule: asked(this.rule()), seed: this.rule().seed, n: Math.min(LENGTH, this.data.answer_length || LENGTH) };
    const key = JSON.stringify(question);
    const rows = [...chosen, null];
    this.#show(rows.map((step) => ({ step, text: this.#known.get(`${step} ${key}`) })));
    for (const [i, step] of rows.entries()) {
      if (turn !== this.#turn || (step !== null && this.#known.has(`${step} ${key}`))) continue;
      try {
        const { header } = await ask(this.data, "continuation", { ...question, ...(step === null ? {} : { at: step }) });
        if (turn !== this.#turn) return;
        const text = this.spelled(header.tokens);
        if (step !== null) this.#remember(`${step} ${key}`, text);
        this.#row(this.lines[i], { step: header.at, text, isNow: step === null });
        this.#complain("");
      } catch (error) {
        if (turn === this.#turn) this.#complain(error.message);
      }
    }
  }

  #remember(key, text) {
    if (this.#known.size > 500) this.#known.clear();
    this.#known.set(key, text);
  }

  #complain(words) {
    setText(this.trouble, words);
    this.trouble.hidden = !words;
  }

  #show(rows) {
    this.lines.forEach((one, i) => {
      one.element.hidden = i >= rows.length;
      if (i < rows.length) this.#row(one, { ...rows[i], isNow: rows[i].step === null });
    });
  }

  #row({ step: place, given, text: words }, { step, text, isNow }) {
    setText(place, step === null ? "now" : `step ${count(step)}${isNow ? " (now)" : ""}`);
    setText(given, this.spelled(this.prompt().slice(-12)) + this.data.joiner);
    setText(words, text ?? "…");
  }

  close() {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }
}

/** The kept steps without the newest one, which stands in a line of its own. */
export const before = (steps, newest) => (steps.at(-1) === newest ? steps.slice(0, -1) : steps);

/** At most n of the steps, evenly through them, the first and the last among them. */
export function spread(steps, n) {
  if (steps.length <= n) return steps;
  return Array.from({ length: n }, (_, i) => steps[Math.round((i * (steps.length - 1)) / (n - 1))]);
}

function line() {
  const [step, given, text] = [make("span.unit.when"), make("code.given-part"), make("code.written-part")];
  return { step, given, text, element: make("div.line", {}, step, make("span.said", {}, given, text)) };
}
