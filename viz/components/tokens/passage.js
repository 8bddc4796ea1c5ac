/** The text that is learned from, as the tokens that it is now: what was merged last, and what will be merged next. */

import { disable, make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { count } from "../base/numbers.js";
import { box } from "./box.js";

const LINE = 24;
const LINES = 12;
const PAD = 2;                 // pixels on both sides of a label
const FOOT = 6;
const BEFORE = 40;             // bytes shown before the place that was asked for

export class Passage {
  #record = null;
  #from = 0;                   // the first byte in sight
  #seen = 0;                   // and the first one that no longer is
  #widths = new Map();
  #boxes = [];

  constructor(place, { walk, painter, theme, zoom }) {
    Object.assign(this, { walk, theme, zoom });
    this.figure = new Figure(place, {
      title: "The text now", file: "tokens-text", height: (LINES * LINE + FOOT) * zoom, painter, theme,
      paint: (pen, width) => this.#paint(pen, width),
      alt: () => this.#words(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x, y) => this.#click(x, y), missing: () => (walk.record ? "" : "There is no text yet."),
    });
    this.where = make("span.unit");
    this.top = make("button.tool", { type: "button", text: "from the top", onclick: () => this.#look(0) });
    this.next = make("button.tool", { type: "button", text: "next place", title: "Go to where the next pair stands (n)", onclick: () => this.seek() });
    this.figure.tools.append(this.where, this.top, this.next);
  }

  mark() {
    this.figure.mark();
  }

  #look(byte) {
    this.#from = this.walk.record.cut.firmStart(byte);
    this.mark();
  }

  /** Show the next place, past what is in sight, where the next pair stands; after the last the first again. */
  seek() {
    const places = this.#places();
    if (!places.length) return;
    const at = places.find((place) => place >= this.#seen) ?? places[0];
    this.#look(at < this.#seen - this.#from && this.#from === 0 ? 0 : Math.max(0, at - BEFORE));
  }

  /** The borders that the next merge takes away; at the end those that the last one took. */
  #places() {
    const { record, k } = this.walk;
    return record?.n ? record.places[Math.min(k, record.n - 1)] : [];
  }

  #paint(pen, width) {
    const { record, k } = this.walk;
    if (record !== this.#record) [this.#record, this.#from] = [record, 0];
    const [theme, { zoom }] = [this.theme(), this];
    pen.font = theme.font(14 * zoom, "code-font");
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    this.#layOut(pen, width, record, k);
    const fresh = k ? 255 + k : -1;
    for (const { token, x, y, wide } of this.#boxes) {
      const [begins, ends] = [this.#goesNext(token.start), this.#goesNext(token.end)];
      const fill = theme.color(begins || ends ? "chosen" : token.id === fresh ? "fresh" : token.id >= 256 ? "merged" : "surface");
      box(pen, x + 0.5, y + 2, wide - 1, LINE * zoom - 5, { fill, radius: 3 });
      pen.fillStyle = theme.color("text");
      pen.fillText(record.label(token.id), x + PAD * zoom, y + (LINE / 2) * zoom);
      if (ends) {
        pen.fillStyle = theme.color("chosen-line");
        pen.fillRect(x + wide - 1.5, y + 1, 3, LINE * zoom - 3);
      }
    }
    this.#say();
  }

  /** Whether the next merge takes the border before this byte away. */
  #goesNext(byte) {
    const { record, k } = this.walk;
    return k < record.n && record.borders[byte] === k + 1;
  }

  #layOut(pen, width, record, k) {
    const { zoom } = this;
    const most = this.#from + Math.ceil(width / (6 * zoom)) * LINES + 1;
    let [x, line] = [0, 0];
    this.#boxes = [];
    this.#seen = this.#from;
    for (const token of record.cut.tokens(k, this.#from, most)) {
      const wide = this.#width(pen, record.label(token.id)) + 2 * PAD * zoom;
      if (x && x + wide > width) [x, line] = [0, line + 1];
      if (line >= LINES) return;
      this.#boxes.push({ token, x, y: line * LINE * zoom, wide });
      this.#seen = token.end;
      x += wide;
    }
  }

  #width(pen, label) {
    const found = this.#widths.get(label);
    if (found !== undefined) return found;
    const width = pen.measureText(label).width;
    this.#widths.set(label, width);
    return width;
  }

  #say() {
    const { record, k } = this.walk;
    const places = this.#places();
    const inSight = places.filter((place) => place >= this.#from && place < this.#seen).length;
    const next = k < record.n ? "Next pair" : "Last merge";
    this.figure.say("The text now", this.#words());
    setText(this.where, record.n ? `${next}: ${count(places.length)} ${places.length === 1 ? "place" : "places"}, ${count(inSight)} in sight` : "");
    disable(this.next, places.length > inSight ? "" : "All places are in sight.", "Go to where the next pair stands (n)");
    disable(this.top, this.#from ? "" : "This is the top of the text.");
  }

  #words() {
    const { record, k } = this.walk;
    const is = `${count(record.lengths[k])} tokens after ${k} ${k === 1 ? "merge" : "merges"}; a box is a token.`;
    return k < record.n ? `${is} The pair merged next is marked; what the last merge made is green.` : `${is} What the last merge made is green.`;
  }

  #point(x, y) {
    const found = this.#boxes.find((each) => x >= each.x && x < each.x + each.wide && y >= each.y && y < each.y + LINE * this.zoom);
    if (!found) return null;
    const { record } = this.walk;
    const { id, start, end } = found.token;
    const parts = record.parts(id);
    return { x, y, lines: [`token ${record.label(id)}, id ${id}`, parts ? `made of ${record.pairInWords(parts)}` : "a single byte", `bytes ${count(start)} to ${count(end - 1)} of the text`] };
  }

  #click(x, y) {
    const found = this.#boxes.find((each) => x >= each.x && x < each.x + each.wide && y >= each.y && y < each.y + LINE * this.zoom);
    if (found && found.token.id >= 256) this.walk.choose(found.token.id);
  }

  #csv() {
    const { record, k } = this.walk;
    return [["first byte", "token", "id"], ...record.cut.tokens(k).map(({ id, start }) => [start, record.label(id), id])];
  }

  close() {
    this.figure.close();
  }
}
