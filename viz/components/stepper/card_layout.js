/** Where a card's pictures go, and how much room each has: side by side, in two lines, or inputs left and output right. Pure. */

import { inCode, shapeWords } from "./names.js";
import { fit, sliceOf } from "./picture.js";

const GAP = 10;
const SIGN = 20;               // pixels of a sign before a picture
const WORK = { row: 96, line: 28 };   // of the words on what happens: between the pictures, or on a line of their own
const FRAME = 42;              // pixels above and below the cells and their labels: a title of one line, the range
const LINE = 20;               // of each further line of a title
const LETTER = { name: 8.4, words: 6.4 };  // pixels that one of its letters takes, at most
const LABELS = 15;             // above the cells
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
  const across = halves.map(({ width, height }, i) => ({ width, height: Math.min(height, box.height - LABELS - frame(pieces[i], width)) }));
  const isTall = across.some(({ height }, i) => height < LEAST || (height < halves[i].height && isCut(pieces[i], across[i])));
  if (!isTall && widthOf(pieces, across) + WORK.row <= box.width) return { mode: "row", rooms: across };
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
  const room = { read: Math.floor(height / Math.min(nRead, 2)) - GAP, made: height - WORK.line - (isPair ? LINE : 0) };  // two inputs at once
  return pieces.map((piece, i) => {
    const wide = (i < nRead ? left : right) - (piece.sign ? SIGN : 0);
    const high = (i < nRead ? room.read : room.made) - frame(piece, wide) - LABELS;
    return { width: wide, height: Math.max(LEAST, Math.min(tallest(piece.spec), high)) };
  });
}

/** Pixels above and below a picture's cells and labels: its title, in as many lines as it takes, and its range. */
function frame({ tensor, minus, caption, spec }, width) {
  const name = inCode(tensor).length + (minus ? inCode(minus).length + 3 : 0);
  const letters = LETTER.name * name + LETTER.words * (shapeWords(spec).length + (caption ? caption.length + 2 : 1));
  return FRAME + LINE * (Math.ceil(letters / width) - 1);
}

/** Whether not all rows of a picture can be seen at once. */
function isCut({ spec }, room) {
  const { whole, seen } = fit(sliceOf(spec, 0), room);
  return whole.height > seen.height;
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
  return pieces.map((piece, i) => {
    const { spec, sign } = piece;
    if (!spec.shape.length) return { ...ONE_NUMBER, width: ONE_NUMBER.width + (sign ? SIGN : 0) };
    const { gutter, seen } = fit(sliceOf(spec, 0), rooms[i]);
    return { width: Math.max(NARROWEST, gutter.left + seen.width) + (sign ? SIGN : 0), height: gutter.top + seen.height + frame(piece, rooms[i].width) };
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
