/** A hand on the model: one weight of the what-if fork, by slider, by number or by ε; what it does to the loss. */

import { disable, make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { flatOf } from "../stepper/operands.js";
import { plain } from "../stepper/trace.js";
import { slopeWords } from "./said.js";

const STEPS = 200;             // of the slider
const HINT = "Choose a weight here, or click one in the stepper. The run stays as it is: a what-if fork is edited.";

export class Weight {
  /** @param {HTMLElement} parent @param {{store: TraceStore, state: StepState, trial: Trial}} needs */
  constructor(parent, { store, state, trial }) {
    Object.assign(this, { store, state, trial, name: "", index: [], version: -1, isDragged: false, wasSlid: false, seen: "" });
    this.names = make("select", { "aria-label": "parameter", onchange: () => this.#choose(this.names.value, null) });
    this.indices = make("span.indices");
    this.value = make("input", { type: "number", step: "any", "aria-label": "value", onchange: () => this.#set(Number(this.value.value), true) });
    this.slider = make("input", { type: "range", min: 0, max: STEPS, "aria-label": "value by slider" });
    this.slider.addEventListener("input", () => this.#drag(false));
    this.slider.addEventListener("change", () => this.#drag(true));
    this.slider.addEventListener("blur", () => { this.wasSlid = false; });
    this.slider.addEventListener("keydown", (event) => event.stopPropagation());  // its arrows do not walk the stepper
    this.epsilon = make("input.epsilon", { type: "number", step: "any", min: 0, value: "0.01", "aria-label": "ε" });
    const nudge = (sign, text) => make("button", { text, onclick: () => this.#edit({ by: sign * Number(this.epsilon.value) }, true) });
    this.undo = make("button", { text: "Undo", onclick: () => trial.unedit() });
    this.undoAll = make("button", { text: "Undo all", onclick: () => trial.unedit(true) });
    this.words = make("p.why");
    parent.append(
      make("div.side-head", {}, make("h3", { text: "edit one weight" })),
      make("div.line", {}, this.names, this.indices), make("div.line", {}, this.slider, this.value),
      make("div.line", {}, nudge(-1, "− ε"), nudge(1, "+ ε"), make("label.unit", {}, "ε ", this.epsilon), this.undo, this.undoAll), this.words,
    );
  }

  draw() {
    if (!this.store.n) return;
    if (this.version !== this.store.version) this.#offer();
    this.#followCell();
    const now = this.#present();
    for (const part of [this.value, this.slider]) part.disabled = now === null && !this.span;  // else it would lose the focus
    if (now !== null && !this.isDragged && !this.trial.isBusy) this.#show(now);
    for (const button of [this.undo, this.undoAll]) disable(button, this.trial.nEdits ? "" : "Nothing was edited.", `${this.trial.nEdits} edited`);
    const { reply, kind } = this.trial;
    setText(this.words, kind === "edit" ? slopeWords(reply) : HINT);
  }

  /** The parameters of this trace; the one chosen stays if it is there. */
  #offer() {
    this.version = this.store.version;
    const names = Object.entries(this.store.manifest.tensors).filter(([, { role }]) => role === "parameter").map(([name]) => name);
    if (String(names) !== this.offered) this.names.replaceChildren(...names.map((name) => make("option", { value: name, text: name })));
    this.offered = String(names);
    if (!names.includes(this.name)) this.#choose(names[0], null);
  }

  /** A weight that is clicked in the stepper, or its gradient or state, is the one to edit. */
  #followCell() {
    const { cell } = this.state;
    const key = JSON.stringify(cell);
    if (!cell || key === this.seen) return;
    this.seen = key;
    const name = plain(cell.tensor);
    if (this.store.has(name) && this.store.spec(name).role === "parameter") this.#choose(name, cell.index);
  }

  #choose(name, index) {
    const { shape, axes } = this.store.spec(name);
    Object.assign(this, { name, index: index ? [...index] : shape.map(() => 0), isDragged: false, wasSlid: false, span: null });
    this.names.value = name;
    this.indices.replaceChildren(...shape.map((size, axis) => make("label.unit", {}, `${axes[axis]} `, make("input.index", {
      type: "number", min: 0, max: size - 1, value: this.index[axis], "aria-label": `${axes[axis]}, 0 to ${size - 1}`,
      onchange: ({ target }) => this.#move(axis, target, size),
    }))));
    this.draw();
  }

  #move(axis, target, size) {
    this.index[axis] = Math.min(size - 1, Math.max(0, Math.round(Number(target.value)) || 0));
    target.value = this.index[axis];
    Object.assign(this, { span: null, wasSlid: false });
    this.draw();
  }

  /** The weight as the last edit left it, or as the trace has it; null while that is on its way. */
  #present() {
    const { reply } = this.trial;
    const isOurs = reply?.name === this.name && String(reply.index) === String(this.index) && reply.version !== undefined;
    if (isOurs && reply.version === this.store.version) return reply.after;
    const tensor = this.store.tensor(this.name);
    return tensor ? tensor.data[flatOf(tensor.shape, this.index)] : null;
  }

  /** The slider reaches as far to both sides as the weights of this parameter do, or further where one lies outside. */
  #show(now) {
    const tensor = this.store.tensor(this.name);
    if (!this.span || now < this.span[0] || now > this.span[1]) {
      const largest = tensor ? tensor.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) : 0;
      const reach = Math.max(2 * largest, 2 * Math.abs(now), 0.1);
      this.span = [-reach, reach];
    }
    const at = Math.round((STEPS * (now - this.span[0])) / (this.span[1] - this.span[0]));
    if (Number(this.slider.value) !== at) this.slider.value = at;
    const text = significant(now, 6).replace("−", "-");
    if (!this.value.matches(":focus") && this.value.value !== text) this.value.value = text;
  }

  #drag(isLast) {
    const [low, high] = this.span;
    const value = low + ((high - low) * Number(this.slider.value)) / STEPS;
    this.value.value = significant(value, 6).replace("−", "-");
    this.#edit({ value, go_on: this.wasSlid }, isLast);
    this.wasSlid = true;
    this.isDragged = !isLast;
  }

  #set(value, isLast) {
    if (this.value.value !== "" && Number.isFinite(value)) this.#edit({ value }, isLast);
  }

  #edit(fields, isLast) {
    this.trial.edit({ name: this.name, index: this.index, ...fields }, isLast);
  }

  close() {}
}
