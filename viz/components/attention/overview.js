/** All heads at once: one small picture for each, layers above each other, with what the head does as its title. */

import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { ASKED } from "./frame.js";
import { fitting } from "./kinds.js";
import { keyOf } from "./state.js";
import { drawPattern, tileAt, tilesOf } from "./tiles.js";

const LAYOUT = { left: 26, head: 34, most: 168, gap: 8 };
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };

export class Overview {
  /** @param {HTMLElement} place @param {{state: AttentionState, view: object, painter: Painter, theme: () => Theme}} needs `view` holds the newest `frame` and `scores` */
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, painter, theme, tiles: [] });
    this.figure = new Figure(place, {
      title: "All heads", file: "attention-heads", painter, theme,
      caption: "Each square is one head: rows are the tokens that look, columns those looked at. The stronger the colour, the more. Click one.",
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#words(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x, y) => this.#click(x, y), missing: () => (view.frame ? "" : ASKED),
    });
    this.figure.box.addEventListener("keydown", (event) => this.#key(event));
  }

  #layout(width) {
    const { header } = this.view.frame;
    return tilesOf(header.n_layers, header.n_heads, { ...LAYOUT, width });
  }

  /** The box is as tall as its tiles. */
  draw() {
    if (!this.view.frame) return;
    const { height } = this.#layout(this.figure.surface.width);
    if (this.figure.box.style.height !== `${height}px`) this.figure.box.style.height = `${height}px`;
    this.figure.draw();
  }

  #paint(pen, width) {
    const { frame } = this.view;
    const theme = this.theme();
    ({ tiles: this.tiles } = this.#layout(width));
    for (const tile of this.tiles) this.#tile(pen, tile, frame, theme);
    pen.font = theme.font(12);
    pen.fillStyle = theme.color("muted");
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const { layer, y, height } of this.tiles.filter(({ head }) => head === 0)) {
      pen.save();
      pen.translate(8, y + LAYOUT.head + (height - LAYOUT.head) / 2);
      pen.rotate(-Math.PI / 2);
      pen.fillText(`layer ${layer}`, 0, 0);
      pen.restore();
    }
  }

  #tile(pen, { layer, head, x, y, width }, frame, theme) {
    const { state, view } = this;
    const key = keyOf(layer, head);
    const isOn = state.layer === layer && state.head === head;
    const [name, score] = view.nameOf(layer, head);
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    pen.fillStyle = theme.color("text");
    pen.font = theme.font(13, "font", isOn ? 700 : 600);
    pen.fillText(`${key}${state.off.includes(key) ? " off" : state.patch.includes(key) ? " from text 2" : ""}`, x, y + 13, width);
    pen.font = theme.font(12);
    pen.fillStyle = theme.color(score === null ? "muted" : "text");
    pen.fillText(fitting(name, score, width), x, y + 28, width + LAYOUT.gap);
    const top = y + LAYOUT.head;
    drawPattern(pen, { x, y: top, side: width, n: frame.n, at: frame.pattern(layer, head), theme });
    if (state.off.includes(key)) cross(pen, x, top, width, theme.color("bad"));
    if (!isOn) return;
    pen.strokeStyle = theme.color("text");
    pen.lineWidth = 2.5;
    pen.strokeRect(x - 2, top - 2, width + 4, width + 4);
  }

  #point(x, y) {
    const tile = tileAt(this.tiles, x, y);
    if (!tile) return null;
    const { layer, head } = tile;
    return { x, y, lines: [`layer ${layer}, head ${head}: ${this.view.nameInWords(layer, head)}`,
      ...this.view.scoreLines(layer, head), `entropy on this text ${significant(this.view.frame.entropy(layer, head))} nats`] };
  }

  #click(x, y) {
    const tile = tileAt(this.tiles, x, y);
    if (tile) this.state.choose(tile.layer, tile.head);
  }

  #key(event) {
    const by = ARROWS[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.state.choose(this.state.layer + by[0], this.state.head + by[1]);
  }

  #words() {
    const { header } = this.view.frame;
    const names = this.view.allHeads().map(([layer, head]) => `${keyOf(layer, head)} ${this.view.nameInWords(layer, head)}`);
    return `${header.n_layers} layers of ${header.n_heads} heads at step ${header.at}: ${names.join("; ")}. Arrow keys choose a head.`;
  }

  #csv() {
    const { view } = this;
    const kinds = view.scores?.header.kinds ?? [];
    return [["layer", "head", "name", ...kinds, "entropy_nats"], ...view.allHeads().map(([layer, head]) => [layer, head, view.nameOf(layer, head)[0],
      ...kinds.map((_, kind) => view.scoreOf(layer, head, kind)), view.frame.entropy(layer, head)])];
  }

  close() {
    this.figure.close();
  }
}

function cross(pen, x, y, side, color) {
  pen.strokeStyle = color;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + side, y + side);
  pen.moveTo(x + side, y);
  pen.lineTo(x, y + side);
  pen.stroke();
}
