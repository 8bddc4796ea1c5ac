/** One tensor on the screen, drawn the same way everywhere: title, shape, picture, range and norm. */

import { make, setText } from "../base/dom.js";
import { drawCells, hatch, heatImage, RangeBar } from "../base/heat.js";
import { fitted } from "../base/label.js";
import { significant } from "../base/numbers.js";
import { placeOn } from "../base/paint.js";
import { drawLabels } from "./labels.js";
import { inCode, shapeWords } from "./names.js";
import { flatOf, indexOf } from "./operands.js";
import { fit, isMasked, labelOf, rectangles, shareOf, sliceOf, statistics } from "./picture.js";

const BAR = 12;                // pixels for a scroll bar
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class Heatmap {
  /** @param {{theme: () => Theme, painter: Painter, pick: (cell: Cell) => void, point: (cell: Cell|null, at?: object) => void,
   *   scrolled: (heatmap: Heatmap) => void}} needs */
  constructor({ theme, painter, pick, point, scrolled }) {
    Object.assign(this, { theme, painter, pick, point, scrolled, shown: null, cursor: null, at: { left: 0, top: 0 } });
    this.caption = make("span.caption");
    this.title = make("code.tensor-name");
    this.shape = make("span.unit.shape");
    this.range = new RangeBar();
    this.norm = make("span.unit.norm");
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.extent = make("div");
    this.scroller = make("div.scroller", { tabindex: 0, role: "group", "aria-roledescription": "heatmap" }, this.extent);
    this.cells = make("div.cells", {}, this.canvas, this.scroller);
    this.number = make("button.one-number", { onclick: () => this.pick({ tensor: this.shown.name, index: [] }) });
    this.foot = make("div.tensor-foot", {}, this.range.element, this.norm);
    this.element = make("div.tensor", {}, make("div.tensor-head", {}, this.caption, this.title, this.shape), this.cells, this.number, this.foot);
    // Drawn on a sheet that lies on no page: to set the font of one that does costs a layout of the page.
    this.sheet = new OffscreenCanvas(1, 1);
    this.context = this.sheet.getContext("2d");
    this.screen = this.canvas.getContext("2d");
    this.#listen();
  }

  /**
   * Everything but the painting, which `draw` does: text first and pictures then, as to set a canvas's font costs a layout
   * whenever text has changed before.
   * @param {{name: string, minus?: string, spec: object, tensor: Tensor|null, manifest: object, head: number, caption: string, colours: object|null,
   *   room: {width: number, height: number}, zoom: number, lit: Set<number>|null, chosen: number[]|null, isPointed: boolean}} shown
   */
  show(shown) {
    const isOther = this.shown?.name !== shown.name || this.shown?.manifest !== shown.manifest || this.shown?.head !== shown.head;
    const isChosenAnew = String(this.shown?.chosen) !== String(shown.chosen) || this.shown?.lit !== shown.lit;
    this.shown = shown;
    this.slice = sliceOf(shown.spec, shown.head);
    if (isOther) this.cursor = null;
    this.#head();
    const isScalar = !shown.spec.shape.length;
    for (const [element, isHidden] of [[this.cells, isScalar], [this.foot, isScalar || shown.spec.dtype === "int32"], [this.number, !isScalar]]) {
      if (element.hidden !== isHidden) element.hidden = isHidden;
    }
    if (isScalar) return void this.#one();
    this.#resize(isOther);
    if (isOther || isChosenAnew) this.#reveal();
  }

  #head() {
    const { name, minus, spec, caption, colours, tensor, room } = this.shown;
    if (this.element.style.maxWidth !== `${room.width}px`) this.element.style.maxWidth = `${room.width}px`;
    setText(this.caption, caption);
    setText(this.title, minus ? `${inCode(name)} − ${inCode(minus)}` : inCode(name));
    if (this.title.title !== name) this.title.title = name;
    setText(this.shape, shapeWords(spec));
    const role = spec.role === "gradient" || spec.role === "update" ? spec.role : "";
    if (this.element.dataset.role !== role) this.element.dataset.role = role;
    if (!colours || !tensor) return setText(this.norm, "");
    this.range.show(colours.low, colours.high, colours.ramp);
    return setText(this.norm, `norm ${significant(statistics(tensor.data).norm)}`);
  }

  #one() {
    const { tensor, chosen, name } = this.shown;
    setText(this.number, tensor ? significant(tensor.data[0], 4) : "…");
    this.number.setAttribute("aria-pressed", String(Boolean(chosen)));
    this.number.setAttribute("aria-label", `${inCode(name)}: where does it come from?`);
  }

  #resize(isOther) {
    const { room, spec, name } = this.shown;
    this.layout = fit(this.slice, room);
    const { gutter, seen, whole } = this.layout;
    const [barX, barY] = [whole.width > seen.width ? BAR : 0, whole.height > seen.height ? BAR : 0];
    const key = [gutter.left, seen.width, seen.height, whole.width, whole.height, barX, barY].join(" ");
    if (isOther) {
      this.#scrollTo(0, 0);
      this.scroller.setAttribute("aria-label", `${name}, ${shapeWords(spec)}. Shift and arrows go from cell to cell, Enter asks where a cell comes from.`);
    }
    const ratio = devicePixelRatio * this.shown.zoom;
    if (this.sized === key && this.ratio === ratio) return;
    Object.assign(this, { sized: key, ratio });
    const [width, height] = [gutter.left + seen.width, gutter.top + seen.height];
    size(this.cells, width + barY, height + barX);
    this.#growCanvas(width, height);
    Object.assign(this.scroller.style, { left: `${gutter.left}px`, top: `${gutter.top}px` });
    size(this.extent, whole.width, whole.height);
  }

  /** A canvas only grows, as making it anew costs more than drawing on it; what is beyond the picture is clipped. */
  #growCanvas(width, height) {
    const old = this.canvas.ratio === this.ratio ? this.canvas : { width: 0, height: 0 };
    const [wide, tall] = [Math.max(old.width, Math.round(width * this.ratio)), Math.max(old.height, Math.round(height * this.ratio))];
    if (wide === old.width && tall === old.height) return;
    Object.assign(this.canvas, { width: wide, height: tall, ratio: this.ratio });
    Object.assign(this.sheet, { width: wide, height: tall });
    this.font = "";
    size(this.canvas, wide / this.ratio, tall / this.ratio);
  }

  /** Only where it changes something: to set it costs a layout. */
  #scrollTo(left, top) {
    if (left === this.at.left && top === this.at.top) return;
    this.at = { left, top };
    this.scroller.scrollTo(left, top);
  }

  /** Scroll so that what is lit or chosen can be seen. */
  #reveal() {
    const { lit, chosen, spec } = this.shown;
    const { cell, seen, whole } = this.layout;
    const places = chosen ? new Set([flatOf(spec.shape, chosen)]) : lit;
    const [first] = places && (whole.width > seen.width || whole.height > seen.height) ? rectangles(places, this.slice) : [];
    if (!first) return;
    const near = (start, span, at, room) => (start >= at && start + Math.min(span, room) <= at + room ? at : Math.max(0, start - room / 3));
    const left = near(first.column * cell.width, cell.width, this.at.left, seen.width);
    const top = near(first.row * cell.height, cell.height, this.at.top, seen.height);
    this.#scrollTo(Math.min(left, whole.width - seen.width), Math.min(top, whole.height - seen.height));
  }

  /** Paint what is seen: one image, its labels, the lit cells. */
  draw() {
    const { context, layout, slice, shown } = this;
    if (!shown || !layout || this.element.hidden || !shown.spec.shape.length) return;
    const { gutter, cell, seen } = layout;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.sheet.width, this.sheet.height);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const from = { row: Math.floor(this.at.top / cell.height), column: Math.floor(this.at.left / cell.width) };
    const n = {
      rows: Math.min(slice.rows, Math.ceil((this.at.top + seen.height) / cell.height)) - from.row,
      columns: Math.min(slice.columns, Math.ceil((this.at.left + seen.width) / cell.width)) - from.column,
    };
    const origin = { x: gutter.left - this.at.left, y: gutter.top - this.at.top };
    drawLabels(context, { theme: this.theme(), manifest: shown.manifest, slice, layout, setFont: (font) => this.#setFont(font) }, from, n, origin);
    context.save();
    context.beginPath();
    context.rect(gutter.left, gutter.top, seen.width, seen.height);
    context.clip();
    if (shown.tensor) this.#numbers(from, n, origin);
    this.#marks(origin);
    context.restore();
    context.strokeStyle = this.theme().color("line");
    context.lineWidth = 1;
    context.strokeRect(gutter.left + 0.5, gutter.top + 0.5, seen.width - 1, seen.height - 1);
    this.screen.globalCompositeOperation = "copy";
    this.screen.drawImage(this.sheet, 0, 0);
  }

  #numbers(from, n, { x, y }) {
    const { context, slice, shown: { tensor, colours } } = this;
    if (tensor.data instanceof Int32Array) return this.#ids(from, n, { x, y });
    const { cell } = this.layout;
    const { data } = tensor;
    let hidden = null;
    const share = (column, row) => {
      const value = data[slice.offset + (from.row + row) * slice.columns + from.column + column];
      if (isMasked(slice.axes, from.row + row, from.column + column, value)) {
        (hidden ??= new Path2D()).rect(x + (from.column + column) * cell.width, y + (from.row + row) * cell.height, cell.width, cell.height);
        return NaN;
      }
      return shareOf(value, colours);
    };
    const image = heatImage(n.columns, n.rows, share, this.theme().ramp(colours.ramp));
    drawCells(context, image, x + from.column * cell.width, y + from.row * cell.height, n.columns * cell.width, n.rows * cell.height);
    if (!hidden) return undefined;
    context.fillStyle = context.createPattern(hatch(this.theme().color("hatch")), "repeat");
    return context.fill(hidden);
  }

  /** Ids are not sizes: they are written, not coloured. */
  #ids(from, n, { x, y }) {
    const { context, layout: { cell }, shown: { tensor, manifest, name } } = this;
    const isToken = name === "tokens" || name === "targets";
    context.fillStyle = this.theme().color("text");
    this.#setFont(this.theme().font(13, "code-font"));
    for (let i = from.column; i < from.column + n.columns; i++) {
      const text = isToken ? labelOf(manifest, "vocab", tensor.data[i]) : String(tensor.data[i]);
      context.fillText(fitted(context, text, cell.width), x + (i + 0.5) * cell.width, y + cell.height / 2 + 1);
    }
  }

  #setFont(font) {
    if (this.font !== font) this.context.font = this.font = font;
  }

  #marks({ x, y }) {
    const { shown: { lit, chosen, spec }, slice } = this;
    for (const part of lit ? rectangles(lit, slice) : []) this.#frame(part, x, y, 1.5);
    const marked = [[this.cursor, 2], [chosen && flatOf(spec.shape, chosen), 2.5]].filter(([place]) => place !== null);
    for (const [place, width] of marked) for (const part of rectangles(new Set([place]), slice)) this.#frame(part, x, y, width);
  }

  /** A frame that is seen on every colour: dark on light. */
  #frame({ row, column, rows, columns }, x, y, width) {
    const { context, layout: { cell } } = this;
    for (const [color, extra] of [["background", 2], ["text", 0]]) {
      context.strokeStyle = this.theme().color(color);
      context.lineWidth = width + extra;
      context.strokeRect(x + column * cell.width, y + row * cell.height, columns * cell.width, rows * cell.height);
    }
  }

  #listen() {
    const under = (event) => {
      const [{ cell }, [x, y]] = [this.layout, placeOn(this.extent, event)];
      const [row, column] = [Math.floor(y / cell.height), Math.floor(x / cell.width)];
      return row < 0 || column < 0 || row >= this.slice.rows || column >= this.slice.columns ? null : this.#flat(row, column);
    };
    this.extent.addEventListener("pointermove", (event) => this.#point(under(event)));
    this.extent.addEventListener("pointerleave", () => this.#point(null));
    this.extent.addEventListener("click", (event) => this.#pick(under(event)));
    this.scroller.addEventListener("scroll", () => {
      this.at = { left: this.scroller.scrollLeft, top: this.scroller.scrollTop };
      this.painter.mark(this);
      this.scrolled(this);
    }, { passive: true });
    this.scroller.addEventListener("keydown", (event) => this.#key(event));
    this.scroller.addEventListener("blur", () => this.#point(null));
  }

  /** Show the same part as another picture does, if this one has as many cells of the same size. */
  scrollLike({ layout, slice, at }) {
    if (this.element.parentElement.hidden || !this.layout || slice.columns !== this.slice.columns || slice.rows !== this.slice.rows) return;
    if (layout.cell.width !== this.layout.cell.width || (at.left === this.at.left && at.top === this.at.top)) return;
    this.scroller.scrollTo(at.left, at.top);
  }

  #flat(row, column) {
    return this.slice.offset + row * this.slice.columns + column;
  }

  /** The arrow keys alone belong to the timeline; with Shift or Alt they go from cell to cell. */
  #key(event) {
    const by = event.shiftKey || event.altKey ? ARROWS[event.key] : null;
    if (!by && (event.key !== "Enter" || this.cursor === null)) return undefined;
    event.preventDefault();
    if (!by) return this.#pick(this.cursor);
    const { rows, columns, offset } = this.slice;
    const { chosen, spec } = this.shown;
    const start = this.cursor ?? (chosen ? flatOf(spec.shape, chosen) : null);
    if (start === null) return this.#point(this.#flat(0, 0), true);
    const [row, column] = [Math.floor((start - offset) / columns) + by[0], ((start - offset) % columns) + by[1]];
    return this.#point(this.#flat(Math.min(rows - 1, Math.max(0, row)), Math.min(columns - 1, Math.max(0, column))), true);
  }

  #point(place, isSpoken = false) {
    if (place === this.cursor) return;
    this.cursor = place;
    if (place === null) return void this.point(null);
    const { name, spec, zoom } = this.shown;
    const { cell } = this.layout;
    const [row, column] = [Math.floor((place - this.slice.offset) / this.slice.columns), (place - this.slice.offset) % this.slice.columns];
    if (isSpoken) this.#follow(row, column);
    const box = this.scroller.getBoundingClientRect();
    const at = { x: box.left + zoom * ((column + 0.5) * cell.width - this.at.left), y: box.top + zoom * (row * cell.height - this.at.top), height: zoom * cell.height };
    this.point({ tensor: name, index: indexOf(spec.shape, place) }, at, isSpoken, this.shown);
  }

  /** Keep the cell that the keys move within sight. */
  #follow(row, column) {
    const { cell, seen } = this.layout;
    const within = (at, start, span, room) => Math.min(start, Math.max(at, start + span - room));
    this.#scrollTo(within(this.at.left, column * cell.width, cell.width, seen.width), within(this.at.top, row * cell.height, cell.height, seen.height));
  }

  #pick(place) {
    if (place !== null) this.pick({ tensor: this.shown.name, index: indexOf(this.shown.spec.shape, place) });
  }
}

function size(element, width, height) {
  Object.assign(element.style, { width: `${width}px`, height: `${height}px` });
}
