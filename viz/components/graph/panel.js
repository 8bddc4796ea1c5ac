/** Beside the graph: all about one node: its numbers, its gradient and where that comes from, its rule, what it keeps. */

import { make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { drawCells, heatImage, RangeBar } from "../base/heat.js";
import { count, significant } from "../base/numbers.js";
import { mathOf } from "../stepper/math.js";
import { statistics } from "../stepper/picture.js";

const TALLEST = 150;           // pixels of a heatmap
const WIDEST = 72;             // cells side by side
const MAX_READERS = 8;
const TABLES = new Set(["tok_emb", "pos_emb"]);   // parameters that share their name with a value

export class Panel {
  /** @param {HTMLElement} place @param {{painter: Painter, theme: () => Theme, toggle: (box: string) => void, choose: (key: string) => void, base: string}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.title = make("h3");
    this.what = make("p.unit.what");
    this.open = make("button.tool", { onclick: () => this.toggle(this.key) });
    this.step = make("a.tool", { text: "the same on the Step page →" });
    this.words = make("p.rule");
    this.math = make("div.math");
    this.sums = make("div.sums");
    this.saved = make("div.saved");
    this.figures = make("div.node-figures");
    this.empty = make("p.unit.empty-panel");
    this.full = make("div.panel-full", {}, make("header", {}, this.title, this.what, make("div.panel-links", {}, this.open, this.step)),
      this.figures, this.sums, make("h4", { text: "How the gradient passes" }), this.words, this.math, this.saved);
    place.append(this.empty, this.full);
    this.arrays = null;
    const figure = (name, title, ramp) => this.#figure(name, title, ramp);
    this.heats = [figure("value", "value", "signed"), figure("gradient", "gradient", "signed")];
  }

  #figure(name, title, ramp) {
    const bar = new RangeBar();
    const figure = new Figure(this.figures, {
      title, file: name, height: TALLEST, painter: this.painter, theme: this.theme,
      paint: (pen, width, height) => this.#paint(pen, width, height, name, ramp, bar),
      alt: () => this.#alt(name), csv: () => this.#csv(name), point: (x, y) => this.#point(x, y, name),
      missing: () => (this.arrays?.[name]?.tiles ? "" : "The run is asked…"),
    });
    figure.tools.append(bar.element);
    return Object.assign(figure, { name });
  }

  /** @param {AutogradGraph} graph @param {string|null} key the item */
  show(graph, key) {
    Object.assign(this, { graph, key });
    this.full.hidden = !key;
    this.empty.hidden = Boolean(key);
    if (!key) return this.#overview();
    const { labels, nodes, rules } = graph;
    const [main, out] = [graph.main(key), graph.output(key)];
    const { name, says } = labels[key];
    const tap = graph.tap(key);
    const isTable = nodes[out].parameter && TABLES.has(tap);
    setText(this.title, tap || name);
    const kind = graph.kindOf(key);
    const members = graph.members.get(key);
    const parts = [says, `(${nodes[out].shape.join(", ") || "one number"})`, nodes[main].operation.replace("torch::autograd::", "")];
    setText(this.what, parts.filter(Boolean).join(" · "));
    this.open.hidden = kind === "node";
    setText(this.open, `open its ${members.length} nodes`);
    this.#link(isTable ? `${tap}.table` : tap);
    const rule = rules[nodes[main].kind];
    setText(this.words, rule.words);
    if (this.math.of !== rule.formula) this.math.replaceChildren(...mathOf((this.math.of = rule.formula)));
    this.#saved(members);
    this.#sums(out);
    return this.#draw();
  }

  #overview() {
    const { graph } = this;
    if (!graph) return;
    const all = graph.members.get("");
    setText(this.empty, `${count(graph.n)} nodes, ${count(graph.edges.length)} edges. For the way back they keep ${bytes(graph.savedBytes(all))}. `
      + "Click an operation to see its numbers and its rule; click a part to open it. Grey: values go up. Orange: gradients come down, wider where larger.");
  }

  #link(tap) {
    this.step.hidden = !tap;
    if (!tap) return;
    const query = new URLSearchParams(location.search);
    const kept = ["run", "text"].filter((name) => query.has(name)).map((name) => `${name}=${encodeURIComponent(query.get(name))}`);
    this.step.href = `${this.base}/step?${[...kept, `op=${encodeURIComponent(`grad:${tap}`)}`].join("&")}`;
  }

  /** @param {object} arrays of the look: whole tensors of the node */
  takes(arrays) {
    this.arrays = arrays;
    this.#draw();
    if (this.key) this.#sums(this.graph.output(this.key));
  }

  #draw() {
    for (const figure of this.heats) {
      const array = this.arrays?.[figure.name];
      figure.element.hidden = !array;
      if (!array) continue;
      const width = this.figures.clientWidth || 270;
      array.tiles = tilesOf(array.shape, this.graph.nodes[this.graph.output(this.key)].shape);
      array.cell = Math.min(16, width / array.tiles.columns);
      array.height = Math.max(10, Math.min(TALLEST, array.cell * array.tiles.rows));
      figure.box.style.height = `${array.height}px`;
      figure.mark();
    }
  }

  /** Cells of heads and sequences stand side by side, as many as fit. */
  #paint(pen, width, height, name, ramp, bar) {
    const array = this.arrays[name];
    const { tiles, cell } = array;
    const { size: most } = statistics(array.data);
    bar.show(-most, most, ramp);
    const share = (column, row) => {
      const at = tiles.at(column, row);
      const value = at < 0 ? NaN : array.data[at];
      return Number.isFinite(value) ? 0.5 + value / (2 * most || 1) : NaN;
    };
    drawCells(pen, heatImage(tiles.columns, tiles.rows, share, this.theme().ramp(ramp)), 0, 0, cell * tiles.columns, Math.min(height, cell * tiles.rows));
  }

  #point(x, y, name) {
    const array = this.arrays[name];
    const [column, row] = [Math.floor(x / array.cell), Math.floor((y / array.height) * array.tiles.rows)];
    const at = column < array.tiles.columns && row < array.tiles.rows ? array.tiles.at(column, row) : -1;
    if (at < 0) return null;
    const columns = array.shape[1];
    const index = indexOf(this.graph.nodes[this.graph.output(this.key)].shape, Math.floor(at / columns), at % columns);
    return { x, y, lines: [`[${index.join(", ")}]`, significant(array.data[at], 6)] };
  }

  #alt(name) {
    const { shape: [rows, columns], data } = this.arrays[name];
    const { low, high, norm } = statistics(data);
    return `${name}, ${rows} ${rows === 1 ? "row" : "rows"} by ${columns} columns, from ${significant(low)} to ${significant(high)}, norm ${significant(norm)}.`;
  }

  #csv(name) {
    const array = this.arrays[name];
    const [rows, columns] = array.shape;
    const head = ["row", ...Array.from({ length: columns }, (_, i) => String(i))];
    return [head, ...Array.from({ length: rows }, (_, row) => [row, ...array.data.subarray(row * columns, (row + 1) * columns)])];
  }

  /** Which readers the gradient comes from; several are added up, number by number. */
  #sums(out) {
    const { graph } = this;
    const readers = graph.readers[out];
    if (!readers.length) return this.sums.replaceChildren();
    const line = (reader) => make("li", {}, make("span", { text: graph.nameOf(reader) }),
      make("b", { text: significant(graph.flow({ value: out, target: String(reader) })?.norm) }));
    const total = graph.gradient(out);
    const several = readers.length > 1;
    const head = make("h4", { text: several ? `${readers.length} gradients add up` : "Where the gradient comes from" });
    const list = make("ul", {}, ...readers.slice(0, MAX_READERS).map(line));
    if (several) list.append(make("li.total", {}, make("span", { text: "their sum" }), make("b", { text: significant(total?.norm) })));
    const note = "These are norms. The gradients are added number by number, so their norms need not add up.";
    return this.sums.replaceChildren(head, list, ...(several ? [make("p.unit", { text: note })] : []));
  }

  #saved(members) {
    const { graph } = this;
    const kept = members.flatMap((node) => graph.nodes[node].saved);
    const rows = kept.map(([name, shape, n, of]) => make("tr", {}, make("td", {}, make("code", { text: name })), make("td", { text: `(${shape.join(", ")})` }),
      make("td", { text: graph.isParameter(of) ? "the parameter itself" : bytes(n) }), make("td.unit", { text: of })));
    const head = make("h4", { text: kept.length ? "Kept for the way back" : "Keeps nothing for the way back" });
    this.saved.replaceChildren(head, ...(kept.length ? [make("table", {}, ...rows)] : []));
  }

  close() {
    for (const figure of this.heats) figure.close();
  }
}

