/** A chart with everything a chart has: title, what it shows in words, a picture, hover values, alt text, downloads. */

import { make, setText } from "./dom.js";
import { placeOn, Surface } from "./paint.js";
import { saveCsv, saveMenu, savePng, saveSvg } from "./saving.js";
import { SvgPen } from "./svg_pen.js";

export class Figure {
  #tip = make("div.tip", { role: "tooltip", hidden: true });

  /**
   * @param {HTMLElement} place
   * @param {{title: string, caption?: string, file: string, height?: number|null, painter: Painter, theme: () => Theme,
   *   paint: (pen: CanvasRenderingContext2D|SvgPen, width: number, height: number) => void,
   *   alt: () => string, csv: () => (string|number)[][], point?: (x: number, y: number) => {x: number, y: number, lines: string[]}|null,
   *   click?: (x: number, y: number, event: MouseEvent) => void, missing?: () => string, hasDraft?: () => boolean}} parts
   *   `paint` draws in CSS pixels on whichever pen it is given; `csv` is a row of names and rows of numbers; `point` says
   *   what stands under the pointer (null: nothing); `height`: of the box in pixels (null: as its style says). `missing`: as long as there are no numbers, why, in a sentence, which
   *   then stands in the picture's place; where it `hasDraft` it is painted all the same, but without numbers to take away
   */
  constructor(place, parts) {
    Object.assign(this, parts);
    this.heading = make("h3", { text: this.title });
    this.tools = make("span.figure-tools");
    this.menu = saveMenu(this.title, { PNG: () => this.#png(), SVG: () => saveSvg(this.svg(), this.file), CSV: () => saveCsv(this.csv(), this.file) });
    this.menu.hidden = true;     // until there is something to take away
    this.note = make("p.unit.figure-note", { text: this.caption ?? "", hidden: !this.caption });
    this.box = make("div.plot.figure-box", { role: "img", tabindex: 0, style: this.height === null ? null : `height: ${this.height ?? 240}px` });
    this.element = make("section.panel.figure", { "aria-label": this.title },
      make("header.figure-head", {}, this.heading, this.tools, this.menu), this.note, this.box);
    place.append(this.element);
    this.surface = new Surface(this.box, () => this.mark());
    this.box.append(this.#tip);
    this.box.addEventListener("pointermove", (event) => this.#hover(event));
    this.box.addEventListener("pointerleave", () => this.showTip(null));
    this.box.addEventListener("click", (event) => this.isPainted && this.click?.(...placeOn(this.box, event), event));
    this.mark();
  }

  /** Draw again in the next frame. */
  mark() {
    this.painter.mark(this);
  }

  draw() {
    const { width, height } = this.surface;
    if (!width || !height) return;
    const missing = this.missing?.() ?? "";
    this.menu.hidden = Boolean(missing);
    const pen = this.surface.begin();
    if (this.isPainted) this.paint(pen, width, height);
    else this.#excuse(pen, missing, width, height);
    const words = missing || this.alt();
    if (this.box.getAttribute("aria-label") !== words) this.box.setAttribute("aria-label", words);
  }

  /** Whether there is something to see. */
  get isPainted() {
    return !this.missing?.() || Boolean(this.hasDraft?.());
  }

  #excuse(pen, words, width, height) {
    const theme = this.theme();
    pen.font = theme.font(14);
    pen.fillStyle = theme.color("muted");
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(words, width / 2, Math.min(height / 2, 120), width - 16);
  }

  say(title, caption) {
    setText(this.heading, title);
    setText(this.note, caption ?? "");
    this.note.hidden = !caption;
    this.element.setAttribute("aria-label", title);
  }

  /** @param {{x: number, y: number, lines: string[]}|null} what stands beside the pointer, in CSS pixels of the picture */
  showTip(what) {
    this.#tip.hidden = !what;
    if (!what) return;
    this.#tip.replaceChildren(...what.lines.map((line) => make("div", { text: line })));
    const { offsetWidth: width, offsetHeight: height } = this.#tip;
    const left = what.x + 12 + width > this.surface.width ? what.x - 12 - width : what.x + 12;
    const top = Math.min(Math.max(0, what.y - height / 2), Math.max(0, this.surface.height - height));
    this.#tip.style.transform = `translate(${Math.max(0, left)}px, ${top}px)`;
  }

  #hover(event) {
    this.showTip(this.isPainted ? this.point?.(...placeOn(this.box, event)) ?? null : null);
  }

  /** The picture as an SVG file's text. */
  svg() {
    const { width, height, context } = this.surface;
    const pen = new SvgPen(width, height, context);
    this.paint(pen, width, height);
    return pen.finish(this.#background, `${this.heading.textContent}. ${this.alt()}`);
  }

  #png() {
    savePng(this.surface.canvas, this.#background, this.file);
  }

  get #background() {
    return this.theme().color("background") || "#fff";
  }

  close() {
    this.surface.close();
  }
}
