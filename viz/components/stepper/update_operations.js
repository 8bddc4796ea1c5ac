/** Kinds of the update: learning rate, clipping, what the optimizer remembers, the new weight (model/update_operations.py). Pure. */

import { flatOf, product } from "./operands.js";

/** One: peak × share. */
function schedule({ settings: s }) {
  return [product(s.peak * scheduleShare(s), [], "peak · share")];
}

/** How much of the peak the learning rate has at this step. */
export function scheduleShare(s) {
  if (s.step < s.warmup_steps) return s.step / s.warmup_steps;
  if (s.schedule === "constant") return 1;
  const progress = Math.min(1, (s.step - s.warmup_steps) / Math.max(1, s.n_steps - s.warmup_steps));
  const remaining = s.schedule === "linear" ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2;
  return s.final + (1 - s.final) * remaining;
}

/** One for each gradient: its part of the sum of squares, over the norm. */
function gradientNorm({ tensors }) {
  const squares = tensors.map(({ data }) => data.reduce((sum, value) => sum + value * value, 0));
  const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0)) || 1;
  return squares.map((square, i) => product(square / norm, [], `‖${tensors[i].name}‖² / norm`));
}

/** One: the gradient and what is left of it. */
function clip(x, index) {
  const norm = x.factor(1, []);
  return [product(shareKept(norm.value, x.settings.max_norm), [x.factor(0, index)], "share kept", [norm])];
}

export function shareKept(norm, most) {
  return norm > most ? most / (norm + 1e-6) : 1;
}

/** One for each input. */
function average(x, index) {
  const { keep, add, weight_decay: decay } = x.settings;
  const coefficients = { old: keep, gradient: add, weight: add * decay };
  return Object.entries(coefficients).flatMap(([role, coefficient]) => x.optional(role, index).map((entry) => product(coefficient, [entry])));
}

/** The old mean and the square, multiplied out where weight decay makes it the square of a sum. */
function averageSquare(x, index) {
  const { keep, weight_decay: decay } = x.settings;
  const g = x.entry("gradient", index);
  return [
    ...x.optional("old", index).map((old) => product(keep, [old])),
    product(1 - keep, [g, g]),
    ...x.optional("weight", index).flatMap((w) => [product(2 * (1 - keep) * decay, [g, w]), product((1 - keep) * decay ** 2, [w, w])]),
  ];
}

const overRoot = ({ eps }, v) => 1 / (Math.sqrt(v) + eps);

/** Both means started at zero: dividing by 1 − β^n makes up for that. */
const overRootUnbiased = ({ n_updates: n, beta1, beta2, eps }, v) => 1 / (1 - beta1 ** n) / (Math.sqrt(v / (1 - beta2 ** n)) + eps);

/** Each optimizer's way down: new = weight − learning_rate · size · direction − learning_rate · pull · weight. */
export const DESCENTS = {
  sgd: { direction: "gradient", size: () => 1, label: "", pull: "with the gradient" },
  momentum: { direction: "m", size: () => 1, label: "", pull: "not here" },
  rmsprop: { direction: "gradient", size: overRoot, label: "1 / (√v + ε)", pull: "with the gradient" },
  adam: { direction: "m", size: overRootUnbiased, label: "1 / (√v̂ + ε), m̂ for m", pull: "not here" },
  adamw: { direction: "m", size: overRootUnbiased, label: "1 / (√v̂ + ε), m̂ for m", pull: "apart" },
  muon: { direction: "orthogonal", size: ({ scale }) => scale, label: "√(out / in)", pull: "apart" },
};

/** The weight; the step; weight decay, where it comes in here. */
function descend(kind) {
  const { direction, size, label, pull } = DESCENTS[kind];
  return (x, index) => {
    const [weight, rate, v] = [x.entry("weight", index), x.entry("learning_rate", []), x.optional("v", index)];
    const by = size(x.settings, v[0]?.value ?? 0);
    const pulled = x.settings.weight_decay * { "with the gradient": by, apart: 1, "not here": 0 }[pull];
    return [
      product(1, [weight]),
      product(-by, [rate, x.entry(direction, index)], label, v),
      ...(pulled ? [product(-pulled, [rate, weight], "weight decay", v)] : []),
    ];
  };
}

const orthogonal = new WeakMap();  // numbers of a matrix → what Newton–Schulz makes of it: a second of work for the largest

/** One: every entry of the matrix plays a part. */
function newtonSchulz(x, index) {
  const { data, shape } = x.tensors[0];
  if (!orthogonal.has(data)) orthogonal.set(data, orthogonalised(data, shape, x.settings));
  return [product(orthogonal.get(data)[flatOf(shape, index)], [], "Newton–Schulz", [x.factor(0, index)])];
}

/** The nearest orthogonal matrix, roughly; rounded to bfloat16 after every product, as Muon computes it. */
function orthogonalised(data, [n, m], { coefficients: [a, b, c], n_rounds: rounds }) {
  const isStanding = n > m;
  const [rows, columns] = isStanding ? [m, n] : [n, m];
  let x = bfloat16(isStanding ? transposed(data, n, m) : Float32Array.from(data));
  const [norm] = bfloat16(Float32Array.of(Math.sqrt(x.reduce((sum, value) => sum + value * value, 0))));
  x = bfloat16(x.map((value) => value / Math.max(norm, 1e-7)));
  for (let round = 0; round < rounds; round++) {
    const gram = bfloat16(times(x, transposed(x, rows, columns), rows, columns, rows));
    const square = times(gram, gram, rows, rows, rows);
    const mix = bfloat16(gram.map((value, i) => b * value + c * square[i]));
    const turned = times(mix, x, rows, rows, columns);
    x = bfloat16(x.map((value, i) => a * value + turned[i]));
  }
  return isStanding ? transposed(x, rows, columns) : x;
}

function transposed(data, n, m) {
  return Float32Array.from(data, (_, i) => data[(i % n) * m + Math.floor(i / n)]);
}

function times(a, b, n, inner, m) {
  const out = new Float32Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k];
      for (let j = 0; j < m; j++) out[i * m + j] += factor * b[k * m + j];
    }
  }
  return out;
}

/** Rounded in place to the numbers that bfloat16 has: the upper half of a float32, ties to even. */
function bfloat16(data) {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) & 0xffff0000;
  return data;
}

export const UPDATE = {
  schedule, gradient_norm: gradientNorm, clip, average, average_square: averageSquare, newton_schulz: newtonSchulz,
  ...Object.fromEntries(Object.keys(DESCENTS).map((kind) => [kind, descend(kind)])),
};
