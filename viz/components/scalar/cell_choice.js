/** Chooses one cell of one tensor: the tensor from a list, a place on each of its axes. */

import { make } from "../base/dom.js";
import { inCode, place } from "../stepper/names.js";

export class CellChoice {
  #listed = "";

  /** @param {HTMLElement} parent @param {string} label @param {(cell: {tensor: string, index: number[]}) => void} chosen */
  constructor(parent, label, chosen) {
    this.chosen = chosen;
    this.select = make("select", { "aria-label": label, onchange: () => this.#other(this.select.value) });
    this.axes = make("span.axes");
    this.element = make("div.cell-choice", {}, make("span.unit", { text: label }), this.select, this.axes);
    parent.append(this.element);
  }

  /**
   * @param {[string, number[], string[], string, string][]} tensors name, shape, axes, role, group
   * @param {{tensor: string, index: number[]}} cell @param {{labels: string[], vocabulary: string[]}} words of the axes
   */
  show(tensors, cell, words) {
    const key = JSON.stringify([tensors, words]);
    if (key !== this.#listed) {
      this.#listed = key;
      Object.assign(this, { tensors: new Map(tensors.map((each) => [each[0], each])), words });
      this.select.replaceChildren(...groups(tensors));
      this.drawn = "";
    }
    if (this.select.value !== cell.tensor) this.select.value = cell.tensor;
    const here = `${cell.tensor} ${cell.index}`;
    if (here === this.drawn) return;
    this.drawn = here;
    this.index = [...cell.index];
    const [, shape, axes] = this.tensors.get(cell.tensor);
    this.axes.replaceChildren(...shape.map((size, axis) => this.#axis(size, axes[axis] ?? `axis ${axis}`, axis)));
  }

  #axis(size, name, axis) {
    const word = make("span.unit", { text: this.#word(name, axis) });
    const field = make("input", { type: "number", min: 0, max: size - 1, step: 1, value: this.index[axis], "aria-label": name });
    field.addEventListener("change", () => {
      this.index[axis] = Math.min(size - 1, Math.max(0, Math.round(field.valueAsNumber || 0)));
      field.value = this.index[axis];
      word.textContent = this.#word(name, axis);
      this.drawn = `${this.select.value} ${this.index}`;
      this.chosen({ tensor: this.select.value, index: [...this.index] });
    });
    return make("label.axis-place", {}, word, field, make("span.unit", { text: `of ${size}` }));
  }

  #word(name, axis) {
    const said = place(this.words, name, this.index[axis]);
    return said.includes("“") ? `${name} ${said.slice(said.indexOf("“"))}` : name;
  }

  /** Another tensor: its last position, where most happens; else its first place. */
  #other(tensor) {
    const [, shape, axes] = this.tensors.get(tensor);
    this.chosen({ tensor, index: shape.map((size, axis) => (["position", "query"].includes(axes[axis]) ? size - 1 : 0)) });
  }
}

function groups(tensors) {
  const found = new Map();
  for (const [name, , , , group] of tensors) found.set(group, [...(found.get(group) ?? []), make("option", { value: name, text: `${inCode(name)}  ·  ${name}` })]);
  return [...found].map(([group, options]) => make("optgroup", { label: group || "other" }, ...options));
}
