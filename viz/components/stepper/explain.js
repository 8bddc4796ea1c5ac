/** Where a cell comes from: its terms, what they add up to, and whether that is what the tensor holds. Pure. */

import { CURVED } from "./curved_operations.js";
import { LINEAR } from "./linear_operations.js";
import { NORMS } from "./norm_operations.js";
import { flatOf, Operands } from "./operands.js";
import { UPDATE } from "./update_operations.js";

export { expression } from "./expression.js";

const KINDS = { ...LINEAR, ...CURVED, ...NORMS, ...UPDATE };
const TOLERANCE = 1e-5;          // of the sum of the terms' sizes: float32 rounds every product and every partial sum
const FLOAT_STEP = 2e-7;         // what float32 cannot tell from 1
const BFLOAT_TOLERANCE = 2e-2;   // Newton–Schulz rounds to 8 bits after every product

/** @typedef {import("./operands.js").Term} Term @typedef {import("./operands.js").Factor} Factor */

/**
 * What sums up to the cell `index` of an operation's output, in the order of the formula.
 * @param {import("./trace.js").TraceStore} store @param {import("./trace.js").Operation} operation @param {number[]} index
 * @returns {Term[]|null} null while numbers are on their way
 */
export function terms(store, operation, index) {
  const operands = Operands.of(store, operation);
  return operands && KINDS[operation.kind](operands, index);
}

/**
 * The terms of a cell with the largest first, and their sum held against the tensor.
 * @returns {{terms: Term[], inOrder: Term[], total: number, cell: number, difference: number, isEqual: boolean}|null}
 */
export function account(store, operation, index) {
  const found = terms(store, operation, index);
  const tensor = store.tensor(operation.name);
  if (!found || !tensor) return null;
  const cell = tensor.data[flatOf(tensor.shape, index)];
  const total = sumOf(found);
  const size = found.reduce((sum, { value }) => sum + Math.abs(value), 0);
  const rounded = found.reduce((sum, term) => sum + rounding(term), 0);
  const allowed = operation.kind === "newton_schulz" ? BFLOAT_TOLERANCE * largest(tensor.data) : TOLERANCE * size + rounded + 1e-8;
  const difference = Object.is(total, cell) ? 0 : total - cell;
  const sorted = found.map((term, i) => [term, i]).sort(([a, i], [b, j]) => Math.abs(b.value) - Math.abs(a.value) || i - j);
  return { terms: sorted.map(([term]) => term), inOrder: found, total, cell, difference, isEqual: Math.abs(difference) <= allowed };
}

/** A rest is the sum of its own products, never what is missing. */
export function sumOf(found) {
  return found.reduce((sum, { value }) => sum + value, 0);
}

/**
 * The entries of the inputs that a cell was made from, by tensor.
 * @returns {Map<string, Set<number>>|null} places in the tensors' numbers; null while numbers are on their way
 */
export function sources(store, operation, index) {
  const found = operation.kind === "newton_schulz" ? [] : terms(store, operation, index);
  if (!found) return null;
  const places = new Map();
  const add = (factor) => {
    if (!places.has(factor.tensor)) places.set(factor.tensor, new Set());
    places.get(factor.tensor).add(flatOf(store.spec(factor.tensor).shape, factor.index));
  };
  for (const list of new Set(found.flatMap((term) => [term.factors, term.arguments]))) list.forEach(add);
  for (const [name, position] of lookedUp(operation, index)) places.set(name, new Set(position));
  return places;
}

/** Entries that say which numbers are read, and are not multiplied: token ids, positions, targets. */
export function lookedUp({ kind, inputs }, index) {
  if (kind === "gather" || kind === "cross_entropy") return [[inputs[1], [index[0]]]];
  return kind === "cross_entropy_backward" ? [[inputs[2], [index[0]]]] : [];
}

/** What float32 loses inside a function: 1 + erf(x) of GELU, say, has no digits left where it is almost 0. */
function rounding({ factors, label, arguments: made }) {
  if (!label) return 0;
  return made.reduce((most, { value }) => Math.max(most, Math.abs(value)), 1) * factors.reduce((size, { value }) => size * Math.abs(value), FLOAT_STEP);
}

function largest(data) {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
