/** Puts the sheets of open boxes together: where everything stands, in pixels. Pure.

  Each box was laid out once, closed ones inside it as wide as their label. An open one is larger: what stands beside it
  moves aside, and whatever stands in one line with it goes on doing so. */

import { ROOT } from "./autograd_graph.js";

export const TALL = 26;        // pixels: a node, a closed operation
const PART = 34;               // a closed part of the model
const GAP = 14;                // between two rows
const AT_PORT = 12;            // between a box's edge and its first row
const HEAD = 20;               // for the name of an open box
const SIDE = 14;

/**
 * @param {AutogradGraph} graph @param {Set<string>} open
 * @returns {{width: number, height: number, items: Map<string, Item>, wires: Wire[]}} y runs down
 * @typedef {{key: string, x: number, y: number, width: number, height: number, isOpen: boolean, depth: number}} Item (x, y) is the upper left corner
 * @typedef {{key: string, box: string, value: number, source: string, target: string, points: number[][]}} Wire from the source's top up to the target's bottom
 */
export function compose(graph, open) {
  const whole = placed(graph, ROOT, open);
  const found = { width: whole.width, height: whole.height, items: new Map(), wires: [] };
  unfold(whole, 0, whole.height, 0, found);
  return found;
}

const isPort = (item) => typeof item === "string" && /^(in|out) /.test(item);
const isLane = (item) => typeof item === "number";
const hasPort = (row) => Boolean(row?.some(([item]) => isPort(item)));

/** A box's inside. Here y runs up from its lower edge. */
function placed(graph, box, open) {
  const { rows, wires } = graph.sheets[box];
  const isRoot = box === ROOT;
  const opened = rows.flat().filter(([item]) => open.has(item));
  const inner = new Map(opened.map(([item]) => [item, placed(graph, item, open)]));
  const size = (item) => inner.get(item) ?? { width: graph.labels[item].width, height: graph.kindOf(item) === "part" ? PART : TALL };
  const shift = shifts(opened.map(([item, x]) => grown(x, graph.labels[item].width, inner.get(item))));
  const { places, lanes, top } = stacked(rows, size, (x) => x + shift(x) + (isRoot ? 0 : SIDE), isRoot);
  const height = isRoot ? top : top + (hasPort(rows.at(-1)) ? 0 : HEAD);
  const ports = new Map([...places].filter(([item]) => isPort(item)).map(([item, { x }]) => [item, x]));
  const width = widthOf(places, lanes, isRoot ? null : graph.labels[box].name);
  return { box, inner, places, lanes, ports, anchor: [...ports.values()][0] ?? width / 2, width, height, wires };
}

/** How much an open box at `x` needs on both sides beyond what it needs closed. */
function grown(x, closed, { width, anchor }) {
  const half = closed / 2;
  return { x, left: x - half, right: x + half, toLeft: Math.max(0, anchor - half), toRight: Math.max(0, width - anchor - half) };
}

/** Rows on each other: where items and ports stand, and the lanes of wires that pass them by. */
function stacked(rows, size, across, isRoot) {
  const [places, lanes] = [new Map(), new Map()];
  let y = isRoot || hasPort(rows[0]) ? 0 : AT_PORT;
  rows.forEach((row, r) => {
    const heights = row.filter(([item]) => !isLane(item) && !isPort(item)).map(([item]) => size(item).height);
    const height = Math.max(0, ...heights);
    if (r > 0) y += gapBefore(row, rows[r - 1], heights.length > 0, isRoot);
    for (const [item, x] of row) {
      if (isLane(item)) lanes.set(`${item} ${r}`, { x: across(x), low: y, high: y + height });
      else places.set(item, { ...(isPort(item) ? { x: across(x), low: y, high: y } : standing(across(x), y, height, size(item))), row: r });
    }
    y += height;
  });
  return { places, lanes, top: y };
}

