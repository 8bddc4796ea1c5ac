/** A slider and a number for every variable of an expression. */

import { make } from "../base/dom.js";
import { exact } from "../base/numbers.js";

const plain = (value) => String(Number(value.toPrecision(6)));

export class Sliders {
  /** @type {Map<string, number>} */ values = new Map();
  #parts = new Map();

  /** @param {HTMLElement} parent @param {() => void} changed */
  constructor(parent, changed) {
    this.changed = changed;
    this.element = make("div.sliders");
    parent.append(this.element);
  }

  /** @param {[string, number][]} variables and where they start @param {Map<string, number>} wanted values that are kept */
  open(variables, wanted) {
    this.values = new Map(variables.map(([name, start]) => [name, wanted.get(name) ?? start]));
    this.#parts = new Map(variables.map(([name, start]) => [name, this.#slider(name, start)]));
    this.element.replaceChildren(...[...this.#parts.values()].map(({ row }) => row));
    this.element.hidden = !variables.length;
  }

  #slider(name, start) {
    const value = this.values.get(name);
    const reach = Math.max(5, 2 * Math.abs(start), Math.abs(value));
    const range = make("input", { type: "range", min: -reach, max: reach, step: reach / 500, value, "aria-label": name });
    const number = make("input.slider-number", { type: "number", step: "any", value: plain(value), "aria-label": `${name}, exactly` });
    const gradient = make("span.grad");
    range.addEventListener("input", () => this.#set(name, Number(range.value), number));
    number.addEventListener("input", () => Number.isFinite(number.valueAsNumber) && Math.abs(number.valueAsNumber) <= 1e6 && this.#set(name, number.valueAsNumber, range));
    return { row: make("label.slider", {}, make("b", { text: name }), range, number, gradient), gradient };
  }

  #set(name, value, other) {
    this.values.set(name, value);
    other.value = other.type === "range" ? value : plain(value);
    this.changed();
  }

  /** @param {Map<string, number>} gradients by variable */
  show(gradients) {
    for (const [name, { gradient }] of this.#parts) gradient.textContent = gradients.has(name) ? `∂ ${exact(gradients.get(name))}` : "";
  }
}
