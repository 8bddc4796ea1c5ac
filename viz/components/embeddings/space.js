/** The picture: every row of a table as a point, on a plane or in a space that the visitor turns, with its label. */

import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { Camera, nearest, radiusOf, START, turned } from "./camera.js";
import { drawMark } from "./colours.js";
import { placeLabels } from "./labels.js";
import { paintPlane, paintSpace } from "./space_axes.js";

const GLIDE = 150;             // milliseconds from one live frame to the next
const NEAR = 16;               // pixels around a point in which the pointer means it
const TURN = Math.PI / 24;     // radians an arrow key turns
const N_LINES = 5;             // neighbours that a picked point is joined to

export class Space {
  frame = null;
  trail = [];                  // earlier frames of the same points, oldest first
  angles = START;
  #from = null;
  #since = 0;
  #places = [];
  #sides = new Map();          // where each label stood last: it stays there as long as it can

  /** @param {{painter: Painter, theme: () => Theme, looks: () => object[], says: () => object, picked: (row: number) => void}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "Embeddings", file: "embeddings", height: 540, painter: needs.painter, theme: needs.theme,
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.says().alt, csv: () => this.#csv(),
      point: (x, y) => this.#tip(x, y), click: (x, y) => this.#click(x, y),
      missing: () => (this.frame && this.says() ? "" : "The run is asked for its vectors…"),
    });
    this.figure.box.classList.add("space");
    this.#attach(this.figure.box);
  }

  /** Show a frame; it glides there from what is on the screen unless told to be there at once. */
  show(frame, isAtOnce = false) {
    const before = this.frame && this.frame.k === frame.k && this.frame.points.length === frame.points.length ? this.#now() : null;
    const isStill = isAtOnce || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#from = before && !isStill ? before : null;
    this.#since = performance.now();
    this.frame = frame;
    this.figure.mark();
  }

  get isSolid() {
    return this.frame?.k === 3;
  }

