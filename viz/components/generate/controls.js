/** The page's controls: write, play, undo; which model; temperature, top-k, top-p and seed. Made once, then only set. */

import { disable, make, setText } from "../base/dom.js";
import { count } from "../base/numbers.js";
import { MOST_SEED } from "./rule.js";

const SPEEDS = [1, 2, 5, 10];  // tokens a second

export class Writing {
  speed = 2;

  /** @param {{step: () => void, play: () => void, undo: () => void, clear: () => void}} act */
  constructor(place, act) {
    this.step = make("button.primary", { type: "button", text: "Next token", title: "Write the token that the draw falls on (→)", onclick: act.step });
    this.play = make("button.play", { type: "button", onclick: act.play });
    this.undo = make("button", { type: "button", text: "↶ Undo", onclick: act.undo });
    this.clear = make("button", { type: "button", text: "⟲ Back to the prompt", onclick: act.clear });
    this.speeds = make("select", { "aria-label": "speed", onchange: () => (this.speed = Number(this.speeds.value)) },
      ...SPEEDS.map((n) => make("option", { value: n, text: `${n} a second`, selected: n === this.speed })));
    place.append(this.step, this.play, this.speeds, this.undo, this.clear);
  }

  show({ isPlaying, canUndo, canWrite, isEmpty, problem }) {
    setText(this.play, isPlaying ? "❚❚ Pause" : "▶ Play");
    disable(this.step, canWrite ? "" : problem || "The model is being asked.");
    disable(this.play, problem, "Write token after token until the text ends");
    disable(this.undo, canUndo ? "" : "Nothing to undo.", "Take the last change back (←)");
    disable(this.clear, isEmpty ? "Nothing is written yet." : "", "Take away all that was written after the prompt");
  }
}

export class Model {
  /** @param {{refresh: () => void, live: (isOn: boolean) => void, at: (step: number|null) => void}} act */
  constructor(place, act) {
    this.words = make("span.model-step", { role: "status" });
    this.refresh = make("button", { type: "button", text: "⟳ Refresh to now", onclick: act.refresh });
    this.live = make("button.live", { type: "button", text: "Live", "aria-pressed": "false", title: "Follow the run while it trains: the bars move with every answer",
      onclick: () => act.live(this.live.getAttribute("aria-pressed") !== "true") });
    this.slider = make("input", { type: "range", min: 0, "aria-label": "the model at step", oninput: () => act.at(this.steps[this.slider.value] ?? null) });
    this.at = make("output.unit");
    this.steps = [];
    place.append(this.words, this.refresh, this.live, make("label.slide.at", {}, make("span", { text: "At step" }), this.slider, this.at));
  }

  /** @param {{step: number|null, newest: number, steps: number[], at: number|null, isLive: boolean, isTraining: boolean}} now */
  show({ step, newest, steps, at, isLive, isTraining }) {
    const isOld = step !== null && newest > step;
    setText(this.words, step === null ? "" : `model at step ${count(step)}${isOld ? ` · the run is at step ${count(newest)}` : ""}`);
    disable(this.refresh, at !== null ? "You look at an earlier step." : isOld ? "" : "This is the newest model.", "Ask the model as it is now");
    disable(this.live, at !== null ? "You look at an earlier step." : isTraining ? "" : "The run stands still.", this.live.title);
    this.live.setAttribute("aria-pressed", String(isLive));
    this.steps = steps;
    this.slider.max = steps.length;
    const place = at === null ? steps.length : steps.indexOf(at);
    if (Number(this.slider.value) !== place) this.slider.value = place;
    this.slider.disabled = !steps.length;
    const words = at === null ? "now" : count(at);
    setText(this.at, words);
    this.slider.setAttribute("aria-valuetext", words);
  }
}

/** The sliders; `changed(rule)` hears of every move. */
export class Rules {
  constructor(place, { vocabSize, changed }) {
    Object.assign(this, { vocabSize, changed });
    const slider = (name, words, title, range) => {
      const input = make("input", { type: "range", ...range, oninput: () => this.#read() });
      const output = make("output.unit");
      place.append(make("label.slide", { title }, make("span", { text: words }), input, output));
      this[name] = { input, output };
    };
    slider("temperature", "Temperature", "Below 1 the likely get likelier, above 1 all get more alike; 0 always takes the likeliest", { min: 0, max: 2, step: 0.05 });
    slider("topK", "Top-k", "Only the k likeliest tokens stay", { min: 1, max: vocabSize, step: 1 });
    slider("topP", "Top-p", "Only the fewest likeliest tokens that together reach p stay", { min: 0.01, max: 1, step: 0.01 });
    this.seed = make("input.seed", { type: "number", min: 0, max: MOST_SEED, step: 1, onchange: () => this.#read() });
    const dice = make("button", { type: "button", text: "⚂", title: "Another seed: other random numbers", "aria-label": "another seed", onclick: () => this.#roll() });
    place.append(make("span.slide", {}, make("label.slide", { title: "The same seed gives the same random numbers" }, make("span", { text: "Seed" }), this.seed), dice));
  }

  show(rule) {
    this.rule = rule;
    const set = ({ input, output }, value, words) => {
      if (Number(input.value) !== value) input.value = value;
      setText(output, words);
      input.setAttribute("aria-valuetext", words);
    };
    set(this.temperature, rule.temperature, rule.temperature.toFixed(2));
    set(this.topK, rule.topK || this.vocabSize, rule.topK ? count(rule.topK) : "all");
    set(this.topP, rule.topP, rule.topP >= 1 ? "1 (all)" : rule.topP.toFixed(2));
    if (this.seed.value !== String(rule.seed)) this.seed.value = rule.seed;
  }

  #read() {
    const topK = Number(this.topK.input.value);
    const seed = Number(this.seed.value);
    this.changed({
      temperature: Number(this.temperature.input.value), topK: topK >= this.vocabSize ? 0 : topK, topP: Number(this.topP.input.value),
      seed: this.seed.value !== "" && Number.isInteger(seed) && seed >= 0 && seed <= MOST_SEED ? seed : this.rule.seed,
    });
  }

  #roll() {
    this.changed({ ...this.rule, seed: (this.rule.seed + 1) % (MOST_SEED + 1) });
  }
}
