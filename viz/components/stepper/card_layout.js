/** Where a card's pictures go, and how much room each has: side by side, in two lines, or inputs left and output right. Pure. */

import { fit, sliceOf } from "./picture.js";

const GAP = 10;
const SIGN = 20;               // pixels of a sign before a picture
const WORK = { row: 96, line: 28 };   // of the words on what happens: between the pictures, or on a line of their own
const FRAME = 42;              // pixels above and below the cells: title, labels, range
const NARROWEST = 190;         // a picture's title and range take so much
const ONE_NUMBER = { width: 150, height: 70 };
const TALL = { value: 200, parameter: 112 };
const LEAST = 60;
const READ_SHARE = 0.36;       // of the width, for the inputs of a pair; card.css has the same
const BAR = 12;                // pixels that a column keeps free for its scroll bar

/**
 * @param {{spec: object, sign: string}[]} pieces @param {number} nRead how many of them are inputs
 * @param {{width: number, height: number}} box
 * @returns {{mode: "row"|"stack"|"columns"|"columns pair", rooms: {width: number, height: number}[]}} rooms are those of the cells and row labels
 */
export function layOut(pieces, nRead, box) {
  const half = Math.floor((box.width - GAP) / 2);
  const halves = pieces.map(({ spec, sign }) => ({ width: half - (sign ? SIGN : 0), height: tallest(spec) }));
  if (widthOf(pieces, halves) + WORK.row <= box.width && Math.max(...outer(pieces, halves).map(({ height }) => height)) <= box.height) {
    return { mode: "row", rooms: halves };
  }
  const isPair = pieces.length - nRead === 2;
  const isHalf = (i) => (isPair && i >= nRead) || isNarrow(pieces[i], halves[i]);
  const rooms = pieces.map(({ sign }, i) => ({ ...halves[i], width: isHalf(i) ? halves[i].width : box.width - (sign ? SIGN : 0) }));
  const tall = linesHeight(pieces.slice(0, nRead), rooms, box.width) + WORK.line + linesHeight(pieces.slice(nRead), rooms.slice(nRead), box.width);
  if (tall <= box.height) return { mode: "stack", rooms };
  return { mode: isPair ? "columns pair" : "columns", rooms: columns(pieces, nRead, box) };
}

/** Inputs on the left, and on the right what was made: a value and its gradient, or a weight and its change, side by side. */
function columns(pieces, nRead, { width, height }) {
  const isPair = pieces.length - nRead === 2;
  const left = Math.floor((width - GAP) * (isPair ? READ_SHARE : 0.5)) - BAR;
  const right = isPair ? Math.floor((width - GAP - BAR - left - 2 * GAP) / 2) : left;
  const room = { read: Math.floor(height / Math.min(nRead, 2)) - FRAME - GAP, made: height - FRAME - WORK.line };  // two inputs at once
  return pieces.map(({ spec, sign }, i) => ({
    width: (i < nRead ? left : right) - (sign ? SIGN : 0),
    height: Math.max(LEAST, Math.min(tallest(spec), i < nRead ? room.read : room.made)),
  }));
}

function tallest({ axes, role }) {
  const isWeight = !axes.includes("position") && !axes.includes("query") && role !== "constant";
  return isWeight ? TALL.parameter : TALL.value;
}

function isNarrow({ spec }, room) {
  const { whole, gutter } = fit(sliceOf(spec, 0), room);
  return gutter.left + whole.width <= room.width || (whole.height > room.height && tallest(spec) === TALL.parameter);
}

/** What each picture takes on the screen, all told. */
function outer(pieces, rooms) {
  return pieces.map(({ spec, sign }, i) => {
    if (!spec.shape.length) return { ...ONE_NUMBER, width: ONE_NUMBER.width + (sign ? SIGN : 0) };
    const { gutter, seen } = fit(sliceOf(spec, 0), rooms[i]);
    return { width: Math.max(NARROWEST, gutter.left + seen.width) + (sign ? SIGN : 0), height: gutter.top + seen.height + FRAME };
  });
}

function widthOf(pieces, rooms) {
  return outer(pieces, rooms).reduce((sum, { width }) => sum + width + GAP, 0);
}

/** The height of pictures that flow like words in lines. */
function linesHeight(pieces, rooms, width) {
  let [done, line, used] = [0, 0, 0];
  for (const size of outer(pieces, rooms)) {
    if (used && used + GAP + size.width > width) [done, line, used] = [done + line + GAP, 0, 0];
    used += (used ? GAP : 0) + size.width;
    line = Math.max(line, size.height);
  }
  return done + line;
}
