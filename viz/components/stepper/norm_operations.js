/** The norms and their gradients (model/norm_operations.py). Pure. */

import { product } from "./operands.js";

/**
 * What a norm subtracts from one row and what it multiplies that row by.
 * @returns {{mean: number, rate: number}} `rate` is one over the deviation
 */
export function statistics(x, index) {
  const { norm, eps } = x.settings;
  if (norm === "batchnorm") {
    const [mean, variance] = ["running_mean", "running_var"].map((role) => x.entry(role, index.slice(-1)).value);
    return { mean, rate: 1 / Math.sqrt(variance + eps) };
  }
  const { shape, data } = x.role("x");
  const n = shape.at(-1);
  const start = index.slice(0, -1).reduce((flat, at, axis) => flat * shape[axis] + at, 0) * n;
  const row = data.subarray(start, start + n);
  const mean = norm === "layernorm" ? row.reduce((sum, value) => sum + value, 0) / n : 0;
  return { mean, rate: 1 / Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n + eps) };
}

/** The entries that mean and deviation were made from. */
function madeFrom(x, index) {
  if (x.settings.norm !== "batchnorm") return x.row(x.place("x"), index);
  return ["running_mean", "running_var"].map((role) => x.entry(role, index.slice(-1)));
}

/** The value and the mean, both made to size; then the bias. */
function normalise(x, index) {
  const { mean, rate } = statistics(x, index);
  const [own, row] = [index.slice(-1), madeFrom(x, index)];
  const gain = x.optional("gain", own);
  return [
    product(rate, [x.entry("x", index), ...gain], "1 / deviation", row),
    ...(mean ? [product(-mean * rate, gain, "−mean / deviation", row)] : []),
    ...x.optional("bias", own).map((bias) => product(1, [bias])),
  ];
}

/** One for each channel of the row; for BatchNorm, whose statistics are constants, the channel alone. */
function normaliseBackward(x, index) {
  const { norm } = x.settings;
  const j = index.at(-1);
  const from = madeFrom(x, index);
  const term = (k, local) => {
    return product(local, [x.entry("upstream", [...index.slice(0, -1), k]), ...x.optional("gain", [k])], "∂x̂′/∂x", from);
  };
  const { mean, rate } = statistics(x, index);
  if (norm === "batchnorm") return [term(j, rate)];
  const made = from.map(({ value }) => (value - mean) * rate);
  return made.map((own, k) => term(k, rate * ((k === j) - ((norm === "layernorm") + made[j] * own) / made.length)));
}

/** One for each position. */
function normaliseGain(x, [c]) {
  const { shape } = x.role("upstream");
  return Array.from({ length: shape[0] }, (_, t) => {
    const { mean, rate } = statistics(x, [t, c]);
    const made = (x.entry("x", [t, c]).value - mean) * rate;
    return product(made, [x.entry("upstream", [t, c])], "x̂", madeFrom(x, [t, c]));
  });
}

export const NORMS = { normalise, normalise_backward: normaliseBackward, normalise_gain: normaliseGain };
