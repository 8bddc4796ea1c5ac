/** A row of bars, each a share of a whole: its percentage above it, its number from 1 below. For whichever pen it is given. */

import { significant } from "../base/numbers.js";

const [FOOT, HEAD] = [34, 16];

/**
 * @param {ArrayLike<number>} shares 0 to 1
 * @param {{width: number, height: number, name: string, color: (i: number) => string, isMarked: (i: number) => boolean, isNumbered: (share: number, most: number) => boolean}} look
 *   `color` is a name in the theme; what is marked is written strongly and always has its number
 */
export function paintBars(pen, theme, shares, { width, height, name, color, isMarked, isNumbered }) {
  const wide = width / shares.length;
  const most = Math.max(...shares, 1e-9);
  const floor = height - FOOT;
  const every = Math.ceil(18 / wide);
  pen.textAlign = "center";
  pen.font = theme.font(12);
  Array.from(shares).forEach((share, i) => {
    const tall = (share / most) * (floor - HEAD);
    pen.fillStyle = theme.color(color(i));
    pen.fillRect((i + 0.14) * wide, floor - tall, wide * 0.72, Math.max(1, tall));
    pen.fillStyle = theme.color(isMarked(i) ? "text" : "muted");
    pen.textBaseline = "bottom";
    if (isNumbered(share, most)) pen.fillText(inPercent(share), (i + 0.5) * wide, floor - tall - 2);
    pen.textBaseline = "top";
    if (i % every === 0 || isMarked(i)) pen.fillText(String(i + 1), (i + 0.5) * wide, floor + 3);
  });
  pen.fillStyle = theme.color("muted");
  pen.fillText(name, width / 2, floor + 19);
}

const inPercent = (share) => (share >= 0.095 ? String(Math.round(share * 100)) : significant(share * 100, 1));

/** The bar under the pointer, counted from 0; -1 for none. */
export function barAt(x, shares, width) {
  const i = Math.floor((x * shares.length) / width);
  return i in shares ? i : -1;
}
