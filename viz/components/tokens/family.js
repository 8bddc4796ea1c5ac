/** One token's family: the pieces that it was merged from, and the tokens that were made with it. */

import { Figure } from "../base/figure.js";
import { fitted } from "../base/label.js";
import { box } from "./box.js";
import { N_BYTES } from "./record.js";

const HEIGHT = 300;
const TALLEST = 34;
const MOST_USERS = 12;
const WIDE = 0.62;             // share of the picture that the pieces take

export class Family {
  #boxes = [];

  constructor(place, { walk, painter, theme, zoom }) {
    Object.assign(this, { walk, theme, zoom });
    this.figure = new Figure(place, {
      title: "What a token is made of", file: "tokens-family", height: HEIGHT * zoom, painter, theme,
      paint: (pen, width, height) => this.#paint(pen, width, height),
      alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x, y) => this.#click(x, y),
      missing: () => (walk.record && walk.shown !== null ? "" : "No token has been merged: press → above."),
    });
  }

  mark() {
    if (this.walk.shown === null) this.figure.say("What a token is made of", "");
    this.figure.mark();
  }

  /** The pieces as columns: bytes on the left, the token itself on the right; rows are leaves. */
  #pieces(id) {
    const { record } = this.walk;
    const nodes = [];
    let leaves = 0;
    const grow = (token) => {
      const parts = record.parts(token);
      if (!parts) {
        const node = { id: token, row: leaves++, depth: 0, parts: [] };
        nodes.push(node);
        return node;
      }
      const below = parts.map(grow);
      const node = { id: token, row: (below[0].row + below[1].row) / 2, depth: 1 + Math.max(below[0].depth, below[1].depth), parts: below };
      nodes.push(node);
      return node;
    };
    const root = grow(id);
    return { nodes, root, leaves };
  }

  /** Tokens made with this one, and with those in turn, as far as there is room: [id, how far away]. */
  #users(id) {
    const { record } = this.walk;
    const found = [];
    const follow = (token, depth) => {
      for (const user of record.users(token)) {
        if (found.length >= MOST_USERS || found.some(([known]) => known === user)) continue;
        found.push([user, depth]);
        follow(user, depth + 1);
      }
    };
    follow(id, 0);
    return found;
  }

  #paint(pen, width, height) {
    const { record, shown: id } = this.walk;
    this.#boxes = [];
    const [theme, { zoom }] = [this.theme(), this];
    const { nodes, root, leaves } = this.#pieces(id);
    const users = this.#users(id);
    const split = users.length ? width * WIDE : width;
    const columns = this.#columns(pen, theme, nodes, root.depth, split);
    const tall = Math.min(TALLEST * zoom, height / leaves);
    const shift = (height - leaves * tall) / 2;
    const at = ({ depth, row }) => ({ ...columns[depth], y: shift + row * tall, tall });
    pen.lineWidth = 1.5;
    for (const node of nodes) for (const part of node.parts) this.#line(pen, theme, at(part), at(node), node.id);
    const rootAt = at(root);
    const each = Math.min(TALLEST * zoom, height / Math.max(1, users.length));
    const placed = users.map(([user, depth], i) => ({ user, x: split + 16 + depth * 14, y: (height - users.length * each) / 2 + i * each, wide: width - split - 20 - depth * 14, tall: each }));
    for (const place of placed) this.#line(pen, theme, rootAt, place, place.user);
    for (const node of nodes) this.#node(pen, theme, node.id, at(node), node === root);
    for (const place of placed) this.#node(pen, theme, place.user, place, false);
    this.#say(id, users);
  }

  /** Each column as wide as its longest label, all of them narrower where there is not enough room. */
  #columns(pen, theme, nodes, depth, room) {
    const { record } = this.walk;
    pen.font = theme.font(14 * this.zoom, "code-font", 600);
    const wanted = Array.from({ length: depth + 1 }, (_, i) => Math.max(...nodes.filter((node) => node.depth === i).map((node) => pen.measureText(record.label(node.id)).width)) + 14);
    const spare = room - wanted.reduce((sum, each) => sum + each, 0);
    const gap = Math.min(48 * this.zoom, Math.max(10, spare / (depth + 1)));
    const scale = Math.min(1, (room - gap * (depth + 1)) / (room - spare));
    let x = gap / 2;
    return wanted.map((each) => {
      const column = { x, wide: each * scale };
      x += each * scale + gap;
      return column;
    });
  }

  #line(pen, theme, from, to, id) {
    pen.strokeStyle = theme.color(this.#isLearned(id) ? "muted" : "line");
    pen.setLineDash(this.#isLearned(id) ? [] : [3, 3]);
    pen.beginPath();
    const [x0, y0, x1, y1] = [from.x + from.wide, from.y + from.tall / 2, to.x, to.y + to.tall / 2];
    pen.moveTo(x0, y0);
    pen.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1);
    pen.stroke();
    pen.setLineDash([]);
  }

  /** After as many merges as there are now. */
  #isLearned(id) {
    return id - N_BYTES < this.walk.k;
  }

  #node(pen, theme, id, { x, y, wide, tall }, isChosen) {
    const [isLearned, high] = [this.#isLearned(id), Math.min(tall - 3, 28 * this.zoom)];
    const top = y + (tall - high) / 2;
    const fill = !isLearned ? theme.color("background") : isChosen ? theme.color("chosen") : theme.color(id >= N_BYTES ? "merged" : "surface");
    box(pen, x, top, wide, high, { fill, stroke: theme.color(isChosen ? "text" : "line") });
    const size = Math.max(8, Math.min(14 * this.zoom, high - 3));
    pen.font = theme.font(size, "code-font", isChosen ? 600 : 400);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = theme.color(isLearned ? "text" : "muted");
    pen.fillText(fitted(pen, this.walk.record.label(id), wide - 6), x + wide / 2, top + high / 2 + 0.5);
    this.#boxes.push({ id, x, y: top, wide, tall: high });
  }

  #say(id, users) {
    const { record, k } = this.walk;
    const name = record.inWords(id);
    const inside = users.length ? ` It is inside ${users.slice(0, 4).map(([user]) => record.inWords(user)).join(", ")}${users.length > 4 ? " …" : ""}.` : " No later token was made with it.";
    const when = id < N_BYTES ? "a byte" : `id ${id}, made by merge ${id - 255}`;
    this.figure.say(`What ${name} is made of`, `${when}${this.#isLearned(id) ? "." : `: not yet, now it is ${k}.`}${inside}${k < record.n ? " Dashed: not merged yet." : ""}`);
  }

  #under(x, y) {
    return this.#boxes.find((each) => x >= each.x && x < each.x + each.wide && y >= each.y && y < each.y + each.tall);
  }

  #point(x, y) {
    const found = this.#under(x, y);
    if (!found) return null;
    const { record } = this.walk;
    const parts = record.parts(found.id);
    return { x, y, lines: [`${record.label(found.id)}, id ${found.id}`, parts ? `merge ${found.id - 255}: ${record.pairInWords(parts)}, ${record.counts[found.id - N_BYTES]} times` : "a byte"] };
  }

  #click(x, y) {
    const found = this.#under(x, y);
    if (found && found.id >= N_BYTES) this.walk.choose(found.id);
  }

  #alt() {
    const { record, shown: id } = this.walk;
    const told = (token) => {
      const parts = record.parts(token);
      return parts ? `${record.label(token)} = ${record.pairInWords(parts)}` : record.label(token);
    };
    const { nodes } = this.#pieces(id);
    const users = this.#users(id).map(([user]) => told(user));
    return `${nodes.filter(({ parts }) => parts.length).map((node) => told(node.id)).join("; ")}. Made with it: ${users.join("; ") || "nothing"}.`;
  }

  #csv() {
    const { record, shown: id } = this.walk;
    const rows = [["id", "token", "left", "right", "merge"]];
    const ids = [...new Set([...this.#pieces(id).nodes.map((node) => node.id), ...this.#users(id).map(([user]) => user)])];
    return [...rows, ...ids.map((each) => [each, record.label(each), ...(record.parts(each)?.map((part) => record.label(part)) ?? ["", ""]), Math.max(0, each - 255)])];
  }

  close() {
    this.figure.close();
  }
}
