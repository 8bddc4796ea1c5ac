/** Where the way back from a number ends: weights, tokens and tables are made by no operation. Says so. Pure. */

import { significant } from "../base/numbers.js";
import { flatOf } from "./operands.js";
import { last } from "./trace.js";

const CONSTANTS = {
  positions: () => "The position itself: it counts the tokens from 0.",
  weights: () => "1 where the target counts in the loss, 0 where it does not.",
  sinusoids: () => "A fixed table of sines and cosines: nothing is learned here.",
  alibi: () => "A fixed table: the further back a key, the more is taken off its score.",
  cos: () => "A fixed table: how far this pair of channels turns at this position.",
  sin: () => "A fixed table: how far this pair of channels turns at this position.",
  running_mean: () => "BatchNorm's running mean: kept up to date while training, a constant here.",
  running_var: () => "BatchNorm's running variance: kept up to date while training, a constant here.",
  tokens: (manifest, [t]) => `A token of your text: “${manifest.labels[t]}”, number ${manifest.tokens[t]} of the vocabulary.`,
  targets: (manifest, [t]) => `The token that comes next in your text: “${manifest.target_labels?.[t] ?? manifest.targets[t]}”.`,
};

/**
 * @returns {{sentence: string, leads: {words: string, cell: Cell}[]}} why the trail ends at this cell, and where one may go on
 */
export function trailEnd(store, { tensor: name, index }) {
  const { role } = store.spec(name);
  if (role === "parameter") return weightEnd(store, name, index);
  if (role === "state") {
    const isNew = store.tensor(name)?.data.every((value) => value === 0);
    return { sentence: isNew ? "The optimizer's memory, still empty: it starts at 0." : "What the optimizer remembers from the updates before this one.", leads: [] };
  }
  const says = CONSTANTS[name] ?? CONSTANTS[last(name)];
  return { sentence: says ? says(store.manifest, index) : "A constant: nothing in this iteration makes it.", leads: [] };
}

function weightEnd(store, name, index) {
  const leads = [];
  for (const [made, words] of [[`grad:${name}`, "its gradient"], [`new:${name}`, "after this update"]]) {
    if (!store.has(made)) continue;
    const tensor = store.tensor(made);
    leads.push({ words: `${words}${tensor ? `: ${significant(tensor.data[flatOf(tensor.shape, index)], 6)}` : ""}`, cell: { tensor: made, index } });
  }
  return { sentence: "A weight: learned by the updates before this one, made by no operation of the forward pass.", leads };
}