function bytes(n) {
  return n < 1024 ? `${n} bytes` : n < 1048576 ? `${significant(n / 1024)} KB` : `${significant(n / 1048576)} MB`;
}

/** Matrices of one tensor side by side, with a gap between: which number lies where. */
function tilesOf([rows, columns], shape) {
  const tall = shape.length > 2 ? shape.at(-2) : rows;
  const n = Math.ceil(rows / tall);
  const across = Math.max(1, Math.min(n, Math.floor((WIDEST + 1) / (columns + 1))));
  const [wide, high] = [across * (columns + 1) - 1, Math.ceil(n / across) * (tall + 1) - 1];
  const at = (column, row) => {
    const [i, j, x, y] = [Math.floor(column / (columns + 1)), Math.floor(row / (tall + 1)), column % (columns + 1), row % (tall + 1)];
    const matrix = j * across + i;
    const line = matrix * tall + y;
    return x === columns || y === tall || line >= rows ? -1 : line * columns + x;
  };
  return { columns: wide, rows: high, at };
}

/** The index of a cell in a tensor of which all axes but the last lie below each other. */
function indexOf(shape, row, column) {
  if (!shape.length) return [];
  const index = [column];
  for (const size of shape.slice(0, -1).reverse()) {
    index.unshift(row % size);
    row = Math.floor(row / size);
  }
  return index;
}