/** Free pixels below a row; a row of ports alone, at a box's upper edge, leaves room for its name. */
function gapBefore(row, below, hasItems, isRoot) {
  const gap = hasPort(row) || hasPort(below) ? AT_PORT : GAP;
  return gap + (hasPort(row) && !hasItems && !isRoot ? HEAD - AT_PORT : 0);
}

/** An item in the middle of its row, which is as tall as its tallest. */
function standing(x, y, tall, { width, height, anchor = width / 2 }) {
  const low = y + (tall - height) / 2;
  return { x, left: x - anchor, low, high: low + height, width, height };
}

/** Wide enough for everything inside and, where it has one, for its name. */
function widthOf(places, lanes, name) {
  const rights = [...places.values()].map((place) => (place.left === undefined ? place.x : place.left + place.width));
  const right = Math.max(0, ...rights, ...[...lanes.values()].map(({ x }) => x));
  return name === null ? right : Math.max(right + SIDE, 8 * name.length + 48);
}

/** How far a place moves right, by its x: past an open box by all that it is wider, in line with it as far as its middle. */
function shifts(boxes) {
  for (const box of boxes) Object.assign(box, { at: box.toLeft, total: box.toLeft + box.toRight });
  for (let round = 0; round < boxes.length; round++) {
    for (const box of boxes) {
      const before = Math.max(0, ...boxes.filter((other) => other !== box && other.right <= box.left).map(({ total }) => total));
      box.at = before + box.toLeft;
      const beside = boxes.filter((other) => other.left < box.x && box.x < other.right).map(({ at }) => at);
      box.total = Math.max(box.at, ...beside) + box.toRight;
    }
  }
  return (x) => Math.max(0, ...boxes.map(({ left, right, at, total }) => (x >= right ? total : x > left ? at : 0)));
}

/** Write down a box's items and wires with their places on the whole picture. */
function unfold(box, left, bottom, depth, found) {
  const at = (x, y) => [left + x, bottom - y];
  for (const [key, place] of box.places) {
    if (place.left === undefined) continue;
    const [x, y] = at(place.left, place.high);
    found.items.set(key, { key, x, y, width: place.width, height: place.height, isOpen: box.inner.has(key), depth });
  }
  for (const [value, source, target] of box.wires) {
    const points = [top(box, source, value)];
    const [from, to] = [box.places.get(source).row, box.places.get(target).row];
    for (let row = from + 1; row < to; row++) {
      const lane = box.lanes.get(`${value} ${row}`);
      points.push([lane.x, lane.low], [lane.x, lane.high]);
    }
    points.push(foot(box, target, value));
    found.wires.push({ key: `${box.box}|${value}|${source}|${target}`, box: box.box, value, source, target, points: points.map(([x, y]) => at(x, y)) });
  }
  for (const [key, inner] of box.inner) {
    const place = box.places.get(key);
    unfold(inner, left + place.left, bottom - place.low, depth + 1, found);
  }
}

function top(box, item, value) {
  const place = box.places.get(item);
  const port = box.inner.get(item)?.ports.get(`out ${value}`);
  return [port === undefined ? place.x : place.left + port, place.high];
}

function foot(box, item, value) {
  const place = box.places.get(item);
  const port = box.inner.get(item)?.ports.get(`in ${value}`);
  return [port === undefined ? place.x : place.left + port, place.low];
}

/** A wire's way as an SVG path: straight up in its lanes, soft bends between. */
export function pathOf(points) {
  const [[x, y], ...rest] = points.map(([a, b]) => [round(a), round(b)]);
  let path = `M${x} ${y}`;
  let [px, py] = [x, y];
  for (const [nx, ny] of rest) {
    const middle = round((py + ny) / 2);
    path += nx === px ? `V${ny}` : `C${px} ${middle} ${nx} ${middle} ${nx} ${ny}`;
    [px, py] = [nx, ny];
  }
  return path;
}

const round = (value) => Math.round(value * 10) / 10;
