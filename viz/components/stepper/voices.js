/** Three voices for one operation: plain words, the formula, the PyTorch line. A switch shows one, two or all three. */

import { make, setText } from "../base/dom.js";
import { expression } from "./explain.js";
import { mathOf } from "./math.js";
import { VOICES } from "./state.js";

const SMALLEST = 0.6;          // of its own size: what is still too large then scrolls
const ATTEMPTS = 4;            // a formula does not shrink quite as much as its letters
const TITLES = { words: "Words", formula: "Formula", code: "Code" };

export class Voices {
  /** @param {HTMLElement} parent @param {{store: TraceStore, state: StepState, painter: Painter}} needs */
  constructor(parent, { store, state, painter }) {
    Object.assign(this, { parent, store, state, shown: null, room: { width: 0, height: 0 }, shares: new Map() });
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
    this.observer = new ResizeObserver(([{ contentRect: { width, height } }]) => {
      if (width === this.room.width && height === this.room.height) return;
      this.room = { width, height };
      this.shown = null;
      this.shares.clear();
      painter.mark(this);
    });
    this.observer.observe(this.formula);
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
    if (this.shown !== current.formula) this.#write(current.formula);
    const isOurs = voices.includes("formula") && cell?.tensor === current.name;
    setText(this.numbers, isOurs ? expression(this.store, current, cell.index) : "");
  }

  #write(formula) {
    this.shown = formula;
    this.formula.replaceChildren(...mathOf(formula));
    if (!this.room.width || !this.formula.firstElementChild) return;
    if (!this.shares.has(formula)) this.shares.set(formula, this.#shareOf(this.formula.firstElementChild));
    this.#size(this.shares.get(formula));
  }

  /** How large a formula may be written to fit its place. Found once for each: to ask costs a layout. */
  #shareOf(math) {
    let share = 1;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#size(share);
      const { width, height } = math.getBoundingClientRect();
      const fits = Math.min(this.room.width / width, this.room.height / height);
      if (fits >= 1 || share === SMALLEST) break;
      share = Math.max(SMALLEST, 0.97 * share * fits);
    }
    return share;
  }

  #size(share) {
    const size = share < 1 ? `calc(var(--math-size) * ${share.toFixed(3)})` : "";
    if (this.formula.style.fontSize !== size) this.formula.style.fontSize = size;
  }

  close() {
    this.observer.disconnect();
  }
}
