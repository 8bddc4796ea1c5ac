/** Three voices for one operation: plain words, the formula, the PyTorch line. A switch shows one, two or all three. */

import { make, setText } from "../base/dom.js";
import { expression } from "./explain.js";
import { mathOf } from "./math.js";
import { VOICES } from "./state.js";

const TITLES = { words: "Words", formula: "Formula", code: "Code" };

export class Voices {
  /** @param {HTMLElement} parent @param {{store: TraceStore, state: StepState}} needs */
  constructor(parent, { store, state }) {
    Object.assign(this, { parent, store, state, shown: null });
    this.buttons = VOICES.map((voice) => make("button.tool", { text: TITLES[voice], onclick: () => state.toggleVoice(voice) }));
    this.words = make("span");
    this.why = make("span.why");
    this.formula = make("div.math");
    this.numbers = make("code.numbers");
    this.code = make("code.line-of-code", { tabindex: 0 });
    this.places = [
      make("p.voice.words", {}, this.words, " ", this.why),
      make("div.voice.formula", {}, this.formula, this.numbers),
      make("div.voice.code", {}, this.code),
    ];
    parent.append(make("div.voices-bar", { role: "group", "aria-label": "voices" }, ...this.buttons), ...this.places);
  }

  draw() {
    const { current, voices, cell } = this.state;
    VOICES.forEach((voice, i) => {
      this.buttons[i].setAttribute("aria-pressed", String(voices.includes(voice)));
      this.places[i].hidden = !voices.includes(voice);
    });
    if (this.parent.dataset.shown !== voices.join(" ")) this.parent.dataset.shown = voices.join(" ");
    if (!current) return;
    setText(this.words, current.words);
    setText(this.why, current.why);
    setText(this.code, current.code);
    if (this.shown !== current.formula) {
      this.shown = current.formula;
      this.formula.replaceChildren(...mathOf(current.formula));
    }
    const isOurs = voices.includes("formula") && cell?.tensor === current.name;
    setText(this.numbers, isOurs ? expression(this.store, current, cell.index) : "");
  }

  close() {}
}
