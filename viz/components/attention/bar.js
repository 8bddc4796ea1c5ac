/** Above the pictures: which step they show, holding still, and the lesson that a teacher can open. */

import { make, setText } from "../base/dom.js";
import { count } from "../base/numbers.js";

export class Bar {
  /** @param {HTMLElement} place @param {{state: AttentionState, view: object}} needs */
  constructor(place, { state, view }) {
    Object.assign(this, { state, view, steps: [] });
    this.range = make("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "at step", oninput: () => this.#choose() });
    this.words = make("span.step-words");
    this.now = make("button", { text: "now", title: "Show the model as it is now", onclick: () => state.change({ at: null }) });
    this.hold = make("button.hold", { text: "❚❚ hold", title: "Hold the pictures still while the run trains on", onclick: () => state.change({ isHeld: !state.isHeld }) });
    this.lesson = make("a.lesson", { href: view.data.birth, target: "_blank", rel: "noopener", text: "Birth of an induction head ↗",
      title: "Opens a run of its own: two layers of attention alone learn to repeat. Within a hundred steps a head is born that looks for what came next the last time." });
    place.append(make("label.step", {}, make("span", { text: "at step" }), this.range, this.words), this.now, this.hold, this.lesson);
  }

  /** Slider: the kept steps, then "now" at its right end. */
  draw() {
    const { state, view } = this;
    const steps = view.steps.filter((step) => step < view.step);
    if (String(steps) !== String(this.steps)) {
      this.steps = steps;
      this.range.max = String(steps.length);
    }
    const index = state.at === null ? steps.length : steps.indexOf(state.at);
    if (index >= 0 && Number(this.range.value) !== index) this.range.value = String(index);
    const words = state.at === null ? `${count(view.step)} (now)` : `${count(state.at)} of ${count(view.step)}`;
    setText(this.words, words);
    this.range.setAttribute("aria-valuetext", words);
    this.now.disabled = state.at === null;
    this.hold.disabled = state.at !== null;
    this.hold.setAttribute("aria-pressed", String(state.isHeld));
    setText(this.hold, state.isHeld ? "▶ go on" : "❚❚ hold");
  }

  #choose() {
    this.state.change({ at: this.steps[Number(this.range.value)] ?? null });
  }

  close() {}
}
