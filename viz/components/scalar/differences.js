/** Finite differences of an expression's variable, and what their errors say. Pure. */

import { forward, differentiate } from "./engine.js";

const ULP = { float32: 2 ** -24, float64: 2 ** -53 };  // what rounding loses of 1, at most

/** @typedef {{loss: number, gradient: number, above: number[], below: number[], quotients: number[]}} Measured */

/**
 * The same as the look `gradient_check` measures of the model, of a typed expression.
 * @returns {Object<string, Measured>}
 */
export function measure(nodes, values, name, steps) {
  const of = (round) => {
    const at = (value) => {
      const found = forward(nodes, new Map([...values, [name, round(value)]]), round);
      return found.trouble ? NaN : found.values.at(-1);
    };
    const { values: numbers, slopes } = forward(nodes, values, round);
    const place = nodes.findIndex(({ rule, label }) => rule === "variable" && label === name);
    const [above, below] = [1, -1].map((sign) => steps.map((step) => at(values.get(name) + sign * step)));
    return { loss: numbers.at(-1), gradient: differentiate(nodes, slopes)[place], above, below,
      quotients: steps.map((step, i) => (above[i] - below[i]) / (2 * step)) };
  };
  return { float32: of(Math.fround), float64: of((x) => x) };
}

/** How far each measured slope is from the best there is: autograd's in float64. @returns {number[]} */
export function errorsOf({ quotients }, truth) {
  return quotients.map((quotient) => (quotient === null ? NaN : Math.abs(quotient - truth)));
}

/**
 * The two errors apart: rounding is about u · |L| / ε, truncation about c · ε², with c read where the step is large.
 * @returns {{rounding: number[], truncation: number[]}}
 */
export function parts(precision, { loss }, errors64, steps) {
  const large = steps.flatMap((step, i) => (step <= 0.3 && step >= 0.003 && errors64[i] > 0 ? [errors64[i] / step ** 2] : [])).sort((a, b) => a - b);
  const bend = large[Math.floor(large.length / 2)] ?? NaN;
  return { rounding: steps.map((step) => (ULP[precision] * Math.abs(loss)) / step), truncation: steps.map((step) => bend * step ** 2) };
}

/** The step with the smallest error. */
export function best(errors, steps) {
  let at = -1;
  errors.forEach((error, i) => Number.isFinite(error) && (at < 0 || error < errors[at]) && (at = i));
  return { at, step: steps[at], error: errors[at] };
}
