/** One text three times, aligned: its characters, their bytes, its byte-pair tokens, each with its id. */

import { Figure } from "../base/figure.js";
import { fitted } from "../base/label.js";
import { count } from "../base/numbers.js";
import { box } from "./box.js";
import { N_BYTES } from "./record.js";

const UNIT = 27;               // pixels of a byte
const ROW = 38;
const GAP = 16;                // between two lines of the text
const GUTTER = 84;             // the names of the rows
const NAMES = ["characters", "bytes", "tokens"];

const hex = (byte) => byte.toString(16).padStart(2, "0");

export class Rows {
  #firm = [];
  #of = null;                  // the record that they belong to
  #hover = null;               // [from, to): the bytes that are lit

  /** @param {HTMLElement} place @param {{walk: Walk, painter: Painter, theme: () => Theme, zoom: number}} needs */
  constructor(place, { walk, painter, theme, zoom }) {
    Object.assign(this, { walk, theme, zoom });
    this.figure = new Figure(place, {
      title: "One text, three ways", file: "tokens-rows", height: 140, painter, theme,
      caption: "Under every character the bytes that UTF-8 writes it with, and under these the tokens. The small number is the id, which is all that a model sees.",
      paint: (pen, width) => this.#paint(pen, width),
      alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y),
      click: (x, y) => this.#click(x, y), missing: () => (walk.record && this.cut ? "" : "There is no text yet."),
    });
    this.figure.box.addEventListener("pointerleave", () => this.#light(null));
  }

  /** @param {Cut} cut @param {string[]} characters their labels */
  show(cut, characters) {
    Object.assign(this, { cut, names: characters });
    this.#of = null;
    this.mark();
  }

  mark() {
    this.figure.mark();
  }

  /** What stands in each row: cells of bytes from start to end. The first two stay whatever is merged. */
  #cells() {
    const { record, k } = this.walk;
    if (this.#of !== record) [this.#firm, this.#of] = [this.#firmCells(), record];
    const tokens = this.cut.tokens(k).map(({ id, start, end }) => {
      const parts = record.parts(id);
      const made = parts ? `merge ${id - 255}: ${record.pairInWords(parts)}` : "a byte, not merged";
      const label = id < N_BYTES && record.label(id).length > 1 ? hex(id) : record.label(id);
      return { start, end, label, id, token: id, lines: [`token ${record.label(id)}`, `id ${id} of ${256 + k}`, made] };
    });
    return [...this.#firm, tokens];
  }

  #firmCells() {
    const { record } = this.walk;
    const characters = this.cut.characters().map(({ text, code, start, end }, i) => {
      const id = record.characterIds.get(text) ?? null;
      const where = id === null ? "no id: the text learned from does not have it" : `id ${id} of ${record.characters.length} characters`;
      return { start, end, label: this.names[i], id, lines: [`character ${this.names[i]}`, `${where}`, `Unicode ${code}, ${end - start === 1 ? "1 byte" : `${end - start} bytes`}`] };
    });
    const bytes = Array.from(this.cut.bytes, (value, i) => ({ start: i, end: i + 1, label: hex(value), id: value, lines: [`byte ${value} (hexadecimal ${hex(value)})`, `id ${value} of 256`] }));
    return [characters, bytes];
  }

