/** Where values and gradients vanish or explode, in words. Pure. */

import { significant } from "../base/numbers.js";

export const RULE = "Vanishing or exploding means here: more than 100 times smaller or larger from one end of the stream to the other.";
const MUCH = 100;
const ABOUT = 3;

/** @typedef {{tap: string, depth: number, is_stream: boolean, size: number|null, gradient: number|null}} Place */

/**
 * @param {Place[]} places in the order of the forward pass @param {"size"|"gradient"} what
 * @returns {{kind: "steady"|"vanishes"|"explodes"|"broken", sentence: string}} values go up the stream, gradients down
 */
export function flowVerdict(places, what) {
  const stream = places.filter((place) => place.tap.includes("resid_"));
  const word = what === "size" ? "values" : "gradients";
  if (stream.length < 2) return { kind: "steady", sentence: "There are no layers to go through." };
  const way = what === "size" ? stream : stream.toReversed();
  const broken = way.find((place) => place[what] === null);
  if (broken) return { kind: "broken", sentence: `The ${word} are no longer finite at ${broken.tap}.` };
  const [first, last] = [way[0][what], way.at(-1)[what]];
  if (last === 0) return { kind: "vanishes", sentence: `The ${word} vanish: nothing arrives at ${way.at(-1).tap}.` };
  const change = last / first;
  const end = what === "size" ? "the last layer" : "the embedding";
  if (change < 1 / MUCH) return { kind: "vanishes", sentence: `The ${word} vanish: at ${end} they are ${significant(1 / change)} times smaller. The steepest fall is at ${steepest(way, what, -1)}.` };
  if (change > MUCH) return { kind: "explodes", sentence: `The ${word} explode: at ${end} they are ${significant(change)} times larger. The steepest rise is at ${steepest(way, what, 1)}.` };
  const isKept = change >= 1 / ABOUT && change <= ABOUT;
  const verdict = isKept ? "keep about their size" : change > 1 ? "grow, but do not explode" : "shrink, but do not vanish";
  return { kind: "steady", sentence: `The ${word} ${verdict}: at ${end} they are ${significant(change)} times as large.` };
}

function steepest(way, what, sign) {
  let found = 1;
  const rise = (i) => sign * Math.log(way[i][what] / way[i - 1][what]);
  for (let i = 2; i < way.length; i++) if (rise(i) > rise(found)) found = i;
  return way[found].tap;
}
