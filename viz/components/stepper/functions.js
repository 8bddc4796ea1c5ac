/** The elementwise functions of a trace: value, slopes and their labels, as model/functions.py has them. Pure. */

const ROOT_2_PI = Math.sqrt(2 * Math.PI);

const sigmoid = (x) => 0.5 * (1 + Math.tanh(x / 2));
const silu = (x) => x * sigmoid(x);
const siluSlope = (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)));
const normalShare = (x) => 0.5 * (1 + erf(x / Math.SQRT2));
const one = () => 1;

/** The error function, by a series whose terms all have one sign: no digits are lost. */
export function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const FUNCTIONS = {
  identity: { label: "x", value: (x) => x, slopes: [one], slopeLabels: ["1"], isSum: true },
  add: { label: "a + b", value: (...x) => x.reduce((sum, value) => sum + value), slopes: [one, one], slopeLabels: ["1", "1"], isSum: true },
  relu: { label: "relu(x)", value: (x) => Math.max(x, 0), slopes: [(x) => (x > 0 ? 1 : 0)], slopeLabels: ["relu′(x)"] },
  relu2: { label: "relu(x)²", value: (x) => Math.max(x, 0) ** 2, slopes: [(x) => 2 * Math.max(x, 0)], slopeLabels: ["2 relu(x)"] },
  tanh: { label: "tanh(x)", value: Math.tanh, slopes: [(x) => 1 - Math.tanh(x) ** 2], slopeLabels: ["1 − tanh²(x)"] },
  gelu: {
    label: "gelu(x)",
    value: (x) => x * normalShare(x),
    slopes: [(x) => normalShare(x) + (x * Math.exp(-x * x / 2)) / ROOT_2_PI],
    slopeLabels: ["gelu′(x)"],
  },
  silu: { label: "silu(x)", value: silu, slopes: [siluSlope], slopeLabels: ["silu′(x)"] },
  swiglu: {
    label: "silu(gate) · x",
    value: (gate, x) => silu(gate) * x,
    slopes: [(gate, x) => siluSlope(gate) * x, (gate) => silu(gate)],
    slopeLabels: ["silu′(gate) · x", "silu(gate)"],
  },
  one: { label: "1", value: one, slopes: [], slopeLabels: [] },
};
