/** How a tensor becomes a picture: which slice, which colours, how large its cells, what is written beside them. Pure. */

import { last, plain } from "./trace.js";
import { tokenAt } from "./names.js";

const SMALLEST = 6;     // pixels of a cell: smaller ones would be a smear, so the picture scrolls
const LETTER = 15;             // a cell that is written in is larger
const LABELS = 24;             // pixels for the labels of rows, unless tokens are long
const WIDEST = 26;
const TALLEST = 14;
const ROW = 22;                // pixels of a vector's only row

const known = new WeakMap();   // numbers → their statistics

/** @typedef {{rows: number, columns: number, offset: number, axes: string[], smallest: number, labels: number}} Slice two
 *   axes of a tensor; vectors have one row; `smallest`: pixels that a cell has at least; `labels`: those of its row labels */

/**
 * What is shown of a tensor: all of it, or one head.
 * @param {{shape: number[], axes: string[]}} spec @returns {Slice}
 */
export function sliceOf({ shape, axes, dtype, labelled = 0 }, head) {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const at = shape.length > 2 ? Math.min(head, shape[0] - 1) : 0;
  const smallest = dtype === "int32" ? LETTER : SMALLEST;
  return { rows, columns, offset: at * rows * columns, axes: [shape.length > 1 ? axes.at(-2) : "", axes.at(-1) ?? ""], smallest, labels: Math.max(LABELS, labelled) };
}

/** Smallest and largest finite number, the largest size, and the norm √Σ x². */
export function statistics(data) {
  if (!known.has(data)) known.set(data, measured(data));
  return known.get(data);
}

function measured(data) {
  let [low, high, squares] = [Infinity, -Infinity, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    squares += value * value;
  }
  if (low > high) [low, high] = [0, 0];
  return { low, high, size: Math.max(-low, high), norm: Math.sqrt(squares) };
}

/** Shares of a whole: from 0 to 1. What is never negative: from 0 up. All else: as far below 0 as above. */
function scaleOf(name) {
  const own = last(plain(name));
  if (!name.includes(":") && (own === "pattern" || own === "weights")) return "share";
  return /^v(_before)?:/.test(name) || name === "token_loss" ? "size" : "signed";
}

/**
 * The colours of one or more tensors that share a scale.
 * @returns {{ramp: string, low: number, high: number}}
 */
export function coloursOf(tensors) {
  const scale = scaleOf(tensors[0].name);
  if (scale === "share") return { ramp: "probability", low: 0, high: 1 };
  const size = Math.max(...tensors.map(({ data }) => statistics(data).size));
  return scale === "size" ? { ramp: "probability", low: 0, high: size } : { ramp: "signed", low: -size, high: size };
}

/** Where on its ramp a number lies: 0 … 1. Where all are 0, in the middle of a signed ramp. */
export function shareOf(value, { low, high }) {
  return high > low ? (value - low) / (high - low) : low < 0 || high <= 0 ? 0.5 : 0;
}

/** Whether the mask hides a cell: the key comes later, and what stands there is what the mask put there. */
export function isMasked([rowAxis, columnAxis], row, column, value) {
  return rowAxis === "query" && columnAxis === "key" && column > row && (value === 0 || value === -Infinity);
}

/**
 * Sizes in whole pixels: cells, gutters for labels, and the part that is seen at once.
 * @param {Slice} slice @param {{width: number, height: number}} room that the picture may take
 */
export function fit({ rows, columns, axes, smallest, labels }, room) {
  const isVector = rows === 1;
  const gutter = { left: isVector ? 0 : labels, top: 15 };
  const width = room.width - gutter.left;
  const wide = clamp(Math.floor(width / columns), smallest, WIDEST);
  const tall = clamp(Math.floor(room.height / rows), SMALLEST, TALLEST);
  const isSquare = axes[0] === "query" && axes[1] === "key";
  const side = clamp(Math.min(wide, Math.floor(room.height / rows)), SMALLEST, WIDEST);
  const cell = isVector ? { width: wide, height: ROW } : isSquare ? { width: side, height: side } : { width: wide, height: tall };
  const seen = {
    width: Math.min(columns * cell.width, Math.max(width, SMALLEST)),
    height: isVector ? ROW : Math.min(rows * cell.height, Math.max(room.height, SMALLEST)),
  };
  return { cell, gutter, seen, whole: { width: columns * cell.width, height: rows * cell.height } };
}

/** Every how many places there is room for a label; long tokens side by side want `wide` pixels. */
export function labelEvery(pixels, isToken, isAcross, wide = 0) {
  const needed = isToken ? (isAcross ? Math.max(9, wide) : 11) : isAcross ? 22 : 10;
  if (pixels >= needed) return 1;
  return [2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100].find((every) => every * pixels >= needed) ?? 200;
}

/** What stands beside a place on an axis: its token, or its number. */
export function labelOf(manifest, axis, i) {
  return tokenAt(manifest, axis, i) ?? String(i);
}

/**
 * Rectangles that together cover marked cells: runs in a row, merged over rows where they are alike.
 * @param {Set<number>} places in the tensor's numbers @param {Slice} slice
 * @returns {{row: number, column: number, rows: number, columns: number}[]}
 */
export function rectangles(places, { rows, columns, offset }) {
  const [open, found] = [new Map(), []];
  const byRow = new Map();
  for (const place of [...places].sort((a, b) => a - b)) {
    const own = place - offset;
    if (own < 0 || own >= rows * columns) continue;
    const [row, column] = [Math.floor(own / columns), own % columns];
    const runs = byRow.get(row) ?? byRow.set(row, []).get(row);
    if (runs.length && runs.at(-1)[1] === column) runs.at(-1)[1] = column + 1;
    else runs.push([column, column + 1]);
  }
  for (const [row, runs] of byRow) {
    for (const [from, to] of runs) {
      const above = open.get(`${from} ${to}`);
      if (above && above.row + above.rows === row) above.rows += 1;
      else {
        const made = { row, column: from, rows: 1, columns: to - from };
        open.set(`${from} ${to}`, made);
        found.push(made);
      }
    }
  }
  return found;
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
