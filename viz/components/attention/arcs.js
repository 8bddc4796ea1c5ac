/** One head as arcs between tokens: above the line what a token looks at, below it what looks at that token. */

import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { Frame } from "./frame.js";
import { labelEvery } from "./tiles.js";

const SIDE = 16;               // pixels free at both ends
const LEAST = 0.02;            // of a token's attention: thinner arcs are not seen
const MOST_LINES = 5;

export class Arcs {
  #hovered = null;

  /** @param {HTMLElement} place @param {{state: AttentionState, view: object, painter: Painter, theme: () => Theme}} needs */
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, theme });
    this.figure = new Figure(place, {
      title: "Who looks at whom", file: "attention-arcs", height: 230, painter, theme,
      caption: "Point at a token. Above the line, blue: what it looks at. Below, yellow: what looks at it. Thicker is more.",
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#words(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), missing: () => Frame.missing(view.frame, state), hasDraft: () => Boolean(view.frame),
    });
    const { box } = this.figure;
    box.addEventListener("pointerleave", () => this.#hover(null));
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("blur", () => this.#hover(null));
  }

  /** The token pointed at, else the query of the chosen pair, else none. */
  get focus() {
    const n = this.view.frame?.n ?? 0;
    const at = this.#hovered ?? this.state.pair?.[0] ?? null;
    return at !== null && at < n ? at : null;
  }

  draw() {
    this.figure.draw();
  }

  #hover(at) {
    if (at === this.#hovered) return;
    this.#hovered = at;
    this.figure.mark();
  }

  #paint(pen, width, height) {
    const { frame } = this.view;
    const theme = this.theme();
    const { n } = frame;
    const { focus } = this;
    const at = frame.pattern(this.state.layer, this.state.head);
    const line = height * 0.62;
    this.step = (width - 2 * SIDE) / n;
    const x = (i) => SIDE + (i + 0.5) * this.step;
    const room = { up: line - 26, down: height - line - 26, width: width - 2 * SIDE };
    for (let query = 0; query < n; query++) {
      if (focus !== null && query !== focus) continue;
      for (let key = 0; key <= query; key++) arc(pen, theme.color("query"), x(query), x(key), line - 14, -room.up, room.width, at(query, key), focus === null ? 0.7 : 1);
    }
    for (let query = focus ?? n; query < n; query++) arc(pen, theme.color("key"), x(focus), x(query), line + 14, room.down, room.width, at(query, focus), 1);
    this.#tokens(pen, theme, frame, x, line);
    if (focus === null) return;
    pen.font = theme.font(12);
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    pen.fillStyle = theme.color("query-text");
    pen.fillText(`“${frame.labels[focus]}” looks at`, 2, 12);
    pen.fillStyle = theme.color("key-text");
    pen.fillText(`looks at “${frame.labels[focus]}”`, 2, height - 4);
  }

  #tokens(pen, theme, { labels, n }, x, line) {
    const every = labelEvery(labels, this.step);
    const { focus } = this;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let i = 0; i < n; i++) {
      const isFocus = i === focus;
      const isNear = focus !== null && Math.abs(i - focus) < every;
      if (isFocus ? false : i % every || isNear) continue;
      pen.font = theme.font(Math.min(16, Math.max(10, this.step * 0.9)), "code-font", isFocus ? 700 : 400);
      pen.fillStyle = theme.color(focus === null || isFocus ? "text" : "muted");
      pen.fillText(labels[i], x(i), line);
    }
  }

  #point(x, y) {
    const { frame } = this.view;
    const token = Math.floor((x - SIDE) / this.step);
    const isInside = token >= 0 && token < frame.n;
    this.#hover(isInside ? token : null);
    return isInside ? { x, y, lines: this.#lines(token) } : null;
  }

  #lines(token) {
    const { frame } = this.view;
    const { layer, head } = this.state;
    if (!frame.isExact(layer, head)) return [`“${frame.labels[token]}” at ${token}`, "its numbers are on their way"];
    const at = frame.pattern(layer, head);
    const all = [...Array(frame.n).keys()];
    const most = (list) => list.filter(([, share]) => share >= LEAST).sort((a, b) => b[1] - a[1]).slice(0, MOST_LINES)
      .map(([other, share]) => `  ${significant(share)} “${frame.labels[other]}” at ${other}`);
    const seenBy = most(all.slice(token).map((query) => [query, at(query, token)]));
    return [`“${frame.labels[token]}” at ${token} looks at`, ...most(all.slice(0, token + 1).map((key) => [key, at(token, key)])),
      seenBy.length ? "and is looked at by" : "and is hardly looked at", ...seenBy];
  }

  #key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const { frame } = this.view;
    if (!by || !frame || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const token = Math.min(frame.n - 1, Math.max(0, (this.focus ?? (by > 0 ? -1 : frame.n)) + by));
    this.#hover(token);
    this.figure.showTip({ x: SIDE + (token + 0.5) * this.step, y: 40, lines: this.#lines(token) });
  }

  #words() {
    const { focus } = this;
    return focus === null ? this.#wholeWords() : this.#lines(focus).join(", ");
  }

  /** The widest arcs, where no token is pointed at. */
  #wholeWords() {
    const { frame } = this.view;
    const widest = this.#shares().sort((a, b) => b[2] - a[2]).slice(0, MOST_LINES)
      .map(([query, key, share]) => `“${frame.labels[query]}” at ${query} to “${frame.labels[key]}” at ${key} ${significant(share, 2)}`);
    return `Arcs between ${frame.n} tokens at step ${frame.header.at}, the widest: ${widest.join(", ")}. Arrow keys choose a token.`;
  }

  /** Every query with every key that it can see: [query, key, share]. */
  #shares() {
    const { frame } = this.view;
    const at = frame.pattern(this.state.layer, this.state.head);
    return Array.from({ length: frame.n }, (_, query) => Array.from({ length: query + 1 }, (_, key) => [query, key, at(query, key)])).flat();
  }

  #csv() {
    const { frame } = this.view;
    const rows = this.#shares().map(([query, key, share]) => [query, frame.labels[query], key, frame.labels[key], share]);
    return [["query", "query_token", "key", "key_token", "attention"], ...rows];
  }

  close() {
    this.figure.close();
  }
}

/** From one token to another: as wide as its share, as high as it is far; to itself a loop. */
function arc(pen, color, from, to, y, room, width, share, strength) {
  if (!(share >= LEAST)) return;
  const far = Math.abs(to - from);
  const high = room * (0.18 + 0.82 * Math.sqrt(far / width));
  pen.save();
  pen.strokeStyle = color;
  pen.globalAlpha = strength * Math.min(1, 0.15 + 0.85 * share);
  pen.lineWidth = 0.75 + 6 * share;
  pen.beginPath();
  pen.moveTo(from, y);
  if (far < 1) pen.bezierCurveTo(from - 12, y + high, from + 12, y + high, from, y);
  else pen.bezierCurveTo(from, y + high * 1.3, to, y + high * 1.3, to, y);
  pen.stroke();
  pen.restore();
}
