/** How much shorter the text becomes with every merge: characters for each token. Click to go there. */

import { drawAxes } from "../base/axes.js";
import { Figure } from "../base/figure.js";
import { count, significant } from "../base/numbers.js";
import { calmLimits, Scale } from "../base/scale.js";

const EDGES = { left: 54, right: 16, top: 14, bottom: 42 };

export class Compression {
  constructor(place, { walk, painter, theme, zoom }) {
    Object.assign(this, { walk, theme, zoom });
    this.figure = new Figure(place, {
      title: "How much shorter the text becomes", file: "tokens-compression", height: 300 * zoom, painter, theme,
      caption: "The more merges, the more characters one token covers. Click to go there.",
      paint: (pen, width, height) => this.#paint(pen, width, height),
      alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x) => this.#click(x), missing: () => (walk.record?.n ? "" : "Nothing was learned from this text."),
    });
  }

  mark() {
    this.figure.mark();
  }

  #scales(width, height) {
    const { record } = this.walk;
    const { zoom } = this;
    const high = calmLimits(0, Math.max(1, record.compression(record.n)), false)[1];
    return {
      x: new Scale(0, Math.max(1, record.n), EDGES.left * zoom, width - EDGES.right),
      y: new Scale(0, high, height - EDGES.bottom * zoom, EDGES.top),
    };
  }

  #paint(pen, width, height) {
    const { record, k } = this.walk;
    const theme = this.theme();
    const { x, y } = this.#scales(width, height);
    drawAxes(pen, x, y, theme, { x: "merges", y: "characters a token", write: count, size: 12 * this.zoom });
    pen.strokeStyle = theme.color("train");
    const line = (from, to) => {
      pen.beginPath();
      for (let i = from; i <= to; i++) pen[i === from ? "moveTo" : "lineTo"](x.pixel(i), y.pixel(record.compression(i)));
      pen.stroke();
    };
    pen.lineWidth = 1;
    pen.setLineDash([2, 3]);
    line(k, record.n);
    pen.setLineDash([]);
    pen.lineWidth = 2;
    line(0, k);
    pen.fillStyle = theme.color("chosen-line");
    pen.beginPath();
    pen.arc(x.pixel(k), y.pixel(record.compression(k)), 5, 0, 2 * Math.PI);
    pen.fill();
  }

  #step(px) {
    const { record } = this.walk;
    const { x } = this.#scales(this.figure.surface.width, this.figure.surface.height);
    return Math.min(record.n, Math.max(0, Math.round(x.value(px))));
  }

  #point(px, py) {
    const k = this.#step(px);
    const { record } = this.walk;
    const size = `${count(record.lengths[k])} tokens, ${significant(record.compression(k))} characters a token`;
    return { x: px, y: py, lines: [`after ${k} ${k === 1 ? "merge" : "merges"}`, size, `vocabulary of ${256 + k}`] };
  }

  #click(px) {
    this.walk.goTo(this.#step(px));
  }

  #alt() {
    const { record, k } = this.walk;
    const [first, last, now] = [0, record.n, k].map((n) => significant(record.compression(n)));
    return `From ${first} characters a token without merges to ${last} after ${record.n}; now, after ${k}, ${now}.`;
  }

  #csv() {
    const { record } = this.walk;
    return [["merges", "vocabulary", "tokens", "characters a token"], ...record.lengths.map((length, k) => [k, 256 + k, length, record.compression(k)])];
  }

  close() {
    this.figure.close();
  }
}
