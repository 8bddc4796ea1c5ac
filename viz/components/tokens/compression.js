/** How much shorter the text becomes with every merge: characters for each token. Click to go there. */

import { Figure } from "../base/figure.js";
import { count, significant } from "../base/numbers.js";
import { calmLimits, Scale } from "../base/scale.js";

const EDGES = { left: 48, right: 16, top: 14, bottom: 42 };

export class Compression {
  constructor(place, { walk, painter, theme, zoom }) {
    Object.assign(this, { walk, theme, zoom });
    this.figure = new Figure(place, {
      title: "How much shorter the text becomes", file: "tokens-compression", height: 300 * zoom, painter, theme,
      caption: "The more merges, the more characters one token covers. Click to go there.",
      paint: (pen, width, height) => this.#paint(pen, width, height),
      alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x) => this.#click(x),
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
    if (!record?.n) return;
    const theme = this.theme();
    const { x, y } = this.#scales(width, height);
    this.#axes(pen, theme, x, y, width, height);
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

  #axes(pen, theme, x, y, width, height) {
    const { zoom } = this;
    pen.lineWidth = 1;
    pen.font = theme.font(12 * zoom);
    pen.strokeStyle = theme.color("line");
    pen.fillStyle = theme.color("muted");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const tick of y.ticks(4)) {
      const at = Math.round(y.pixel(tick)) + 0.5;
      pen.beginPath();
      pen.moveTo(x.start, at);
      pen.lineTo(x.end, at);
      pen.stroke();
      pen.fillText(String(tick), x.start - 7, at);
    }
    pen.textAlign = "center";
    for (const tick of x.ticks(5)) pen.fillText(count(tick), x.pixel(tick), y.start + 12 * zoom);
    pen.fillText("merges", (x.start + x.end) / 2, height - 8 * zoom);
    pen.save();
    pen.translate(10 * zoom, (y.start + y.end) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText("characters a token", 0, 0);
    pen.restore();
  }

  #step(px) {
    const { record } = this.walk;
    if (!record?.n) return null;
    const { x } = this.#scales(this.figure.surface.width, this.figure.surface.height);
    return Math.min(record.n, Math.max(0, Math.round(x.value(px))));
  }

  #point(px, py) {
    const k = this.#step(px);
    if (k === null) return null;
    const { record } = this.walk;
    return { x: px, y: py, lines: [`after ${k} ${k === 1 ? "merge" : "merges"}`, `${count(record.lengths[k])} tokens, ${significant(record.compression(k))} characters a token`, `vocabulary of ${256 + k}`] };
  }

  #click(px) {
    const k = this.#step(px);
    if (k !== null) this.walk.goTo(k);
  }

  #alt() {
    const { record, k } = this.walk;
    if (!record?.n) return "Nothing was learned.";
    return `From ${significant(record.compression(0))} characters a token without merges to ${significant(record.compression(record.n))} after ${record.n}; now, after ${k}, ${significant(record.compression(k))}.`;
  }

  #csv() {
    const { record } = this.walk;
    return [["merges", "vocabulary", "tokens", "characters a token"], ...(record?.lengths ?? []).map((length, k) => [k, 256 + k, length, record.compression(k)])];
  }

  close() {
    this.figure.close();
  }
}
