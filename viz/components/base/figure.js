/** A chart with everything a chart has: title, what it shows in words, a picture, hover values, alt text, downloads. */

import { download, make, setText } from "./dom.js";
import { placeOn, Surface } from "./paint.js";
import { SvgPen } from "./svg_pen.js";

export class Figure {
  #tip = make("div.tip", { role: "tooltip", hidden: true });

  /**
   * @param {HTMLElement} place
   * @param {{title: string, caption?: string, file: string, height?: number, painter: Painter, theme: () => Theme,
   *   paint: (pen: CanvasRenderingContext2D|SvgPen, width: number, height: number) => void,
   *   alt: () => string, csv: () => (string|number)[][], point?: (x: number, y: number) => {x: number, y: number, lines: string[]}|null,
   *   click?: (x: number, y: number, event: MouseEvent) => void}} parts
   *   `paint` draws in CSS pixels on whichever pen it is given; `csv` is a row of names and rows of numbers; `point` says
   *   what stands under the pointer (null: nothing)
   */
  constructor(place, parts) {
    Object.assign(this, parts);
    this.heading = make("h3", { text: this.title });
    this.tools = make("span.figure-tools");
    this.note = make("p.unit.figure-note", { text: this.caption ?? "", hidden: !this.caption });
    this.box = make("div.plot.figure-box", { role: "img", tabindex: 0, style: `height: ${this.height ?? 240}px` });
    this.element = make("section.panel.figure", { "aria-label": this.title },
      make("header.figure-head", {}, this.heading, this.tools, this.#menu()), this.note, this.box);
    place.append(this.element);
    this.surface = new Surface(this.box, () => this.mark());
    this.box.append(this.#tip);
    this.box.addEventListener("pointermove", (event) => this.#hover(event));
    this.box.addEventListener("pointerleave", () => this.showTip(null));
    this.box.addEventListener("click", (event) => this.click?.(...placeOn(this.box, event), event));
  }

  /** Draw again in the next frame. */
  mark() {
    this.painter.mark(this);
  }

  draw() {
    if (!this.surface.width || !this.surface.height) return;
    this.paint(this.surface.begin(), this.surface.width, this.surface.height);
    const words = this.alt();
    if (this.box.getAttribute("aria-label") !== words) this.box.setAttribute("aria-label", words);
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
    this.showTip(this.point?.(...placeOn(this.box, event)) ?? null);
  }

  #menu() {
    const item = (text, save) => make("button", { type: "button", text, onclick: () => { menu.open = false; save(); } });
    const menu = make("details.figure-menu", {},
      make("summary", { title: "Download this picture", "aria-label": `download: ${this.title}`, text: "⤓" }),
      make("div.figure-list", {}, item("PNG", () => this.savePng()), item("SVG", () => this.saveSvg()), item("CSV", () => this.saveCsv())));
    menu.addEventListener("focusout", (event) => menu.contains(event.relatedTarget) || (menu.open = false));
    return menu;
  }

  /** The picture as an SVG file's text. */
  svg() {
    const { width, height, context } = this.surface;
    const pen = new SvgPen(width, height, context);
    this.paint(pen, width, height);
    return pen.finish(this.theme().color("background") || "#fff", `${this.heading.textContent}. ${this.alt()}`);
  }

  saveSvg() {
    download(new Blob([this.svg()], { type: "image/svg+xml" }), `${this.file}.svg`);
  }

  savePng() {
    const { canvas } = this.surface;
    const whole = make("canvas", { width: canvas.width, height: canvas.height });
    const context = whole.getContext("2d");
    context.fillStyle = this.theme().color("background") || "#fff";
    context.fillRect(0, 0, whole.width, whole.height);
    context.drawImage(canvas, 0, 0);
    whole.toBlob((blob) => download(blob, `${this.file}.png`));
  }

  saveCsv() {
    const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
    const lines = this.csv().map((row) => row.map(cell).join(","));
    download(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }), `${this.file}.csv`);
  }

  close() {
    this.surface.close();
  }
}
