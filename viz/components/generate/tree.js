/** What else could have been written: the likely tokens of the last few draws, the one that was taken, and what comes next. */

import { Figure } from "../base/figure.js";
import { fitted, labelRoom } from "../base/label.js";
import { significant } from "../base/numbers.js";
import { stagesOf } from "./sampling.js";

const N_DRAWS = 5, N_TOKENS = 4;
const ROW = 40, HEAD = 26, TALL = 30, NARROWEST = 78;
const CHANCE = 40;            // pixels of a probability inside its node

export class Tree {
  #stages = new WeakMap();
  at = null;                   // [column, row] of the node that the keys are on

  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "What else it could have written", caption: "", file: "alternatives", height: HEAD + (N_TOKENS + 1) * ROW, painter: needs.painter, theme: needs.theme,
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), click: (x, y) => this.#click(this.#under(x, y)),
      missing: () => (this.scene() || this.written().length ? "" : "The model is asked…"),
    });
    const { box } = this.figure;
    box.classList.add("pick");
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("blur", () => this.#walk(null));
  }

  mark() {
    this.figure.say(this.figure.title, "The likely tokens at the last draws, with their probabilities; the line follows what was taken. Click another one to branch off there.");
    this.figure.mark();
  }

  #stagesOf(entry) {
    if (!this.#stages.has(entry)) this.#stages.set(entry, stagesOf(entry.from.logits, entry.rule));
    return this.#stages.get(entry);
  }

  /** The columns from left to right: @returns {{i: number, taken: number|null, nodes: {token: number, chance: number}[]}[]} */
  #columns() {
    const written = this.written();
    const n = Math.min(N_DRAWS, Math.floor(this.figure.surface.width / (NARROWEST + Math.max(0, labelRoom(this.vocabulary()) - 16))) - 1);
    const first = Math.max(0, written.length - n);
    const columns = written.slice(first).map((entry, j) => ({ i: first + j, taken: entry.token, nodes: likely(this.#stagesOf(entry), entry.token) }));
    const scene = this.scene();
    if (scene) columns.push({ i: written.length, taken: null, next: scene.token, nodes: likely(scene.stages, scene.token) });
    return columns;
  }

  #place(columns, j, row) {
    const wide = this.figure.surface.width / Math.max(3, columns.length);
    return { x: (j + 0.08) * wide, y: HEAD + row * ROW + (ROW - TALL) / 2, wide: wide * 0.8, tall: TALL };
  }

  #paint(pen) {
    const theme = this.theme();
    const columns = this.#columns();
    pen.textBaseline = "middle";
    columns.forEach((column, j) => this.#edges(pen, theme, columns, j));
    columns.forEach((column, j) => {
      const { x } = this.#place(columns, j, 0);
      pen.font = theme.font(12);
      pen.textAlign = "left";
      pen.fillStyle = theme.color("muted");
      pen.fillText(column.taken === null ? "comes next" : `token ${column.i + 1}`, x, HEAD / 2);
      column.nodes.forEach((node, row) => this.#node(pen, theme, this.#place(columns, j, row), node, column, this.at?.[0] === j && this.at[1] === row));
    });
  }

  #edges(pen, theme, columns, j) {
    const row = columns[j - 1]?.nodes.findIndex(({ token }) => token === columns[j - 1].taken);
    if (j === 0) return;
    const from = this.#place(columns, j - 1, row);
    columns[j].nodes.forEach(({ token, chance }, to) => {
      const end = this.#place(columns, j, to);
      const [left, right, y, below] = [from.x + from.wide, end.x, from.y + TALL / 2, end.y + TALL / 2];
      pen.strokeStyle = theme.color(token === columns[j].taken ? "drawn" : "line");
      pen.lineWidth = 1 + 5 * chance;
      pen.beginPath();
      pen.moveTo(left, y);
      pen.bezierCurveTo((left + right) / 2, y, (left + right) / 2, below, right, below);
      pen.stroke();
    });
  }

  #node(pen, theme, { x, y, wide, tall }, { token, chance }, { taken, next }, isFocused) {
    const isTaken = token === taken;
    pen.fillStyle = theme.color("surface");
    pen.beginPath();
    pen.roundRect(x, y, wide, tall, 6);
    pen.fill();
    pen.fillStyle = theme.color(isTaken ? "drawn" : "query");
    pen.globalAlpha = isTaken ? 0.4 : 0.25;
    pen.fillRect(x, y + tall - 5, wide * chance, 5);
    pen.globalAlpha = 1;
    pen.strokeStyle = theme.color(isFocused ? "text" : isTaken || token === next ? "drawn" : "line");
    pen.lineWidth = isTaken || isFocused ? 2 : 1;
    if (token === next) pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.roundRect(x, y, wide, tall, 6);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = theme.color("text");
    pen.font = theme.font(14, "code-font", isTaken ? 600 : 400);
    pen.textAlign = "left";
    pen.fillText(fitted(pen, this.vocabulary()[token], wide - CHANCE - 8), x + 8, y + tall / 2 - 1);
    pen.font = theme.font(12);
    pen.textAlign = "right";
    pen.fillStyle = theme.color("muted");
    pen.fillText(inBrief(chance), x + wide - 6, y + tall / 2 - 1);
  }

  #under(x, y) {
    const columns = this.#columns();
    for (const [j, { nodes }] of columns.entries()) {
      for (const row of nodes.keys()) {
        const box = this.#place(columns, j, row);
        if (x >= box.x && x <= box.x + box.wide && y >= box.y && y <= box.y + box.tall) return { column: columns[j], node: nodes[row] };
      }
    }
    return null;
  }

  #point(x, y) {
    const found = this.#under(x, y);
    if (!found) return null;
    const { column: { i, taken }, node: { token, chance } } = found;
    const act = token === taken ? "this one was taken" : taken === null ? "click: write it by hand" : "click: branch off here";
    return { x, y, lines: [`“${this.vocabulary()[token]}” as token ${i + 1}`, `probability ${significant(chance, 6)}`, act] };
  }

  #click(found) {
    if (!found || found.node.token === found.column.taken) return;
    if (found.column.taken === null) this.choose(found.node.token);
    else this.branch(found.column.i, found.node.token, found.node.chance);
  }

  #walk(at) {
    this.at = at;
    this.figure.mark();
  }

  #key(event) {
    const columns = this.#columns();
    const [j, row] = this.at ?? [columns.length - 1, -1];
    const go = (column, to) => () => columns[column] && this.#walk([column, Math.min(columns[column].nodes.length - 1, Math.max(0, to))]);
    const act = {
      ArrowLeft: go(j - 1, row), ArrowRight: go(j + 1, row), ArrowUp: go(j, row - 1), ArrowDown: go(j, row + 1),
      Enter: () => columns[j]?.nodes[row] && this.#click({ column: columns[j], node: columns[j].nodes[row] }),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  #alt() {
    const word = ({ token, chance }, taken) => `“${this.vocabulary()[token]}” ${significant(chance, 2)}${token === taken ? " (taken)" : ""}`;
    const words = this.#columns().map(({ i, taken, nodes }) => `token ${i + 1}: ${nodes.map((node) => word(node, taken)).join(", ")}`);
    return `Alternatives. ${words.join("; ")}. Arrow keys walk, Enter takes.`;
  }

  #csv() {
    const rows = this.#columns().flatMap(({ i, taken, nodes }) => nodes.map(({ token, chance }) => [i + 1, token, this.vocabulary()[token], chance, token === taken ? 1 : 0]));
    return [["place", "token", "text", "probability", "taken"], ...rows];
  }

  close() {
    this.figure.close();
  }
}

/** The likeliest tokens after the last stage, and the one that matters if it is not among them. */
function likely({ order, topP, nTopP }, token) {
  const tokens = Array.from(order.subarray(0, Math.min(N_TOKENS, nTopP)));
  if (!tokens.includes(token)) tokens.push(token);
  return tokens.map((id) => ({ token: id, chance: topP[id] }));
}

function inBrief(chance) {
  if (!chance) return "cut";
  return chance < 0.005 ? "<0.01" : chance.toFixed(2);
}
