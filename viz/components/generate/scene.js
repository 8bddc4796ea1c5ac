/** What stands at the end of the text: the stages of the next token by the rule, where the draw falls, and whether it ends. Pure. */

import { draw, stagesOf, uniform } from "./sampling.js";

export const MOST = 400;       // tokens that play writes by itself

/** @param {import("./tape.js").Tape} tape @returns {object|null} null while the model has not said what comes next */
export function sceneOf({ now, written }, rule) {
  if (!now) return null;
  const [i, stages] = [written.length, stagesOf(now.logits, rule)];
  const u = uniform(rule.seed, i);
  return { logits: now.logits, step: now.step, stages, rule, seed: rule.seed, i, u, token: draw(stages.topP, stages.order, u) };
}

/** Why writing stops here, in words; "" where it goes on. */
export function endOf({ written }, { stop_token: stop, vocabulary, answer_length: length }) {
  if (written.length && written.at(-1).token === stop) return `The text ends here: “${vocabulary[stop]}” is the token that ends one. The next token begins another.`;
  if (length && written.length >= length) return `An answer has at most ${length} ${length === 1 ? "symbol" : "symbols"}: the model was never taught what follows.`;
  return written.length >= MOST ? `Play stops after ${MOST} tokens.` : "";
}