  /** The points and the radius as they are between two frames. */
  #now() {
    const { points, k } = this.frame;
    const radius = this.frame.radius ?? (this.frame.radius = radiusOf(points, k) || 1);
    const share = this.#from ? Math.min(1, (performance.now() - this.#since) / GLIDE) : 1;
    if (share >= 1) {
      this.#from = null;
      return { points, radius };
    }
    const mix = (one, other) => one + (other - one) * share;
    return { points: points.map((value, i) => mix(this.#from.points[i], value)), radius: mix(this.#from.radius, radius) };
  }

  #paint(pen, width, height) {
    const { points, radius } = this.#now();
    const { k } = this.frame;
    const camera = new Camera({ width, height, radius, k, angles: this.angles });
    const look = { theme: this.theme(), size: 13 };
    (k === 2 ? paintPlane : paintSpace)(pen, camera, this.says().axes, { ...look, width, height });
    this.#paintTrail(pen, camera);
    this.#places = Array.from({ length: points.length / k }, (_, row) => camera.place(points, row * k));
    this.#paintLines(pen);
    this.#paintPoints(pen, width, height, look);
    if (this.#from) this.figure.mark();
  }

  #paintTrail(pen, camera) {
    const frames = this.trail.filter((each) => each.points.length === this.frame.points.length && each.k === this.frame.k);
    if (!frames.length) return;
    const byColor = new Map(this.looks().map(({ color }) => [color, []]));
    this.looks().forEach(({ color }, row) => byColor.get(color).push(row * this.frame.k));
    const ways = [...frames.map((each) => each.points), this.frame.points];
    pen.lineWidth = 1;
    for (let i = 0; i + 1 < ways.length; i++) {
      pen.globalAlpha = 0.06 + (0.4 * (i + 1)) / ways.length;
      for (const [color, rows] of byColor) {
        pen.strokeStyle = color;
        pen.beginPath();
        for (const at of rows) {
          pen.moveTo(...camera.place(ways[i], at).slice(0, 2));
          pen.lineTo(...camera.place(ways[i + 1], at).slice(0, 2));
        }
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
  }

  /** From the picked point to those nearest to it in the full space, which need not be those nearest on the picture. */
  #paintLines(pen) {
    const { token, near } = this.says();
    if (token === null || !this.#places[token]) return;
    pen.strokeStyle = this.theme().color("muted");
    pen.lineWidth = 1;
    pen.setLineDash([3, 3]);
    for (const { row } of near.slice(0, N_LINES)) {
      pen.beginPath();
      pen.moveTo(...this.#places[token].slice(0, 2));
      pen.lineTo(...this.#places[row].slice(0, 2));
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  #paintPoints(pen, width, height, { theme, size }) {
    const { token, labels, indices } = this.says();
    const looks = this.looks();
    const order = this.#places.map((_, row) => row).sort((a, b) => this.#places[a][2] - this.#places[b][2]);
    const radius = labels.length > 150 ? 3 : 4.5;
    for (const row of order) {
      const [x, y, z, scale] = this.#places[row];
      pen.globalAlpha = this.isSolid ? Math.min(1, Math.max(0.35, 0.7 + (0.4 * z) / (this.frame.radius || 1))) : 1;
      drawMark(pen, looks[row].shape, x, y, radius * scale, looks[row].color);
      if (row === token) this.#ring(pen, x, y, radius * scale + 4, theme);
    }
    pen.globalAlpha = 1;
    const font = labels.length > 120 ? size - 2 : size + 1;
    placeLabels(pen, { places: this.#places, labels, indices, looks, order: [...(token === null ? [] : [token]), ...order.reverse()],
      sides: this.#sides, font: (px, weight) => theme.font(px, "code-font", weight), size: font, token, width, height, text: theme.color("text"), muted: theme.color("muted") });
  }

  #ring(pen, x, y, radius, theme) {
    pen.strokeStyle = theme.color("text");
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.stroke();
  }

  #under(x, y) {
    return nearest(this.#places, x, y, NEAR);
  }

  #tip(x, y) {
    const row = this.#drag?.isMoving ? null : this.#under(x, y);
    this.figure.box.style.cursor = row === null ? (this.isSolid ? "grab" : "default") : "pointer";
    return row === null ? null : { x, y, lines: this.says().linesOf(row) };
  }

  #click(x, y) {
    if (this.wasDragged) return;
    const row = this.#under(x, y);
    if (row !== null) this.picked(row);
  }

  #drag = null;

  #attach(box) {
    box.addEventListener("pointerdown", (event) => {
      this.wasDragged = false;
      if (this.isSolid && event.button === 0) this.#drag = { x: event.clientX, y: event.clientY, isMoving: false };
    });
    box.addEventListener("pointermove", ({ clientX: x, clientY: y, pointerId }) => {
      const drag = this.#drag;
      if (!drag || (!drag.isMoving && Math.hypot(x - drag.x, y - drag.y) < 4)) return;
      if (!drag.isMoving) box.setPointerCapture(pointerId);
      this.wasDragged = true;
      this.#turn((x - drag.x) / 120, (y - drag.y) / 120);
      Object.assign(drag, { x, y, isMoving: true });
    });
    for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { this.#drag = null; });
    box.addEventListener("keydown", (event) => this.#key(event));
  }

  #turn(right, up) {
    this.angles = turned(this.angles, right, up);
    this.figure.mark();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.frame) return;
    const n = this.#places.length;
    const step = (by) => this.picked(((this.says().token ?? (by > 0 ? -1 : 0)) + by + n) % n);
    const turns = { ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN] };
    const act = this.isSolid && turns[event.key] ? () => this.#turn(...turns[event.key])
      : { ArrowLeft: () => step(-1), ArrowRight: () => step(1), n: () => step(1), p: () => step(-1),
        Home: () => { this.angles = START; this.figure.mark(); } }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** A kept step's coordinates: while the film plays, those of the step that it has just left. */
  #csv() {
    const { labels, axes } = this.says();
    const { points, k, step } = this.frame.kept ?? this.frame;
    return [["step", "row", "label", ...axes.map(({ name }) => name)],
      ...labels.map((label, row) => [step, row, label, ...Array.from(points.slice(row * k, (row + 1) * k), (value) => significant(value, 6).replace("−", "-"))])];
  }

  close() {
    this.figure.close();
  }
}
