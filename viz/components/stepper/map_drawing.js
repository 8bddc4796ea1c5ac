/** The map's SVG elements: made once for each block that can be open, afterwards only their looks change. */

import { last } from "./trace.js";
import { mapLayout } from "./map_layout.js";

const SVG = "http://www.w3.org/2000/svg";
const SPINE = 20;              // pixels from the left edge
const BRANCHES = 46;           // where the three columns begin
const TOKENS = 26;             // pixels for the row of tokens
const LETTER = 7.3;
const LEAST_SHARE = 0.55;
const TALLEST_ROW = 30;

function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export class MapDrawing {
  width = 0;
  height = 0;
  #scenes = new Map();         // open block → {group, nodes, edges}
  #version = 0;
  #scene = null;

  /** @param {HTMLElement} parent @param {{changed: () => void, hover: (key: string|null) => void, click: (key: string) => void}} told */
  constructor(parent, { changed, hover, click }) {
    this.box = document.createElement("div");
    this.box.className = "map-box";
    this.svg = draw("svg", { role: "img", "aria-label": "Map of the model: tokens at the bottom, the loss at the top." }, ...arrows());
    this.box.append(this.svg);
    parent.append(this.box);
    const keyOf = (event) => event.target.closest?.("[data-key]")?.dataset.key ?? null;
    this.svg.addEventListener("pointermove", (event) => {
      const key = keyOf(event);
      if (key === this.under) return;
      this.under = key;
      hover(key);
    });
    this.svg.addEventListener("pointerleave", () => hover(this.under = null));
    this.svg.addEventListener("click", (event) => keyOf(event) !== null && click(keyOf(event)));
    this.observer = new ResizeObserver(() => this.#fit() && changed());
    this.observer.observe(this.box);
    this.#fit();
  }

  #fit() {
    const [width, height] = [this.box.clientWidth, this.box.clientHeight];
    if (width === this.width && height === this.height) return false;
    Object.assign(this, { width, height });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#scenes.clear();
    return true;
  }

  /** Put the model on the screen with one block unfolded. */
  show(store, open) {
    if (this.#version !== store.version) this.#scenes.clear();
    this.#version = store.version;
    if (!this.#scenes.has(open)) this.#scenes.set(open, this.#sceneOf(store, open));
    const scene = this.#scenes.get(open);
    if (scene === this.#scene) return;
    this.#scene?.group.remove();
    this.#scene = scene;
    this.svg.append(scene.group);
  }

  /** @param {string} part @param {(key: string) => string} look @param {(edge: Edge) => {width: number, look: string}} line */
  paint(part, look, line) {
    setClass(this.svg, part);
    const { nodes, edges } = this.#scene;
    for (const { element, key, kind } of nodes) setClass(element, `${kind} ${look(key)}`);
    for (const { element, edge } of edges) {
      const { width, look: name } = line(edge);
      setClass(element, `edge ${name}`);
      const style = width.toFixed(1);
      if (element.width !== style) element.setAttribute("stroke-width", (element.width = style));
    }
  }

  #sceneOf(store, open) {
    const { nodes, edges, nRows } = mapLayout(store, open);
    const row = Math.min(TALLEST_ROW, (this.height - TOKENS - 4) / nRows);
    const places = new Map(nodes.map((node) => [node.key, this.#place(node, row)]));
    const scene = { group: draw("g", {}), nodes: [], edges: [] };
    for (const edge of edges) {
      const element = draw("path", { d: pathBetween(places.get(edge.from), places.get(edge.to)), class: "edge" });
      scene.edges.push({ element, edge });
      scene.group.append(element);
    }
    const add = (element, key, kind) => {
      element.dataset.key = key;
      scene.nodes.push({ element, key, kind });
      return element;
    };
    for (const node of nodes) scene.group.append(...this.#drawNode(node, places.get(node.key), add));
    scene.group.append(this.#tokens(store));
    return scene;
  }

  #place({ isSpine, isFolded, row, columns }, rowHeight) {
    const y = this.height - TOKENS - (row + 0.5) * rowHeight;
    const half = Math.max(6, rowHeight / 2 - 2.5);
    if (isFolded) {
      const third = (this.width - 8) / 3;
      return { x: SPINE, y, left: 4 + columns[0] * third, width: (columns[1] - columns[0]) * third, half, isSpine };
    }
    if (isSpine) return { x: SPINE, y, left: SPINE - half, width: 2 * half, half: Math.min(half, 8), isSpine };
    const third = (this.width - BRANCHES - 2) / 3;
    const left = BRANCHES + columns[0] * third;
    const width = (columns[1] - columns[0]) * third - 4;
    return { x: left + width / 2, y, left, width, half, isSpine };
  }

  #drawNode(node, place, add) {
    const { key, isSpine, isFolded, isSum, parameters } = node;
    const { x, y, left, width, half } = place;
    const name = isFolded ? key.replace("blocks.", node.isAlone ? "block " : "") : last(key);
    const lastBadge = isSpine ? x + 14 + 6.8 * name.length + 9 * parameters.length : left + width - 10;
    const badges = isFolded ? [] : parameters.map((parameter, i) => this.#badge(parameter, lastBadge - 9 * i, y, add));
    if (isSpine && !isFolded) {
      const group = draw("g", {}, draw("circle", { cx: x, cy: y, r: half - (isSum ? 0 : 2) }), text(x + 13, y, name, "start"));
      if (isSum) group.append(draw("path", { d: `M${x - 4} ${y}H${x + 4}M${x} ${y - 4}V${y + 4}`, class: "plus" }));
      return [add(group, key, "node spine"), ...badges];
    }
    const room = 9 * badges.length;
    const group = draw("g", {}, draw("rect", { x: left, y: y - half, width, height: 2 * half, rx: Math.min(half, 6) }),
      text(left + (width - room) / 2, y, name, "middle"));
    return [add(group, key, isFolded ? "node fold" : "node"), ...badges];
  }

  /** A parameter: a small square at the operation that reads it. */
  #badge(parameter, x, y, add) {
    return add(draw("rect", { x, y: y - 3.5, width: 7, height: 7, rx: 1.5 }), parameter, "badge");
  }

  #tokens({ manifest: { labels } }) {
    const group = draw("g", { class: "tokens" });
    const wide = (label) => Math.max(20, label.length * LETTER + 6);
    const all = labels.reduce((sum, label) => sum + wide(label), 0);
    const share = Math.max(LEAST_SHARE, Math.min(1, (this.width - 20) / all));   // letters may stand closer than words
    let x = 2;
    for (const label of labels) {
      const own = label.length > 2 ? wide(label) : wide(label) * share;
      const isFull = x + own > this.width - 14;
      group.append(text(x + (isFull ? 10 : own) / 2, this.height - 10, isFull ? "…" : label, "middle"));
      if (isFull) break;
      x += own;
    }
    return group;
  }

  close() {
    this.observer.disconnect();
  }
}

function text(x, y, words, anchor) {
  const element = draw("text", { x, y, "text-anchor": anchor });
  element.textContent = words;
  return element;
}

function setClass(element, name) {
  if (element.look !== name) element.setAttribute("class", (element.look = name));
}

/** From the top of one place to the bottom of another: straight along the spine, else a soft bend. */
function pathBetween(from, to) {
  const [y1, y2] = [from.y - from.half, to.y + to.half];
  if (from.isSpine && to.isSpine) return `M${SPINE} ${y1}V${y2}`;
  if (from.isSpine) return `M${SPINE} ${y1}C${SPINE} ${y2 - 2} ${to.left - 8} ${to.y} ${to.left} ${to.y}`;
  if (to.isSpine) return `M${from.left} ${from.y}C${from.left - 8} ${from.y} ${SPINE} ${from.y} ${SPINE} ${y2}`;
  const [left, right] = [Math.max(from.left, to.left), Math.min(from.left + from.width, to.left + to.width)];
  if (right > left) return `M${(left + right) / 2} ${y1}V${y2}`;
  const middle = (y1 + y2) / 2;
  return `M${from.x} ${y1}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${y2}`;
}

function arrows() {
  const head = (id, orient) => draw("marker", { id, viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 8, markerHeight: 8,
    markerUnits: "userSpaceOnUse", orient }, draw("path", { d: "M0 0L8 4L0 8z" }));
  return [draw("defs", {}, head("forward", "auto"), head("backward", "auto-start-reverse"))];
}
