/** Writes labels where there is little room: a long token ends in "…", and nothing is ever squeezed. */

/**
 * A text cut to a width, with an ellipsis where something was left out. Widths are kept, as measuring is slow.
 * @param {CanvasRenderingContext2D|SvgPen} pen with its font set @param {Map<string, string>} known one for each font and width
 */
export function elided(pen, text, width, known) {
  const found = known?.get(text);
  if (found !== undefined) return found;
  let shown = text;
  if (pen.measureText(text).width > width) {
    const letters = [...text];
    while (letters.length && pen.measureText(`${letters.join("")}…`).width > width) letters.pop();
    shown = `${letters.join("")}…`;
  }
  known?.set(text, shown);
  return shown;
}

/** A filled box with round corners, and a line around it. */
export function box(pen, x, y, width, height, { fill, stroke, radius = 4, line = 1 } = {}) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
  if (fill) {
    pen.fillStyle = fill;
    pen.fill();
  }
  if (stroke) {
    pen.strokeStyle = stroke;
    pen.lineWidth = line;
    pen.stroke();
  }
}
