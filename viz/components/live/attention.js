/** One head's attention pattern on a held-out text, live: each row a query, each column the key it looks at. */

import { drawPattern } from "../attention/tiles.js";
import { writeUpwards } from "../base/axes.js";
import { make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { RangeBar } from "../base/heat.js";
import { fitted, labelRoom } from "../base/label.js";
import { count, significant } from "../base/numbers.js";

const LABEL = 22;              // pixels for the tokens on two sides
const AXIS = 16;               // and for what they are
const CLOSEST_LABELS = 9;
const N_TOLD = 12;             // rows that the alternative text tells

export class Attention {
  #hovered = null;             // [query, key] under the pointer

  constructor(parent, { feed, painter, theme }) {
    Object.assign(this, { feed, painter, theme, layer: 0, head: 0 });
    this.title = make("code.tensor-name");
    this.shape = make("span.unit");
    this.range = new RangeBar();
    this.range.show(0, 1, "probability");
    this.choosers = make("div.choosers");
    this.value = make("span.unit.value");
    this.figure = new Figure(parent, {
      title: "one head, live", file: "attention-live", height: null, painter, theme,
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), missing: () => this.#missing(),
    });
    this.figure.box.before(this.choosers, make("div.tensor-head", {}, this.title, this.shape, this.range.element));
    this.figure.element.append(this.value);
    this.figure.box.addEventListener("pointerleave", () => this.#hover(null));
  }

  /** On or off screen. */
  watch(isSeen) {
    this.isSeen = isSeen;
    this.#want();
  }

  get tap() {
    return `blocks.${this.layer}.attn.pattern/${this.head}`;
  }

  /** The newest pattern of the chosen head, or null. */
  get #seen() {
    const { probe } = this.feed.history;
    const pattern = probe?.arrays[this.tap];
    return pattern ? { n: pattern.shape[0], at: (query, key) => pattern.data[query * pattern.shape[0] + key], ...probe.header } : null;
  }

  #missing() {
    const { run } = this.feed.history;
    if (run?.n_parameters && !run.n_layers) return "This model has no layers, so no attention.";
    return this.#seen ? "" : "Comes with the first steps of your run.";
  }

  #want() {
    const { run } = this.feed.history;
    const isThere = this.isSeen && run && run.n_layers > 0;
    this.feed.want("attention", isThere ? { taps: [this.tap], probe: true } : null);
  }

  #choose(name, value) {
    this[name] = value;
    this.#want();
    this.painter.mark(this);
  }

  /** Layer and head as two rows of buttons, made anew only when the model's sizes change. */
  #offer({ n_layers: layers, n_heads: heads }) {
    const key = `${layers} ${heads}`;
    if (this.offered !== key) {
      this.offered = key;
      [this.layer, this.head] = [Math.min(this.layer, Math.max(0, layers - 1)), Math.min(this.head, heads - 1)];
      const row = (name, n) => make("div.chooser", { role: "group", "aria-label": name }, make("span", { text: name }),
        ...Array.from({ length: n }, (_, i) => make("button", { text: String(i), "data-name": name, "data-value": i, onclick: () => this.#choose(name, i) })));
      this.choosers.replaceChildren(...(layers ? [row("layer", layers), row("head", heads)] : []));
      this.#want();
    }
    for (const button of this.choosers.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(this[button.dataset.name] === Number(button.dataset.value)));
    }
  }

  draw() {
    const { run } = this.feed.history;
    if (run?.n_parameters) this.#offer(run);
    const seen = this.#seen;
    setText(this.title, run?.n_layers ? `blocks.${this.layer}.attn.pattern` : "");
    setText(this.shape, seen ? `(query ${seen.n}, key ${seen.n})` : "");
    setText(this.value, seen ? `step ${count(seen.step)} · rows are queries, columns the keys they look at` : "");
    this.range.element.style.visibility = seen ? "visible" : "hidden";
    this.figure.draw();
  }

  #paint(pen, width, height) {
    const { n, at, labels } = this.#seen;
    const theme = this.theme();
    const [left, top] = [AXIS + Math.max(LABEL, labelRoom(labels)), AXIS + LABEL];
    const side = Math.min(width - left, height - top) - 1;
    Object.assign(this, { left, top, cell: side / n });
    drawPattern(pen, { x: left, y: top, side, n, at, theme });
    this.#labels(pen, theme, labels, side);
    if (!this.#hovered) return;
    const [query, key] = this.#hovered;
    pen.strokeStyle = theme.color("text");
    pen.strokeRect(left + key * this.cell, top + query * this.cell, this.cell, this.cell);
  }

  #labels(pen, theme, labels, side) {
    const { cell, left, top } = this;
    pen.font = theme.font(Math.min(12, Math.max(9, cell)), "code-font");
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const [down, across] = [CLOSEST_LABELS, Math.max(CLOSEST_LABELS, labelRoom(labels))].map((closest) => Math.max(1, Math.ceil(closest / cell)));
    pen.fillStyle = theme.color("query-text");
    for (let i = 0; i * cell < side - 1; i += down) pen.fillText(fitted(pen, labels[i], left - AXIS - 2), (left + AXIS) / 2, top + (i + 0.5) * cell);
    pen.font = theme.font(12);
    writeUpwards(pen, "query: looks", AXIS / 2, top + side / 2);
    pen.fillStyle = theme.color("key-text");
    pen.fillText("key: is looked at", left + side / 2, AXIS / 2);
    pen.font = theme.font(Math.min(12, Math.max(9, cell)), "code-font");
    for (let i = 0; i * cell < side - 1; i += across) pen.fillText(fitted(pen, labels[i], cell * across - 2), left + (i + 0.5) * cell, top - LABEL / 2);
  }

  #hover(pair) {
    if (String(pair) === String(this.#hovered)) return;
    this.#hovered = pair;
    this.figure.mark();
  }

  #point(x, y) {
    const { n, at, labels } = this.#seen;
    const [key, query] = [Math.floor((x - this.left) / this.cell), Math.floor((y - this.top) / this.cell)];
    const isInside = key >= 0 && query >= 0 && key < n && query < n;
    this.#hover(isInside ? [query, key] : null);
    if (!isInside) return null;
    if (key > query) return { x, y, lines: [`“${labels[query]}” at ${query} cannot see position ${key}:`, "it comes later"] };
    return { x, y, lines: [`“${labels[query]}” at ${query} looks at “${labels[key]}” at ${key}`, `pattern[${query}, ${key}] = ${significant(at(query, key), 6)}`] };
  }

  #alt() {
    const { n, at, labels, step } = this.#seen;
    const rows = Array.from({ length: Math.min(n, N_TOLD) }, (_, query) => {
      const key = [...Array(query + 1).keys()].reduce((best, one) => (at(query, one) > at(query, best) ? one : best), 0);
      return `“${labels[query]}” most at “${labels[key]}” (${significant(at(query, key), 2)})`;
    });
    return `Attention pattern of layer ${this.layer}, head ${this.head}, ${n} by ${n}, at step ${count(step)}: ${rows.join(", ")}${n > N_TOLD ? " …" : ""}.`;
  }

  #csv() {
    const { n, at, labels } = this.#seen;
    const names = labels.slice(0, n);
    return [["query \\ key", ...names], ...names.map((label, query) => [label, ...names.map((_, key) => (key > query ? "masked" : at(query, key)))])];
  }

  close() {
    this.watch(false);
    this.figure.close();
  }
}
