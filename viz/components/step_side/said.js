/** What came of a try, in words. Pure. */

import { significant } from "../base/numbers.js";

const NEARLY = 0.1;            // of the change: within it a line is a good picture of the loss

/** A change with its sign: +0.016, −0.127. */
export function change(value, digits = 3) {
  return `${value > 0 ? "+" : ""}${significant(value, digits)}`;
}

/** `loss of this text 2.314 → 2.187 (−0.127)` */
export function lossWords({ loss_before: before, loss_after: after }) {
  if (before === null || after === null) return "The loss of this text is no longer a number: take the edit back.";
  return `loss of this text ${significant(before, 4)} → ${significant(after, 4)} (${change(after - before)})`;
}

/** What the gradient foretold of an edit, beside what happened. */
export function slopeWords({ slope, before, after, loss_before: lossBefore, loss_after: lossAfter }) {
  if ([slope, lossBefore, lossAfter].includes(null)) return "Where the loss is not a number, there is no gradient.";
  const foretold = slope * (after - before);
  const really = lossAfter - lossBefore;
  const sum = `gradient ${significant(slope)} × change ${change(after - before)} foretold ${change(foretold)}; it really changed by ${change(really)}`;
  if (after === before) return "Nothing changed yet.";
  if (Math.max(Math.abs(foretold), Math.abs(really)) < 1e-6) return `${sum}: this weight hardly matters for this text.`;
  const isNear = Math.abs(really - foretold) <= NEARLY * Math.max(Math.abs(really), Math.abs(foretold));
  return isNear ? `${sum}: over this change the loss is nearly a straight line.` : `${sum}: over this change the loss is curved, and the gradient only knows its start.`;
}
