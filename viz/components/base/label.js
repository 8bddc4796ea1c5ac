/** Labels of tokens where there is little room. A token may be a whole word: it ends in "…", and is never squeezed. */

const LETTER = 7.3;            // pixels of a letter in the code font at 12 pixels
const MOST = 56;               // pixels that a label gets at most beside a picture
const MOST_KNOWN = 4000;
const known = new Map();       // font and width → label → what fits
const rooms = new WeakMap();   // labels → the room that they want

/**
 * What of a label fits into a width. One or two letters are never cut: to measure them would cost more than it shows.
 * @param {CanvasRenderingContext2D|SvgPen} pen with its font set
 */
export function fitted(pen, label, width) {
  if (label.length <= 2) return label;
  const key = `${pen.font} ${Math.round(width)}`;
  const of = known.get(key) ?? known.set(key, new Map()).get(key);
  if (of.has(label)) return of.get(label);
  if (of.size > MOST_KNOWN || known.size > MOST_KNOWN) known.clear();
  const letters = [...label];
  let shown = label;
  while (letters.length && pen.measureText(shown).width > width) {
    letters.pop();
    shown = `${letters.join("")}…`;
  }
  of.set(label, shown);
  return shown;
}

/** The pixels that the longest of these labels wants at 12 pixels of type, within reason; 0 where all are one or two letters. */
export function labelRoom(labels) {
  if (!rooms.has(labels)) {
    const longest = labels.reduce((most, label) => Math.max(most, label.length), 0);
    rooms.set(labels, longest <= 2 ? 0 : Math.min(MOST, Math.ceil(longest * LETTER) + 6));
  }
  return rooms.get(labels);
}
