/** The colour and the shape of every point, and the legend that says what they mean. */

import { make } from "../base/dom.js";
import { significant } from "../base/numbers.js";

const CLASSES = 6;             // categorical colours in the theme
const SHAPES = ["circle", "square", "triangle", "diamond", "cross", "ring"];
const POSITION = { key: "position", title: "position in the text", kind: "amount", unit: "", isLinear: true };

/** The ways to colour a table's rows: the tokens' own, and where they stand. */
export function waysFor(rows, colourings) {
  if (rows === "position") return [POSITION];
  return rows === "text" ? [...colourings, POSITION] : colourings;
}

/** Where each row stands along the way's scale: a class, or 0 … 1; null where it has no value. */
export function valuesOf(way, { tokens, labels }, wave = 1) {
  const raw = way.key === "position" ? labels.map((_, i) => i) : tokens.map((token) => way.values[token] ?? null);
  if (way.kind === "class") return { raw, shares: raw };
  if (way.kind === "cycle") return { raw, wave, shares: raw.map((value) => (value === null ? null : ((value * wave) % way.period) / way.period)) };
  const known = raw.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return { raw, low, high, shares: raw.map((value) => (value === null ? null : high > low ? (value - low) / (high - low) : 0.5)) };
}

/** @returns {{color: string, shape: string}[]} how each row is drawn */
export function looksOf(way, values, theme) {
  const muted = { color: theme.color("muted"), shape: "ring" };
  if (way.kind === "class") {
    return values.shares.map((i) => (i === null ? muted : { color: theme.color(`class-${(i % CLASSES) + 1}`), shape: SHAPES[i % SHAPES.length] }));
  }
  const ramp = theme.ramp(way.kind === "cycle" ? "cycle" : "amount");
  return values.shares.map((share) => (share === null ? muted : { color: at(ramp, share), shape: "circle" }));
}

function at(ramp, share) {
  const i = 3 * Math.round(255 * Math.min(1, Math.max(0, share)));
  return `rgb(${ramp[i]}, ${ramp[i + 1]}, ${ramp[i + 2]})`;
}

/** What an amount is, as a person reads it: a frequency is kept as its logarithm. */
export function amountText(way, value) {
  if (value === null) return "–";
  if (way.key === "frequency") return `${significant(10 ** value, 2)} ${way.unit}`;
  return way.unit ? `${value} ${way.unit}` : String(value);
}

/** Say in a legend what the colours and shapes mean. */
export function fillLegend(place, way, values) {
  if (way.kind === "class") return place.replaceChildren(...classEntries(way, values));
  const name = way.kind === "cycle" ? "cycle" : "amount";
  const [first, last] = way.kind === "cycle" ? ["0", `${way.period} = 0 again`] : [amountText(way, values.low), amountText(way, values.high)];
  const title = way.kind === "cycle" && values.wave > 1 ? `${values.wave} × the number, modulo ${way.period}` : way.title;
  const bar = make("i.ramp.wide", { style: `background-image: linear-gradient(90deg, var(--gb-ramp-${name}))` });
  return place.replaceChildren(make("span.entry", { text: `${title}:` }), make("span.entry", { text: first }), bar, make("span.entry", { text: last }));
}

function classEntries(way, values) {
  const present = new Set(values.raw);
  return way.names.flatMap((name, i) => (present.has(i) ? [make("span.entry", {}, swatch(i), name)] : []));
}

function swatch(i) {
  const canvas = make("canvas.swatch", { width: 28, height: 28, "data-class": i, "aria-hidden": "true" });
  return canvas;
}

/** Paint the small marks of a legend, which the theme's colours decide. */
export function paintSwatches(place, theme) {
  for (const canvas of place.querySelectorAll(".swatch")) {
    const i = Number(canvas.dataset.class);
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, 28, 28);
    drawMark(pen, SHAPES[i % SHAPES.length], 14, 14, 9, theme.color(`class-${(i % CLASSES) + 1}`));
  }
}

/** One mark around (x, y); `size` is its radius. */
export function drawMark(pen, shape, x, y, size, color) {
  pen.fillStyle = pen.strokeStyle = color;
  pen.beginPath();
  if (shape === "square") pen.rect(x - size * 0.86, y - size * 0.86, size * 1.72, size * 1.72);
  else if (shape === "triangle") polygon(pen, [[x, y - size * 1.2], [x + size * 1.1, y + size * 0.8], [x - size * 1.1, y + size * 0.8]]);
  else if (shape === "diamond") polygon(pen, [[x, y - size * 1.25], [x + size * 1.25, y], [x, y + size * 1.25], [x - size * 1.25, y]]);
  else if (shape === "cross") return strokes(pen, x, y, size);
  else pen.arc(x, y, shape === "ring" ? size * 0.8 : size, 0, 2 * Math.PI);
  if (shape !== "ring") return pen.fill();
  pen.lineWidth = size * 0.45;
  return pen.stroke();
}

function polygon(pen, corners) {
  corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
}

function strokes(pen, x, y, size) {
  for (const [dx, dy] of [[1, 1], [1, -1]]) {
    pen.moveTo(x - dx * size, y - dy * size);
    pen.lineTo(x + dx * size, y + dy * size);
  }
  pen.lineWidth = size * 0.6;
  pen.stroke();
}
