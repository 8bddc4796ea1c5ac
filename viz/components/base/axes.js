/** Axes of a chart: levels with their numbers, ticks along the foot, names. For whichever pen it is given. */

import { setting } from "./numbers.js";

export const GUTTER = { left: 62, right: 14, top: 10, bottom: 40 };

/**
 * @param {Scale} x @param {Scale} y @param {Theme} theme
 * @param {{x: string, y: string, write?: (tick: number) => string, ticks?: number[], size?: number}} names `write` and
 *   `ticks` are of x; `size`: pixels of the type
 */
export function drawAxes(pen, x, y, theme, { x: along, y: up, write, ticks, size = 12 }) {
  drawLevels(pen, y, theme, { from: x.start, to: x.end, name: up, size });
  drawFoot(pen, x, theme, { at: y.start, name: along, write, ticks, size });
}

/**
 * Lines across a chart from pixel `from` to pixel `to`, their numbers on the left, and what they count, written upwards.
 * @param {Scale} y
 */
export function drawLevels(pen, y, theme, { from, to, name, ticks = y.ticks(6), size = 12 }) {
  prepare(pen, theme, size);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tick of ticks) {
    const at = Math.round(y.pixel(tick)) + 0.5;
    line(pen, from, at, to, at);
    pen.fillText(power(tick, y.isLog), from - 6, at);
  }
  pen.textAlign = "center";
  writeUpwards(pen, name, size, (y.start + y.end) / 2);
}

/** Ticks with their numbers below the line at pixel `at`, and below these what they count. @param {Scale} x */
export function drawFoot(pen, x, theme, { at, name, write = setting, ticks = x.ticks(7), size = 12 }) {
  prepare(pen, theme, size);
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const tick of ticks) {
    line(pen, x.pixel(tick), at, x.pixel(tick), at + 4);
    pen.fillText(x.isLog ? power(tick, true) : write(tick), x.pixel(tick), at + size / 2);
  }
  pen.fillText(name, (x.start + x.end) / 2, at + (22 / 12) * size);
}

/** Text that is read from below, its middle at a place. */
export function writeUpwards(pen, text, x, y) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(-Math.PI / 2);
  pen.textBaseline = "middle";
  pen.fillText(text, 0, 0);
  pen.restore();
}

function prepare(pen, theme, size) {
  pen.font = theme.font(size);
  pen.lineWidth = 1;
  pen.strokeStyle = theme.color("line");
  pen.fillStyle = theme.color("muted");
}

/** 1e-5 for powers of ten on a logarithmic axis. */
function power(tick, isLog) {
  return isLog && (tick < 1e-3 || tick >= 1e4) ? tick.toExponential().replace("+", "").replace("-", "−") : setting(tick);
}

export function line(pen, ...points) {
  pen.beginPath();
  pen.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) pen.lineTo(points[i], points[i + 1]);
  pen.stroke();
}

/** A line through what is finite and, on a logarithmic axis, above 0; with dots where asked. */
export function drawCurve(pen, x, y, points, { color, width = 1.5, dash = [], dots = 0 }) {
  const shown = points.filter(([, value]) => Number.isFinite(value) && (!y.isLog || value > 0)).map(([at, value]) => [x.pixel(at), y.pixel(value)]);
  Object.assign(pen, { strokeStyle: color, fillStyle: color, lineWidth: width || 1 });
  pen.setLineDash(dash);
  if (width && shown.length > 1) line(pen, ...shown.flat());
  pen.setLineDash([]);
  for (const [left, top] of dots ? shown : []) {
    pen.beginPath();
    pen.arc(left, top, dots, 0, 2 * Math.PI);
    pen.fill();
  }
}
