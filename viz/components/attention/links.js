/** What the chain of one cell is made of: its vectors and its three operations, by the vocabulary of a trace. Pure. */

import { account } from "../stepper/explain.js";
import { steps } from "../stepper/expression.js";
import { entry } from "../stepper/names.js";
import { flatOf } from "../stepper/operands.js";

/** The vectors that meet in a score, first those that the model made first. */
export function vectorsOf(frame) {
  const scores = frame.producerOf(`${frame.own}scores`);
  const way = (name) => {
    const made = frame.producerOf(name);
    return [...(made ? way(made.inputs[0]) : []), name];
  };
  return { queries: way(scores.inputs[0]), keys: way(scores.inputs[1]) };
}

/** The entries of a vector of one head at one position. */
export function vectorAt(frame, name, head, position) {
  const { data, shape } = frame.tensor(name);
  const start = flatOf(shape, [head, position, 0]);
  return data.subarray(start, start + shape[2]);
}

/** The chain's three operations with the real numbers in them, each held against the tensor. */
export function linksOf(frame, head, [query, key]) {
  return ["scores", "masked_scores", "pattern"].map((last) => {
    const operation = frame.producerOf(frame.own + last);
    const index = [head, query, key];
    const made = account(frame, operation, index);
    return { name: entry({ tensor: operation.name, index }), cell: made.cell, isEqual: made.isEqual, terms: made.inOrder, lines: steps(frame, operation, index) };
  });
}
