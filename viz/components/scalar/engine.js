/** The scalar engine of model/scalar.py again, so that a slider moves a graph without the server. Tests hold the two together. Pure. */

const LARGEST = 1e100;
const LARGEST_EXPONENT = 100;

const brief = (x) => Number(x.toPrecision(4));
const refuse = (sentence) => {
  throw new RangeError(sentence);
};

function power(a, b) {
  if (Math.abs(b) > LARGEST_EXPONENT) refuse(`an exponent must lie between −100 and 100; here it is ${brief(b)}`);
  if (a < 0 && b !== Math.trunc(b)) refuse(`a negative number has no real power ${brief(b)}`);
  if (a === 0 && b < 0) refuse("this divides by zero: 0 to a negative power");
  if (a === 0 && b > 0 && b < 1) refuse("at 0 a power below 1 is infinitely steep");
  return [a ** b, [b === 0 ? 0 : b * a ** (b - 1), a > 0 ? a ** b * Math.log(a) : a === 0 ? 0 : NaN]];
}

const sigmoid = (a) => 0.5 * (1 + Math.tanh(a / 2));

/** Of each operation its value and, beside it, its local derivatives: how fast the value changes with each input. */
export const RULES = {
  "+": (...x) => [x.reduce((sum, each) => sum + each, 0), x.map(() => 1)],
  "-": (a, b) => [a - b, [1, -1]],
  "*": (a, b) => [a * b, [b, a]],
  "/": (a, b) => (b === 0 ? refuse("this divides by zero") : [a / b, [1 / b, -a / b / b]]),
  "**": power,
  neg: (a) => [-a, [-1]],
  exp: (a) => [Math.exp(a), [Math.exp(a)]],
  log: (a) => (a <= 0 ? refuse(`“log” needs a number above 0; here it gets ${brief(a)}`) : [Math.log(a), [1 / a]]),
  tanh: (a) => [Math.tanh(a), [1 - Math.tanh(a) ** 2]],
  relu: (a) => (a > 0 ? [a, [1]] : [0, [0]]),
  sigmoid: (a) => [sigmoid(a), [sigmoid(a) * (1 - sigmoid(a))]],
  sin: (a) => [Math.sin(a), [Math.cos(a)]],
};

/** @typedef {{rule: string, inputs: number[], label: string, number: number, at: number}} Node as in model/expressions.py */

/** @param {[string, number[], string, number, number][]} listed @returns {Node[]} */
export function nodesOf(listed) {
  return listed.map(([rule, inputs, label, number, at]) => ({ rule, inputs, label, number, at }));
}

/**
 * Forward: every number in order, and beside it its local derivatives.
 * @param {Node[]} nodes @param {Map<string, number>} values of the variables @param {(x: number) => number} [round] Math.fround computes in float32
 * @returns {{values: number[], slopes: number[][], trouble: {sentence: string, at: number}|null}} up to the first number that has no value
 */
export function forward(nodes, values, round = (x) => x) {
  const found = { values: [], slopes: [], trouble: null };
  for (const { rule, inputs, label, number, at } of nodes) {
    try {
      const [value, slopes] = rule in RULES ? computed(rule, inputs, nodes, found.values) : [values.get(label) ?? number, []];
      found.values.push(round(value));
      found.slopes.push(slopes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      found.trouble = { sentence: error.message, at };
      return found;
    }
  }
  return found;
}

function computed(rule, inputs, nodes, values) {
  const [value, slopes] = RULES[rule](...inputs.map((i) => values[i]));
  const sizes = [value, ...slopes.filter((_, k) => nodes[inputs[k]].rule !== "number")];
  if (sizes.some(Number.isNaN)) refuse("a negative base needs a plain number as its exponent");
  if (sizes.some((size) => Math.abs(size) > LARGEST)) refuse("this grows too large: beyond 1e100");
  return [value, slopes];
}

/**
 * Backward: after `n` nodes have handed their gradient on, from the last one down.
 * @param {{inputs: number[]}[]} nodes each behind its inputs @param {number[][]} slopes @param {number[]} seeds what comes from outside
 * @returns {number[]} the gradient of every node so far
 */
export function gradientsAfter(nodes, slopes, seeds, n = nodes.length) {
  const gradients = [...seeds];
  for (let i = nodes.length - 1; i >= nodes.length - n; i--) {
    nodes[i].inputs.forEach((input, k) => (gradients[input] += slopes[i][k] * gradients[i]));
  }
  return gradients;
}

/** Gradients of the last node: its own is 1. */
export function differentiate(nodes, slopes) {
  return gradientsAfter(nodes, slopes, nodes.map((_, i) => (i === nodes.length - 1 ? 1 : 0)));
}

/**
 * The ways from the result down to a node, the one that matters most first.
 * @returns {{paths: {edges: [number, number][], product: number}[], isAll: boolean}} an edge is a node and the number of its input
 */
export function pathsTo(nodes, slopes, target, most = 500) {
  const reaches = nodes.map((_, i) => i === target);
  nodes.forEach(({ inputs }, i) => (reaches[i] ||= inputs.some((input) => reaches[input])));
  const paths = [];
  let isAll = true;
  const walk = (i, edges, product) => {
    if (paths.length === most) return void (isAll = false);
    if (i === target) return void paths.push({ edges, product });
    nodes[i].inputs.forEach((input, k) => reaches[input] && walk(input, [...edges, [i, k]], product * slopes[i][k]));
  };
  if (reaches.at(-1)) walk(nodes.length - 1, [], 1);
  paths.sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  return { paths, isAll };
}
