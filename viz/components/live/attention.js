/** One head's attention pattern on a held-out text, live: each row a query, each column the key it looks at. */

import { make, setText } from "../base/dom.js";
import { drawCells, hatch, heatImage, RangeBar } from "../base/heat.js";
import { fitted, labelRoom } from "../base/label.js";
import { significant } from "../base/numbers.js";
import { placeOn, Surface } from "../base/paint.js";

const LABEL = 22;              // pixels for the tokens on two sides
const CLOSEST_LABELS = 9;

export class Attention {
  constructor(parent, { feed, painter, theme }) {
    Object.assign(this, { feed, painter, theme });
    this.layer = 0;
    this.head = 0;
    this.hover = null;
    this.title = make("code.tensor-name");
    this.shape = make("span.unit");
    this.range = new RangeBar();
    this.choosers = make("div.choosers");
    this.value = make("span.unit.value");
    this.box = make("div.canvas.square", { role: "img" });
    parent.append(make("h3", { text: "one head, live" }), this.choosers, make("div.tensor-head", {}, this.title, this.shape, this.range.element), this.box, this.value);
    this.surface = new Surface(this.box, () => painter.mark(this));
    this.box.addEventListener("pointermove", (event) => this.#point(placeOn(this.box, event)));
    this.box.addEventListener("pointerleave", () => this.#point(null));
  }

  /** On or off screen. */
  watch(isSeen) {
    this.isSeen = isSeen;
    this.#want();
  }

  get tap() {
    return `blocks.${this.layer}.attn.pattern/${this.head}`;
  }

  #want() {
    const { run } = this.feed.history;
    const isThere = this.isSeen && run && run.n_layers > 0;
    this.feed.want("attention", isThere ? { taps: [this.tap], probe: true } : null);
  }

  #point(at) {
    this.hover = at;
    this.painter.mark(this);
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
    const { run, probe } = this.feed.history;
    const { surface } = this;
    if (run?.n_parameters) this.#offer(run);
    if (!surface.width) return;
    const context = surface.begin();
    setText(this.title, run?.n_layers ? `blocks.${this.layer}.attn.pattern` : "");
    const pattern = probe?.arrays[this.tap];
    if (!pattern) {
      setText(this.shape, "");
      setText(this.value, run?.n_parameters && !run.n_layers ? "This model has no layers, so no attention." : "Comes with the first steps of your run.");
      this.range.element.style.visibility = "hidden";
      return;
    }
    const n = pattern.shape[0];
    this.range.element.style.visibility = "visible";
    this.range.show(0, 1, "probability");
    setText(this.shape, `(query ${n}, key ${n})`);
    this.#paint(context, pattern.data, n, probe.header.labels);
    this.#say(pattern.data, n, probe.header);
  }

  #paint(context, data, n, labels) {
    const theme = this.theme();
    const edge = (this.edge = Math.max(LABEL, labelRoom(labels)));
    const side = Math.min(this.surface.width - edge, this.surface.height - LABEL);
    this.cell = side / n;
    const image = heatImage(n, n, (key, query) => (key > query ? NaN : data[query * n + key]), theme.ramp("probability"));
    context.fillStyle = context.createPattern(hatch(theme.color("hatch")), "repeat");
    context.beginPath();
    for (let query = 0; query < n - 1; query++) context.rect(edge + (query + 1) * this.cell, LABEL + query * this.cell, side - (query + 1) * this.cell, this.cell);
    context.fill();
    drawCells(context, image, edge, LABEL, side, side);
    context.strokeStyle = theme.color("line");
    context.strokeRect(edge - 0.5, LABEL - 0.5, side + 1, side + 1);
    context.font = theme.font(Math.min(12, Math.max(9, this.cell)), "code-font");
    context.textAlign = "center";
    context.textBaseline = "middle";
    const [down, across] = [CLOSEST_LABELS, Math.max(CLOSEST_LABELS, labelRoom(labels))].map((closest) => Math.max(1, Math.ceil(closest / this.cell)));
    context.fillStyle = theme.color("query-text");
    for (let i = 0; i < n; i += down) context.fillText(fitted(context, labels[i], edge - 2), edge / 2, LABEL + (i + 0.5) * this.cell);
    context.fillStyle = theme.color("key-text");
    for (let i = 0; i < n; i += across) context.fillText(fitted(context, labels[i], this.cell * across - 2), edge + (i + 0.5) * this.cell, LABEL / 2);
  }

  #say(data, n, { labels, step }) {
    const [x, y] = this.hover ?? [-1, -1];
    const [key, query] = [Math.floor((x - this.edge) / this.cell), Math.floor((y - LABEL) / this.cell)];
    const isInside = key >= 0 && query >= 0 && key < n && query < n;
    let text = `step ${step} · rows are queries, columns the keys they look at`;
    if (isInside && key > query) text = `“${labels[query]}” at ${query} cannot see position ${key}: it comes later`;
    else if (isInside) text = `pattern[${query}, ${key}] = ${significant(data[query * n + key])}: “${labels[query]}” looks at “${labels[key]}”`;
    setText(this.value, text);
    if (isInside) {
      const context = this.surface.context;
      context.strokeStyle = this.theme().color("text");
      context.strokeRect(this.edge + key * this.cell, LABEL + query * this.cell, this.cell, this.cell);
    }
    this.box.setAttribute("aria-label", `Attention pattern of layer ${this.layer}, head ${this.head}, ${n} by ${n}, at step ${step}.`);
  }

  close() {
    this.watch(false);
    this.surface.close();
  }
}
