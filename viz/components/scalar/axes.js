/** Axes of a chart in a Figure: frame, ticks with their numbers, names. For whichever pen it is given. */

import { setting } from "../base/numbers.js";

export const GUTTER = { left: 62, right: 14, top: 10, bottom: 40 };

/** @param {Scale} x @param {Scale} y @param {Theme} theme @param {{x: string, y: string, write?: (tick: number) => string, ticks?: number[]}} names */
export function drawAxes(pen, x, y, theme, names) {
  const write = names.write ?? setting;
  pen.font = theme.font(12);
  pen.lineWidth = 1;
  pen.strokeStyle = theme.color("line");
  pen.fillStyle = theme.color("muted");
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tick of y.ticks(6)) {
    const at = Math.round(y.pixel(tick)) + 0.5;
    line(pen, x.start, at, x.end, at);
    pen.fillText(power(tick, y.isLog), x.start - 6, at);
  }
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const tick of names.ticks ?? x.ticks(7)) {
    const at = x.pixel(tick);
    line(pen, at, y.start, at, y.start + 4);
    pen.fillText(x.isLog ? power(tick, true) : write(tick), at, y.start + 6);
  }
  pen.fillText(names.x, (x.start + x.end) / 2, y.start + 22);
  pen.save();
  pen.translate(12, (y.start + y.end) / 2);
  pen.rotate(-Math.PI / 2);
  pen.textBaseline = "middle";
  pen.fillText(names.y, 0, 0);
  pen.restore();
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
