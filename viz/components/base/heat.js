/** Heatmaps: numbers to colours, cells that were never looked at hatched, and the range bar that belongs to them. */

import { make, setText } from "./dom.js";
import { significant } from "./numbers.js";

/**
 * Paint numbers as an image of one pixel a cell, to be drawn scaled up.
 * @param {(column: number, row: number) => number} share 0 … 1 along the ramp; NaN stays transparent
 * @param {Uint8ClampedArray} ramp 256 colours
 */
export function heatImage(columns, rows, share, ramp) {
  const image = new ImageData(columns, rows);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += 4) {
      const value = share(column, row);
      if (Number.isNaN(value)) continue;
      const color = 3 * Math.round(255 * Math.min(1, Math.max(0, value)));
      image.data[at] = ramp[color];
      image.data[at + 1] = ramp[color + 1];
      image.data[at + 2] = ramp[color + 2];
      image.data[at + 3] = 255;
    }
  }
  return image;
}

/** Draw an image's pixels as sharp cells over a rectangle. */
export function drawCells(context, image, x, y, width, height) {
  const small = (drawCells.canvas ??= new OffscreenCanvas(1, 1));
  if (small.width < image.width || small.height < image.height) {
    small.width = Math.max(small.width, image.width);
    small.height = Math.max(small.height, image.height);
  }
  const inner = small.getContext("2d");
  inner.clearRect(0, 0, image.width, image.height);
  inner.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, image.width, image.height, x, y, width, height);
}

/** Diagonal lines: here nothing can be, which is not the same as zero. */
export function hatch(color, ratio = 1) {
  const tile = new OffscreenCanvas(6 * ratio, 6 * ratio);
  const context = tile.getContext("2d");
  context.scale(ratio, ratio);
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  for (const shift of [-6, 0, 6]) {
    context.moveTo(shift, 6);
    context.lineTo(shift + 6, 0);
  }
  context.stroke();
  return tile;
}

/** The colour bar with the numbers at its ends. */
export class RangeBar {
  constructor() {
    this.low = make("span");
    this.ramp = make("i.ramp");
    this.high = make("span");
    this.element = make("span.range-bar", {}, this.low, this.ramp, this.high);
  }

  /** @param {string} ramp a name in the theme */
  show(low, high, ramp) {
    setText(this.low, significant(low));
    setText(this.high, significant(high));
    const image = `linear-gradient(90deg, var(--gb-ramp-${ramp}))`;
    if (this.ramp.style.backgroundImage !== image) this.ramp.style.backgroundImage = image;
  }
}
