/** Kinds that bend, and their gradients: functions, softmax, cross-entropy (model/curved_operations.py). Pure. */

import { FUNCTIONS } from "./functions.js";
import { product } from "./operands.js";

const valuesOf = (factors) => factors.map(({ value }) => value);

/** e^x / Σ e^x of a row, and ln Σ e^x. */
export function shares(row) {
  const top = row.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = row.map((value) => Math.exp(value - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return { shares: powers.map((power) => power / sum), logSum: top + Math.log(sum) };
}

/** A sum has a term for each summand; any other function is one term. */
function elementwise(x, index) {
  const made = FUNCTIONS[x.settings.function];
  const factors = x.tensors.map((_, i) => x.factor(i, index));
  if (made.isSum) return factors.map((factor) => product(1, [factor]));
  return [product(made.value(...valuesOf(factors)), [], made.label, factors)];
}

/** One: gradient from above × slope. */
function elementwiseBackward(x, index) {
  const { slopes, slopeLabels } = FUNCTIONS[x.settings.function];
  const inputs = x.tensors.slice(1).map((_, i) => x.factor(i + 1, index));
  return [product(slopes[x.settings.wrt](...valuesOf(inputs)), [x.factor(0, index)], slopeLabels[x.settings.wrt], inputs)];
}

/** One share of the whole row. */
function softmax(x, index) {
  const row = x.row(0, index);
  return [product(shares(valuesOf(row)).shares[index.at(-1)], [], "e^x / Σ e^x", row.filter(({ value }) => value > -Infinity))];
}

/** One for each entry of the row that has a share: what one gains, the others lose. */
function softmaxBackward(x, index) {
  const j = index.at(-1);
  const [upstream, row] = [x.row(0, index), x.row(1, index)];
  const found = [];
  row.forEach((share, k) => {
    if (share.value === 0) return;
    const local = share.value * ((k === j) - row[j].value);
    found.push(product(local, [upstream[k]], k === j ? "p (1 − p)" : "−p p′", [share, row[j]]));
  });
  return found;
}

/** Two: what all logits together come to, less the target's own. */
function crossEntropy(x, [t]) {
  const logits = x.row(0, [t, 0]);
  return [product(shares(valuesOf(logits)).logSum, [], "ln Σ e^x", logits), product(-1, [logits[x.tensors[1].data[t]]])];
}

/** One: gradient from above × what the model said too much. */
function crossEntropyBackward(x, [t, v]) {
  const isTarget = v === x.tensors[2].data[t];
  const row = x.row(1, [t, v]);
  const local = shares(valuesOf(row)).shares[v] - isTarget;
  return [product(local, [x.factor(0, [t])], isTarget ? "softmax − 1" : "softmax", row)];
}

export const CURVED = {
  elementwise, elementwise_backward: elementwiseBackward, softmax, softmax_backward: softmaxBackward,
  cross_entropy: crossEntropy, cross_entropy_backward: crossEntropyBackward,
};
