/** Labels beside points, so that none lies on another: a label without room is left out (the tip names its point). */

const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1]];
const CELL = 24;               // pixels of the grid in which taken places are looked up
const GAP = 8;                 // pixels from a point's middle to its label

/**
 * @param {CanvasRenderingContext2D|SvgPen} pen
 * @param {{places: number[][], labels: string[], indices: (string|null)[], order: number[], sides: Map<number, number>,
 *   font: (size: number, weight: number) => string, size: number, token: number|null, width: number, height: number, text: string, muted: string}} what
 *   `order`: whose label is placed first; `sides` remembers where each stood
 */
export function placeLabels(pen, what) {
  const taken = new Taken();
  for (const [x, y] of what.places) taken.add(x - 4, y - 4, x + 4, y + 4);
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  for (const row of new Set(what.order)) {
    pen.font = what.font(what.size, row === what.token ? 700 : 400);
    const index = what.indices[row];
    const wide = pen.measureText(what.labels[row]).width + (index ? index.length * what.size * 0.4 + 1 : 0);
    const spot = spotFor(row, wide, what, taken);
    if (spot) draw(pen, row, spot, what);
  }
}

function spotFor(row, wide, { places, sides, size, width, height, token }, taken) {
  const last = sides.get(row) ?? 0;
  for (const side of new Set([last, ...SIDES.keys()])) {
    const box = boxAt(places[row], SIDES[side], wide, size);
    const isInside = box[0] >= 0 && box[1] >= 0 && box[2] <= width && box[3] <= height;
    if ((isInside && taken.isFree(...box)) || (row === token && side === SIDES.length - 1)) {
      taken.add(...box);
      sides.set(row, side);
      return box;
    }
  }
  return null;
}

/** [left, top, right, bottom] of a label on one side of its point. */
function boxAt([x, y, , scale], [right, down], wide, size) {
  const gap = GAP * Math.max(1, scale);
  const left = right > 0 ? x + gap : right < 0 ? x - gap - wide : x - wide / 2;
  const middle = y + down * (right ? gap : gap + size * 0.35);
  return [left, middle - size * 0.5, left + wide, middle + size * 0.5];
}

function draw(pen, row, [left, top, , bottom], { labels, indices, font, size, text, muted, token }) {
  const y = (top + bottom) / 2;
  pen.fillStyle = text;
  pen.fillText(labels[row], left, y);
  if (!indices[row]) return;
  const wide = pen.measureText(labels[row]).width;
  pen.font = font(size * 0.66, row === token ? 700 : 400);
  pen.fillStyle = muted;
  pen.fillText(indices[row], left + wide + 1, y + size * 0.28);
}

/** Rectangles that are taken, found by the cells of a coarse grid. */
class Taken {
  #cells = new Map();

  add(left, top, right, bottom) {
    const box = [left, top, right, bottom];
    for (const key of cells(...box)) {
      if (!this.#cells.has(key)) this.#cells.set(key, []);
      this.#cells.get(key).push(box);
    }
  }

  isFree(left, top, right, bottom) {
    return cells(left, top, right, bottom).every((key) => (this.#cells.get(key) ?? [])
      .every(([l, t, r, b]) => right <= l || left >= r || bottom <= t || top >= b));
  }
}

function cells(left, top, right, bottom) {
  const found = [];
  for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++) {
    for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++) found.push(x * 4096 + y);
  }
  return found;
}
