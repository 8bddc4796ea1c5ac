/** The draw: a random number between 0 and 1 falls on a line on which every token has a piece as long as it is likely. */

import { drawFoot } from "../base/axes.js";
import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { Scale } from "../base/scale.js";
import { pieces } from "./sampling.js";

const SIDE = 12, TOP = 34, THICK = 34, AXIS = 40;
const NARROWEST = 14;          // pixels of a piece that can hold its token

export class Line {
  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "The draw", caption: "", file: "draw", height: TOP + THICK + AXIS, painter: needs.painter, theme: needs.theme,
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#words(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x) => this.#click(x), missing: () => (this.scene() ? "" : "The model is asked…"),
    });
    this.figure.box.classList.add("pick");
  }

  mark() {
    this.figure.say(this.figure.title, this.#words());
    this.figure.mark();
  }

  #words() {
    const scene = this.scene();
    if (!scene) return "A random number between 0 and 1 falls on a line on which every token has a piece as long as it is likely.";
    const { u, token, seed, i } = scene;
    return `A random number falls on a line on which every token has a piece as long as it is likely: u = ${u.toFixed(4)} falls on “${this.vocabulary()[token]}”. `
      + `It is number ${i} of seed ${seed}: the same seed, the same draws.`;
  }

  #at(share, width) {
    return SIDE + share * (width - 2 * SIDE);
  }

  #paint(pen, width) {
    const scene = this.scene();
    const theme = this.theme();
    pieces(scene.stages.topP, scene.stages.order).forEach((piece, i) => this.#piece(pen, theme, width, piece, i, piece.token === scene.token));
    drawFoot(pen, new Scale(0, 1, SIDE, width - SIDE), theme, { at: TOP + THICK, name: "probability, token after token", ticks: [0, 0.25, 0.5, 0.75, 1] });
    const x = this.#at(scene.u, width);
    pen.fillStyle = theme.color("drawn");
    pen.fillRect(x - 1, TOP - 8, 2, THICK + 14);
    pen.beginPath();
    pen.moveTo(x, TOP - 2);
    pen.lineTo(x - 6, TOP - 12);
    pen.lineTo(x + 6, TOP - 12);
    pen.closePath();
    pen.fill();
    pen.font = theme.font(13, "font", 600);
    pen.textAlign = x < 70 ? "left" : x > width - 70 ? "right" : "center";
    pen.textBaseline = "middle";
    pen.fillText(`u = ${scene.u.toFixed(4)}`, x < 70 ? SIDE : x > width - 70 ? width - SIDE : x, 10);
  }

  #piece(pen, theme, width, { token, from, to }, i, isHit) {
    const [left, right] = [this.#at(from, width), this.#at(to, width)];
    pen.globalAlpha = isHit ? 0.35 : i % 2 ? 0.16 : 0.28;
    pen.fillStyle = theme.color(isHit ? "drawn" : "query");
    pen.fillRect(left, TOP, right - left, THICK);
    pen.globalAlpha = 1;
    if (right - left > 3) {
      pen.fillStyle = theme.color("background");
      pen.fillRect(right - 1, TOP, 1, THICK);
    }
    pen.font = theme.font(14, "code-font", isHit ? 600 : 400);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = theme.color("text");
    const label = this.vocabulary()[token];
    if (right - left >= Math.max(NARROWEST, pen.measureText(label).width + 4)) pen.fillText(label, (left + right) / 2, TOP + THICK / 2);
  }

  #under(x) {
    const scene = this.scene();
    const { width } = this.figure.surface;
    const share = (x - SIDE) / (width - 2 * SIDE);
    return share >= 0 && share < 1 ? pieces(scene.stages.topP, scene.stages.order).find(({ to }) => to > share) : null;
  }

  #point(x, y) {
    const piece = this.#under(x);
    return piece && { x, y, lines: [`“${this.vocabulary()[piece.token]}”`, `from ${piece.from.toFixed(4)} to ${piece.to.toFixed(4)}`,
      `probability ${significant(piece.to - piece.from, 6)}`, "click: write it by hand"] };
  }

  #click(x) {
    const piece = this.#under(x);
    if (piece) this.choose(piece.token);
  }

  #csv() {
    const { stages } = this.scene();
    const rows = pieces(stages.topP, stages.order).map(({ token, from, to }) => [token, this.vocabulary()[token], from, to]);
    return [["token", "text", "from", "to"], ...rows];
  }

  close() {
    this.figure.close();
  }
}
