/** The operation card: the inputs, what happens, and the output, each tensor as a heatmap. */

import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { zoomOf } from "../base/paint.js";
import { arrange, workWords } from "./arrange.js";
import { layOut } from "./card_layout.js";
import { sources } from "./explain.js";
import { Heatmap } from "./heatmap.js";
import { entry, place } from "./names.js";
import { flatOf } from "./operands.js";
import { coloursOf } from "./picture.js";

const HEAD = 36;               // pixels of the card's own title

export class Card {
  /**
   * @param {HTMLElement} parent
   * @param {{store: TraceStore, state: StepState, theme: () => Theme, painter: Painter}} needs
   */
  constructor(parent, { store, state, theme, painter }) {
    Object.assign(this, { store, state, theme, painter, arranged: "", pointed: null, width: 0, height: 0, zoom: 1, changes: new Map() });
    this.title = make("h3");
    this.heads = make("div.heads", { role: "group", "aria-label": "head" });
    this.work = make("div.work");
    this.read = { element: make("div.read"), items: [] };
    this.made = { element: make("div.made", {}, this.work), items: [] };
    for (const side of [this.read, this.made]) side.element.addEventListener("scroll", () => (side.isScrolled = side.element.scrollTop > 0), { passive: true });
    this.flow = make("div.flow", {}, this.read.element, this.made.element);
    this.tip = make("div.tip", { hidden: true });
    this.spoken = make("p.unseen", { "aria-live": "polite" });
    this.element = make("div.card-box", {}, make("div.card-head", {}, this.title, this.heads), this.flow, this.tip, this.spoken);
    parent.append(this.element);
    this.observer = new ResizeObserver(([{ contentRect }]) => {
      const [width, height] = [Math.floor(contentRect.width), Math.floor(contentRect.height)];
      if (width === this.width && height === this.height) return;
      Object.assign(this, { width, height, zoom: zoomOf(this.flow) });
      painter.mark(this);
    });
    this.observer.observe(this.element);
  }

  /** Called once a frame after anything changed: operation, cell, head, trace, numbers, size, colours. */
  draw() {
    const { current } = this.state;
    if (!current || !this.width) return;
    this.#arrange(current);
    setText(this.title, current.title ?? current.name);
    this.#offerHeads();
    const lit = this.#lit(current);
    this.#reveal();
    const chosen = this.state.cell;
    this.pieces.forEach((piece, i) => {
      const { tensor: name } = piece;
      const isChosen = chosen?.tensor === name;
      this.items[i].heatmap.show({
        name, minus: piece.minus, manifest: this.store.manifest, spec: this.store.spec(name), tensor: this.#numbers(piece), head: this.state.head,
        caption: piece.caption, colours: this.colours[i], room: this.rooms[i], zoom: this.zoom, lit: lit?.get(name) ?? null,
        chosen: isChosen ? chosen.index : null,
      });
    });
    for (const { heatmap } of this.items) heatmap.draw();
  }

