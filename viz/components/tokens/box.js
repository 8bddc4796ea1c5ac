/** Boxes with round corners, which every picture of tokens is made of. */

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
