/** What each head did over the run: five small lines a head, so that the moment it takes up its work can be seen. */

import { make } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { count } from "../base/numbers.js";
import { fitting, lookOf } from "./kinds.js";
import { keyOf } from "./state.js";
import { tileAt, tilesOf } from "./tiles.js";

const LAYOUT = { left: 34, head: 30, most: 220, gap: 14 };
const [TALL, LEAST_TALL] = [0.62, 44];  // of a small chart's width; pixels

export class Birth {
  /** @param {HTMLElement} place @param {{state: AttentionState, view: object, painter: Painter, theme: () => Theme}} needs */
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, theme, tiles: [], legend: make("div.legend") });
    this.figure = new Figure(place, {
      title: "How each head came to its work", file: "attention-scores", painter, theme, height: 100,
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#words(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x, y) => this.#click(x, y),
      missing: () => (view.scores ? "" : "The run is asked what its heads do…"),
    });
    this.figure.note.after(this.legend);
  }

  #layout(width) {
    const { nLayers, nHeads } = this.state;
    const { tiles } = tilesOf(nLayers, nHeads, { ...LAYOUT, width });
    const wide = tiles[0].width;
    const tall = Math.max(LEAST_TALL, Math.round(wide * TALL));
    for (const tile of tiles) Object.assign(tile, { y: (nLayers - 1 - tile.layer) * (tall + LAYOUT.head + LAYOUT.gap), height: tall + LAYOUT.head });
    return { tiles, height: nLayers * (tall + LAYOUT.head + LAYOUT.gap) + 10 };
  }

  draw() {
    const { scores } = this.view;
    if (!this.figure.surface.width) return;
    if (scores) this.#head(scores);
    this.figure.draw();
  }

  #head({ header }) {
    const tall = `${this.#layout(this.figure.surface.width).height}px`;
    if (this.figure.box.style.height !== tall) this.figure.box.style.height = tall;
    this.figure.say("How each head came to its work", `Scores at the ${count(header.history_steps.length)} steps whose weights are kept; a head is named from ${header.least_share} on (dashed).${
      header.missing ? " Earlier steps are being looked at…" : " Click a step to see all pictures as they were."}`);
    if (!this.legend.childElementCount) this.legend.append(...header.kinds.map((kind) => this.#key(kind)));
  }

  #key(kind) {
    const { color, dash } = lookOf(kind);
    return make("span", {}, make("i", { style: `border-top: 3px ${dash.length ? (dash[0] < 3 ? "dotted" : "dashed") : "solid"} var(--gb-${color})` }), kind);
  }

  /** @returns {{steps: number[], value: (at: number, layer: number, head: number, kind: number) => number}} kept steps, then now */
  #lines() {
    const { header, arrays } = this.view.scores;
    const { history_steps: kept, kinds } = header;
    const { nLayers, nHeads } = this.state;
    const isNow = this.state.at === null && header.at > (kept.at(-1) ?? -1);
    const value = (at, layer, head, kind) => {
      const own = (layer * nHeads + head) * kinds.length + kind;
      return at < kept.length ? arrays.history.data[at * nLayers * nHeads * kinds.length + own] : arrays.scores.data[own];
    };
    return { steps: isNow ? [...kept, header.at] : kept, value };
  }

  #paint(pen, width) {
    const theme = this.theme();
    const { steps, value } = this.#lines();
    ({ tiles: this.tiles } = this.#layout(width));
    this.last = Math.max(1, steps.at(-1) ?? 1);
    for (const tile of this.tiles) this.#tile(pen, tile, steps, value, theme);
  }

  #tile(pen, { layer, head, x, y, width, height }, steps, value, theme) {
    const { state, view, last } = this;
    const { kinds, least_share: least } = view.scores.header;
    const [name] = view.nameOf(layer, head);
    const [top, floor] = [y + LAYOUT.head, y + height];
    const at = (step, score) => [x + (step / last) * width, floor - Math.min(1, score) * (floor - top)];
    this.#frame(pen, theme, { x, width, top, floor, isFirst: head === 0, isLowest: layer === 0 });
    line(pen, theme.color("muted"), 1, [3, 4], [[x, floor - least * (floor - top)], [x + width, floor - least * (floor - top)]]);
    kinds.forEach((kind, i) => {
      const { color, dash } = lookOf(kind);
      line(pen, theme.color(color), kind === name ? 2.5 : 1.25, dash, steps.map((step, k) => at(step, value(k, layer, head, i))));
    });
    if (state.at !== null) line(pen, theme.color("text"), 1.5, [], [[at(state.at, 0)[0], top], [at(state.at, 0)[0], floor]]);
    const isOn = state.layer === layer && state.head === head;
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    pen.font = theme.font(12, "font", isOn ? 700 : 400);
    pen.fillStyle = theme.color("text");
    pen.fillText(`${keyOf(layer, head)} ${width < 60 ? "" : fitting(name, null, width - 24)}`, x, y + 22, width + LAYOUT.gap - 2);
  }

  #frame(pen, theme, { x, width, top, floor, isFirst, isLowest }) {
    pen.strokeStyle = theme.color("line");
    pen.lineWidth = 1;
    pen.strokeRect(x + 0.5, top + 0.5, width - 1, floor - top);
    pen.font = theme.font(11);
    pen.fillStyle = theme.color("muted");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    if (isFirst) for (const score of [0, 1]) pen.fillText(String(score), x - 5, floor - score * (floor - top) + (score ? 5 : -5));
    if (isFirst) turned(pen, "score", x - 20, (top + floor) / 2);
    pen.textAlign = "right";
    if (isLowest) pen.fillText(`step ${count(this.last)}`, x + width, floor + 8);
  }

  #stepAt(tile, x) {
    const { steps } = this.#lines();
    const wanted = ((x - tile.x) / tile.width) * this.last;
    return steps.reduce((best, step) => (Math.abs(step - wanted) < Math.abs(best - wanted) ? step : best), steps[0]);
  }

  #point(x, y) {
    const tile = tileAt(this.tiles, x, y);
    if (!tile) return null;
    const { steps, value } = this.#lines();
    const step = this.#stepAt(tile, x);
    const { kinds } = this.view.scores.header;
    return { x, y, lines: [`head ${keyOf(tile.layer, tile.head)} at step ${count(step)}`, ...kinds.map((kind, i) => `${kind} ${value(steps.indexOf(step), tile.layer, tile.head, i).toFixed(3)}`)] };
  }

  #click(x, y) {
    const tile = tileAt(this.tiles, x, y);
    if (!tile) return;
    const step = this.#stepAt(tile, x);
    const isKept = this.view.scores.header.history_steps.includes(step);
    this.state.change({ layer: tile.layer, head: tile.head, at: isKept ? step : null });
  }

  #words() {
    const { steps, value } = this.#lines();
    const { kinds } = this.view.scores.header;
    return this.view.allHeads().map(([layer, head]) => {
      const [name] = this.view.nameOf(layer, head);
      const kind = kinds.indexOf(name);
      if (kind < 0) return `${keyOf(layer, head)} ${name}`;
      const [first, last] = [0, steps.length - 1].map((at) => `${value(at, layer, head, kind).toFixed(2)} at step ${steps[at]}`);
      return `${keyOf(layer, head)} ${name}: from ${first} to ${last}`;
    }).join("; ");
  }

  #csv() {
    const { steps, value } = this.#lines();
    const { kinds } = this.view.scores.header;
    return [["step", "layer", "head", ...kinds], ...steps.flatMap((step, k) => this.view.allHeads().map(([layer, head]) => [step, layer, head, ...kinds.map((_, i) => value(k, layer, head, i))]))];
  }

  close() {
    this.figure.close();
  }
}

function line(pen, color, width, dash, points) {
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
  pen.setLineDash([]);
}

function turned(pen, text, x, y) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.fillText(text, 0, 0);
  pen.restore();
}
