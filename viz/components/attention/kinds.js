/** What heads are named after: a colour and a dash for each, the same everywhere. Pure. */

import { significant } from "../base/numbers.js";

const LOOKS = {
  "previous token": { color: "class-1", dash: [] },
  "first token": { color: "class-3", dash: [6, 3] },
  itself: { color: "class-5", dash: [2, 2] },
  induction: { color: "class-4", dash: [] },
  "spread out": { color: "class-6", dash: [1, 3] },
};

const SHORT = { "previous token": "previous", "first token": "first", "spread out": "spread" };
const SHORTEST = { "previous token": "prev", "first token": "first", itself: "self", induction: "ind", "spread out": "spread" };
const [ROOMY, TIGHT] = [112, 62];  // pixels: room for a name and its score, for a short name

/** A head's name and score as they fit this many pixels. */
export function fitting(name, score, width) {
  const written = score === null ? "" : ` ${score.toFixed(2)}`;
  if (width >= ROOMY) return name + written;
  return width >= TIGHT ? `${SHORT[name] ?? name}${width >= 90 ? written : ""}` : SHORTEST[name] ?? name;
}

/**
 * What a head does, with the number behind it; one without a name says what it comes nearest to, as a head near the
 * threshold may lose its name and get it back while it trains.
 * @param {string} name @param {number|null} score @param {[string, number][]} scores of all kinds, by name
 */
export function inWords(name, score, scores) {
  if (score !== null) return `${name} (score ${significant(score, 2)})`;
  const [nearest, most] = scores.filter(([kind]) => kind !== "spread out").reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0]);
  return nearest ? `${name} (most: ${nearest}, ${significant(most, 2)})` : name;
}

/** @returns {{color: string, dash: number[]}} `color` is a name in the theme */
export const lookOf = (kind) => LOOKS[kind] ?? { color: "muted", dash: [] };
