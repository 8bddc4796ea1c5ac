/** How much gradient flows along each line of the map: the norm of the gradient that one reader hands to a value. */

import { last } from "./trace.js";

/** The name of the gradient that flows from a reader of a value back to it; null where none is recorded. */
export function flowName(store, { value, reader }) {
  const branch = `grad:${value}<-${last(reader)}`;
  if (store.has(branch)) return branch;
  return store.gradientOf(value);
}

/** Norms of gradients, each computed once; the widest line belongs to the largest inside the model. */
export class Flow {
  #norms = new Map();
  #version = -1;

  constructor(store) {
    this.store = store;
  }

  /** The norm of a gradient, or null while its numbers are on their way. */
  norm(name) {
    if (this.#version !== this.store.version) {
      this.#version = this.store.version;
      this.#norms.clear();
    }
    if (this.#norms.has(name)) return this.#norms.get(name);
    const tensor = this.store.tensor(name);
    if (!tensor) return null;
    let sum = 0;
    for (const value of tensor.data) sum += value * value;
    this.#norms.set(name, Math.sqrt(sum));
    return Math.sqrt(sum);
  }
}
