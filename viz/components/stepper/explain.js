/** The terms that make one cell, for each kind of operation: model/operations.py's `terms`, in the browser. */

/**
 * @typedef {{tensor: string, index: number[], value: number}} Factor
 * @typedef {{value: number, coefficient: number, factors: Factor[], label: string, arguments: Factor[]}} Term
 */

/**
 * What sums up to the cell `index` of an operation's output.
 * @param {import("./trace.js").TraceStore} store @param {import("./trace.js").Operation} operation @param {number[]} index
 * @returns {Term[]|null} null while numbers are on their way
 */
export function terms(store, operation, index) {
  return null;
}

/** The cell's expression with its numbers in it, as one line of text; "" while there is nothing to say. */
export function expression(store, operation, index) {
  return "";
}