  /** Where lines begin: as many bytes as fit, broken where tokens never merge. */
  #lines(width) {
    const most = Math.max(4, Math.floor((width - GUTTER * this.zoom - 8) / (UNIT * this.zoom)));
    const starts = [0];
    const { bytes, borders } = this.cut;
    while (bytes.length - starts.at(-1) > most) {
      let next = starts.at(-1) + most;
      while (next > starts.at(-1) && borders[next] !== 0) next -= 1;
      starts.push(next > starts.at(-1) ? next : starts.at(-1) + most);
    }
    return starts;
  }

  #place(start, starts) {
    let line = starts.length - 1;
    while (starts[line] > start) line -= 1;
    return [GUTTER * this.zoom + (start - starts[line]) * UNIT * this.zoom, line * (3 * ROW + GAP) * this.zoom];
  }

  #paint(pen, width) {
    const starts = this.#lines(width);
    const height = `${Math.round((starts.length * (3 * ROW + GAP) - GAP) * this.zoom)}px`;
    if (this.figure.box.style.height !== height) this.figure.box.style.height = height;
    const theme = this.theme();
    pen.textBaseline = "middle";
    starts.forEach((_, line) => NAMES.forEach((name, row) => {
      pen.font = theme.font(13 * this.zoom);
      pen.textAlign = "left";
      pen.fillStyle = theme.color("muted");
      pen.fillText(name, 0, (line * (3 * ROW + GAP) + (row + 0.5) * ROW) * this.zoom);
    }));
    pen.textAlign = "center";
    this.#cells().forEach((cells, row) => {
      for (const cell of cells) this.#box(pen, theme, cell, row, starts);
      pen.font = theme.font(14 * this.zoom, "code-font", 600);
      pen.fillStyle = theme.color("text");
      for (const cell of cells) this.#write(pen, cell, row, starts, 12.5, fitted(pen, cell.label, this.#wide(cell) - 4));
      pen.font = theme.font(11 * this.zoom, "code-font");
      pen.fillStyle = theme.color("muted");
      for (const cell of cells) this.#write(pen, cell, row, starts, 26.5, cell.id === null ? "–" : String(cell.id));
    });
  }

  #wide({ start, end }) {
    return (end - start) * UNIT * this.zoom;
  }

  #box(pen, theme, cell, row, starts) {
    const [x, top] = this.#place(cell.start, starts);
    const isLit = this.#hover && cell.start < this.#hover[1] && cell.end > this.#hover[0];
    const fill = theme.color(isLit ? "chosen" : row === 2 && cell.id >= N_BYTES ? "merged" : "surface");
    box(pen, x + 1, top + row * ROW * this.zoom + 1, this.#wide(cell) - 2, ROW * this.zoom - 4, { fill, stroke: theme.color(isLit ? "text" : "line") });
  }

  /** Write in the middle of a cell, `down` pixels below its top. */
  #write(pen, cell, row, starts, down, words) {
    const [x, top] = this.#place(cell.start, starts);
    pen.fillText(words, x + this.#wide(cell) / 2, top + (row * ROW + down) * this.zoom);
  }

  #at(x, y) {
    const { zoom } = this;
    const starts = this.#lines(this.figure.surface.width);
    const line = Math.floor(y / ((3 * ROW + GAP) * zoom));
    const row = Math.floor((y / zoom - line * (3 * ROW + GAP)) / ROW);
    const byte = starts[line] + Math.floor((x / zoom - GUTTER) / UNIT);
    if (row < 0 || row > 2 || x < GUTTER * zoom || !(byte < (starts[line + 1] ?? this.cut.bytes.length))) return null;
    return this.#cells()[row].find(({ start, end }) => start <= byte && byte < end) ?? null;
  }

  #point(x, y) {
    const cell = this.#at(x, y);
    this.#light(cell && [cell.start, cell.end]);
    return cell && { x, y, lines: cell.lines };
  }

  #light(range) {
    if (range?.[0] === this.#hover?.[0] && range?.[1] === this.#hover?.[1]) return;
    this.#hover = range;
    this.mark();
  }

  #click(x, y) {
    const cell = this.#at(x, y);
    if (cell?.token >= 256) this.walk.choose(cell.token);
  }

  #alt() {
    const [characters, bytes, tokens] = this.#cells();
    const sizes = `${count(characters.length)} characters, ${count(bytes.length)} bytes, ${count(tokens.length)} tokens`;
    return `${sizes} after ${this.walk.k} merges: ${tokens.map(({ label, id }) => `${label} ${id}`).join(", ")}`;
  }

  #csv() {
    const rows = [["row", "first byte", "bytes", "label", "id"]];
    this.#cells().forEach((cells, row) => cells.forEach(({ start, end, label, id }) => rows.push([NAMES[row], start, end - start, label, id ?? ""])));
    return rows;
  }

  close() {
    this.figure.close();
  }
}
