/** The labels beside a heatmap's cells: tokens where an axis has tokens, else numbers, as many as there is room for. */

import { fitted, labelRoom } from "../base/label.js";
import { labelsOn } from "./names.js";
import { labelEvery, labelOf } from "./picture.js";

const WORD = 40;               // pixels for a word beside a word: longer ones end in …
const EDGE = 3;                // pixels from the end that a label must stay away

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{theme: Theme, manifest: object, slice: Slice, layout: object, setFont: (font: string) => void}} picture
 * @param {{row: number, column: number}} from the first cell in sight @param {{rows: number, columns: number}} n how many are
 * @param {{x: number, y: number}} origin where cell 0, 0 would be
 */
export function drawLabels(context, { theme, manifest, slice, layout: { cell, gutter, seen }, setFont }, from, n, { x, y }) {
  Object.assign(context, { textAlign: "center", textBaseline: "middle", fillStyle: theme.color("muted") });
  const [rowAxis, columnAxis] = slice.axes;
  const write = (axis, first, count, pixels, isAcross, at) => {
    const isToken = labelOf(manifest, axis, first) !== String(first) || axis === "vocab";
    setFont(isToken ? theme.font(12, "code-font") : theme.font(10));
    const every = labelEvery(pixels, isToken, isAcross, isAcross && isToken ? Math.min(WORD, labelRoom(labelsOn(manifest, axis))) : 0);
    const [start, end] = isAcross ? [gutter.left, gutter.left + seen.width] : [gutter.top, gutter.top + seen.height];
    for (let i = Math.ceil(first / every) * every; i < first + count; i += every) {
      const middle = (isAcross ? x : y) + (i + 0.5) * pixels;
      if (middle >= start && middle <= end - EDGE) at(labelOf(manifest, axis, i), middle, every);
    }
  };
  write(columnAxis, from.column, n.columns, cell.width, true, (text, middle, every) => {
    context.fillText(fitted(context, text, Math.max(20, every * cell.width - 2)), middle, gutter.top / 2);
  });
  if (!gutter.left) return;
  write(rowAxis, from.row, n.rows, cell.height, false, (text, middle) => context.fillText(fitted(context, text, gutter.left - 2), gutter.left / 2, middle));
}
