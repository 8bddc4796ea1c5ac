/** The row of choices above the picture: which table, how it is projected, along which axes, coloured by what. */

import { make } from "../base/dom.js";
import { PERPLEXITIES } from "./state.js";

const METHODS = { pca: "PCA", tsne: "t-SNE", umap: "UMAP" };
const N_COMPONENTS = 10;

export class Controls {
  /** @param {HTMLElement} place @param {{state: ViewState, hasUmap: boolean}} needs */
  constructor(place, { state, hasUmap }) {
    this.state = state;
    this.table = this.#select("vectors", (value) => state.set({ table: value, token: null, at: null }));
    this.method = make("div.segments", { role: "group", "aria-label": "projection" }, ...Object.entries(METHODS).map(([key, name]) =>
      make("button", { type: "button", text: name, "data-method": key, disabled: key === "umap" && !hasUmap,
        title: key === "umap" && !hasUmap ? "UMAP needs the package umap-learn, which is not installed here." : "",
        onclick: () => state.set({ method: key, at: null }) })));
    this.size = make("div.segments", { role: "group", "aria-label": "dimensions" }, ...[2, 3].map((k) =>
      make("button", { type: "button", text: `${k}-D`, "data-k": k, onclick: () => this.#resize(k) })));
    this.axes = make("span.axes", {});
    this.colour = this.#select("colour", (value) => state.set({ colour: value }));
    this.held = make("input", { type: "checkbox", onchange: () => state.set({ isHeld: this.held.checked }) });
    this.heldLabel = make("label.check", { title: "Look along the same directions at every step, instead of along those of most variance at each step." }, this.held, "hold the axes");
    this.perplexity = this.#select("perplexity", (value) => state.set({ perplexity: Number(value) }));
    this.start = make("button", {
      type: "button", text: "another start", title: "Begin from other random places: what stays the same can be trusted more.",
      onclick: () => state.set({ seed: state.seed + 1 }),
    });
    this.neighbourhood = make("span.axes", {}, this.#labelled("perplexity", this.perplexity), this.start);
    place.append(this.table, this.#labelled("colour by", this.colour), this.method, this.size, this.axes, this.heldLabel, this.neighbourhood);
  }

  #labelled(name, control) {
    return make("label.choice", {}, make("span.unit", { text: name }), control);
  }

  #select(name, chosen) {
    return make("select", { "aria-label": name, onchange: ({ target }) => chosen(target.value) });
  }

  #resize(k) {
    const { axes } = this.state;
    if (axes.length === k) return;
    const free = Array.from({ length: N_COMPONENTS }, (_, i) => i).find((axis) => !axes.includes(axis));
    this.state.set({ axes: k === 2 ? axes.slice(0, 2) : [...axes, free] });
  }

  /** Another axis; if it stands elsewhere already, the two change places. */
  #chooseAxis(i, axis) {
    const axes = [...this.state.axes];
    const other = axes.indexOf(axis);
    if (other >= 0) axes[other] = axes[i];
    axes[i] = axis;
    this.state.set({ axes });
  }

  /** @param {{name: string, words: string}[]} tables @param {{key: string, title: string}[]} ways */
  show(tables, ways, colour) {
    const { state } = this;
    fill(this.table, tables.map(({ name, words }) => [name, words]), state.table);
    fill(this.colour, ways.map(({ key, title }) => [key, title]), colour);
    for (const button of this.method.children) button.setAttribute("aria-pressed", String(button.dataset.method === state.method));
    for (const button of this.size.children) button.setAttribute("aria-pressed", String(Number(button.dataset.k) === state.axes.length));
    this.#showAxes();
    this.held.checked = state.isHeld;
    this.axes.hidden = this.heldLabel.hidden = state.method !== "pca";
    this.neighbourhood.hidden = state.method === "pca";
    fill(this.perplexity, PERPLEXITIES.map((each) => [String(each), `${each} neighbours`]), String(state.perplexity));
  }

  #showAxes() {
    const { axes } = this.state;
    while (this.axes.children.length > axes.length) this.axes.lastChild.remove();
    while (this.axes.children.length < axes.length) {
      const i = this.axes.children.length;
      this.axes.append(make("select", { "aria-label": `axis ${i + 1}`, onchange: ({ target }) => this.#chooseAxis(i, Number(target.value)) }));
    }
    const options = Array.from({ length: N_COMPONENTS }, (_, axis) => [String(axis), `PC ${axis + 1}`]);
    axes.forEach((axis, i) => fill(this.axes.children[i], options, String(axis)));
  }
}

/** Give a list its entries, only when they differ: an open list closes when its entries are made anew. */
export function fill(select, entries, value) {
  const key = JSON.stringify(entries);
  if (select.dataset.entries !== key) {
    select.dataset.entries = key;
    select.replaceChildren(...entries.map(([name, text]) => make("option", { value: name, text })));
  }
  if (select.value !== value) select.value = value;
}
