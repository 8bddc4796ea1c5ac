/** How attention is drawn, small and large: shares as shades, what comes later hatched, and tiles of layers and heads. */

import { drawCells, heatImage } from "../base/heat.js";

const MOST_MASKS = 24;
const masks = new Map();       // as drawn for a side, a number of tokens, a colour and a pixel ratio
const LINES = 6;               // pixels between the lines of the mask

/** One pattern as cells over a square; the future is hatched: it is not zero, it cannot be seen. */
export function drawPattern(pen, { x, y, side, n, at, theme }) {
  drawMask(pen, { x, y, side, n, color: theme.color("hatch") });
  drawCells(pen, heatImage(n, n, (key, query) => (key > query ? NaN : at(query, key)), theme.ramp("probability")), x, y, side, side);
  pen.strokeStyle = theme.color("line");
  pen.lineWidth = 1;
  pen.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
}

/** Diagonal lines over the steps above the diagonal. On the screen they are drawn once and copied: pictures live. */
function drawMask(pen, { x, y, side, n, color }) {
  if (n < 2) return;
  if (!(pen instanceof CanvasRenderingContext2D)) return void strokeMask(pen, { x, y, side, n, color });
  const ratio = window.devicePixelRatio || 1;
  const key = `${side} ${n} ${color} ${ratio}`;
  if (!masks.has(key)) {
    if (masks.size > MOST_MASKS) masks.clear();
    const mask = new OffscreenCanvas(Math.ceil(side * ratio), Math.ceil(side * ratio));
    const context = mask.getContext("2d");
    context.scale(ratio, ratio);
    strokeMask(context, { x: 0, y: 0, side, n, color });
    masks.set(key, mask);
  }
  const mask = masks.get(key);
  pen.drawImage(mask, x, y, mask.width / ratio, mask.height / ratio);
}

function strokeMask(pen, { x, y, side, n, color }) {
  const cell = side / n;
  pen.save();
  pen.beginPath();
  pen.moveTo(x + cell, y);
  pen.lineTo(x + side, y);
  pen.lineTo(x + side, y + side - cell);
  for (let query = n - 1; query > 0; query--) {
    pen.lineTo(x + query * cell, y + query * cell);
    pen.lineTo(x + query * cell, y + (query - 1) * cell);
  }
  pen.clip();
  pen.beginPath();
  for (let sum = LINES; sum < 2 * side; sum += LINES) {  // on each line x + y is the same
    const right = Math.min(sum, side);
    pen.moveTo(x + right, y + sum - right);
    pen.lineTo(x + sum - right, y + right);
  }
  pen.strokeStyle = color;
  pen.lineWidth = 1;
  pen.stroke();
  pen.restore();
}

/**
 * Tiles for layers × heads, the first layer at the bottom as everywhere. Pure.
 * @returns {{tiles: {layer: number, head: number, x: number, y: number, width: number, height: number}[], height: number}}
 */
export function tilesOf(nLayers, nHeads, { width, left, head, most, gap }) {
  const inner = Math.max(8, Math.min(most, (width - 3 - left - gap * (nHeads - 1)) / nHeads));
  const tall = inner + head + gap;
  const tiles = [];
  for (let layer = 0; layer < nLayers; layer++) {
    for (let at = 0; at < nHeads; at++) {
      tiles.push({ layer, head: at, x: left + at * (inner + gap), y: (nLayers - 1 - layer) * tall, width: inner, height: head + inner });
    }
  }
  return { tiles, height: nLayers * tall };
}

/** Every how many tokens a label fits, when each has this many pixels. */
export function labelEvery(labels, pixels) {
  const longest = labels.reduce((most, label) => Math.max(most, label.length), 1);
  return Math.max(1, Math.ceil((7 * longest + 4) / pixels));
}

/** Tokens as one text: symbols of a task with spaces between. */
export function joined(labels) {
  return labels.join(labels.some((label) => label.length > 1) ? " " : "");
}

export const tileAt = (tiles, x, y) => tiles.find((tile) => x >= tile.x && y >= tile.y && x < tile.x + tile.width && y < tile.y + tile.height) ?? null;