  /** Lay out the tensors of an operation; heatmaps are kept and shown others, so that nothing is made anew. */
  #arrange(operation) {
    const key = `${this.store.version} ${operation.i}`;
    const size = `${this.width} ${this.height}`;
    const { pieces, nRead, nMore } = arrange(this.store, operation);
    this.pieces = pieces;
    this.colours = this.#colours();
    if (this.arranged === key && this.size === size) return;
    if (this.arranged !== key) this.#unpoint();
    Object.assign(this, { arranged: key, size });
    const specs = pieces.map((piece) => ({ ...piece, spec: this.store.spec(piece.tensor) }));
    const { mode, rooms } = layOut(specs, nRead, { width: this.width / this.zoom, height: (this.height - HEAD) / this.zoom });
    this.rooms = rooms;
    this.#fill(this.read, pieces.slice(0, nRead));
    this.#fill(this.made, pieces.slice(nRead));
    this.items = [...this.read.items.slice(0, nRead), ...this.made.items.slice(0, pieces.length - nRead)];
    if (this.flow.className !== `flow ${mode}`) this.flow.className = `flow ${mode}`;
    setText(this.work, `${mode === "stack" ? "↓" : "→"} ${workWords(operation)}${nMore ? ` (and ${nMore} more)` : ""}`);
  }

  /** Items that an operation has no piece for stay, unseen. */
  #fill(side, pieces) {
    while (side.items.length < pieces.length) side.items.push(this.#item(side.element));
    side.items.forEach((item, i) => this.#place(item, pieces[i]));
    if (side.isScrolled) side.element.scrollTop = 0;  // to ask or to set it costs a layout
  }

  #item(parent) {
    const [sign, heatmap] = [make("div.sign"), this.#heatmap()];
    const item = { sign, heatmap, element: make("div.item", {}, sign, heatmap.element) };
    parent.append(item.element);
    return item;
  }

  #place({ sign, element }, piece) {
    element.hidden = !piece;
    if (!piece) return;
    setText(sign, piece.sign);
    sign.hidden = !piece.sign;
  }

  #heatmap() {
    return new Heatmap({
      theme: this.theme, painter: this.painter, pick: (cell) => this.state.pick(cell),
      point: (cell, at, isSpoken, shown) => this.#point(cell, at, isSpoken, shown), scrolled: (heatmap) => this.#scrolled(heatmap),
    });
  }

  /** Pictures of one size are looked at in the same place. */
  #scrolled(heatmap) {
    for (const { heatmap: other } of this.items) if (other !== heatmap) other.scrollLike(heatmap);
  }

  /** @returns {Tensor|null} the numbers of a piece; a change is what the new weight has more than the one before */
  #numbers({ tensor: name, minus }) {
    const tensor = this.store.tensor(name);
    const before = minus && this.store.tensor(minus);
    if (!minus || !tensor || !before) return minus ? null : tensor;
    if (!this.changes.has(tensor)) this.changes = new Map([[tensor, { ...tensor, name: `change:${minus}`, data: tensor.data.map((value, i) => value - before.data[i]) }]]);
    return this.changes.get(tensor);
  }

  #colours() {
    const groups = new Map();
    this.pieces.forEach((piece, i) => {
      const key = piece.group ?? i;
      const tensor = this.#numbers(piece);
      if (tensor && tensor.data instanceof Float32Array) groups.set(key, [...(groups.get(key) ?? []), tensor]);
    });
    const made = new Map([...groups].map(([key, tensors]) => [key, coloursOf(tensors)]));
    return this.pieces.map((piece, i) => made.get(piece.group ?? i) ?? null);
  }

  /** Bring the picture of a newly chosen cell into sight, where its column scrolls. */
  #reveal() {
    const { cell } = this.state;
    if (this.revealed === cell) return;
    this.revealed = cell;
    const i = this.pieces.findIndex(({ tensor }) => tensor === cell?.tensor);
    if (i < 0) return;
    const { element } = this.items[i];
    const { offsetTop, offsetHeight, parentElement: column } = element;
    const top = offsetTop - column.offsetTop;
    if (top < column.scrollTop || top + offsetHeight > column.scrollTop + column.clientHeight) column.scrollTop = top;
  }

  /** The entries of the inputs that made the cell under the pointer, or else the chosen one. */
  #lit(operation) {
    const cell = this.pointed ?? this.state.cell;
    const isOurs = cell?.tensor === operation.name;
    const key = isOurs ? `${this.arranged} ${cell.index}` : "";
    if (this.litKey !== key) {
      this.lit = isOurs ? sources(this.store, operation, cell.index) : null;
      this.litKey = this.lit ? key : "";
    }
    return this.lit;
  }

  #offerHeads() {
    const n = Math.max(0, ...this.pieces.map(({ tensor }) => this.store.spec(tensor)).map(({ axes, shape }) => (axes[0] === "head" ? shape[0] : 0)));
    if (this.nHeads !== n) {
      this.nHeads = n;
      const buttons = Array.from({ length: n }, (_, head) => make("button", { text: String(head), onclick: () => this.state.setHead(head) }));
      this.heads.replaceChildren(...(n ? [make("span.unit", { text: "head" }), ...buttons] : []));
    }
    [...this.heads.querySelectorAll("button")].forEach((button, head) => {
      const isShown = String(head === Math.min(this.state.head, n - 1));
      if (button.getAttribute("aria-pressed") !== isShown) button.setAttribute("aria-pressed", isShown);
    });
  }

  #point(cell, at, isSpoken, shown) {
    this.pointed = cell;
    this.tip.hidden = !cell;
    if (cell) this.#tell(cell, at, isSpoken, shown);
    this.painter.mark(this);
  }

  #unpoint() {
    this.pointed = null;
    this.tip.hidden = true;
  }

  #tell(cell, at, isSpoken, { tensor, minus, spec: { axes, shape } }) {
    const name = minus ? `${entry(cell)} − ${entry({ ...cell, tensor: minus })}` : entry(cell);
    const value = tensor ? significant(tensor.data[flatOf(shape, cell.index)], 6) : "…";
    const where = cell.index.map((k, axis) => place(this.store.manifest, axes[axis], k)).join(", ");
    this.tip.replaceChildren(make("code", { text: `${name} = ${value}` }), make("span.unit", { text: where }));
    if (isSpoken) setText(this.spoken, `${name}, ${where}: ${value}`);
    const box = this.element.getBoundingClientRect();
    const left = Math.min(Math.max(0, at.x - box.left - 90), Math.max(0, this.width - 230));
    this.tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(at.y - box.top + at.height + 6)}px)`;
  }

  close() {
    this.observer.disconnect();
  }
}
