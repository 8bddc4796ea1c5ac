/** What an operation works on: its settings and the tensors of its inputs, by place or by role (model/operands.py). Pure. */

/** @typedef {{tensor: string, index: number[], value: number}} Factor */
/** @typedef {{value: number, coefficient: number, factors: Factor[], label: string, arguments: Factor[]}} Term */

/** Where an entry stands in a tensor's numbers. */
export function flatOf(shape, index) {
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++) flat = flat * shape[axis] + index[axis];
  return flat;
}

/** The opposite of `flatOf`. */
export function indexOf(shape, flat) {
  const index = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}

/** The same place in memory, when what has one shape is seen with another of equal size. */
export function moved(index, shape, other) {
  return indexOf(other, flatOf(shape, index));
}

/** @returns {Term} the coefficient times the factors; `of` are the entries that a labelled coefficient was made from */
export function product(coefficient, factors = [], label = "", of = []) {
  const value = factors.reduce((made, factor) => made * factor.value, coefficient);
  return { value, coefficient, factors, label, arguments: of };
}

export class Operands {
  /** @returns {Operands|null} null while numbers are on their way */
  static of(store, operation) {
    const tensors = operation.inputs.map((name) => store.tensor(name));  // asks for all of them at once
    return tensors.includes(null) ? null : new Operands(operation, tensors);
  }

  constructor({ settings }, tensors) {
    Object.assign(this, { settings, tensors });
  }

  /** Which input plays a role; -1 where the model has none. */
  place(role) {
    return (this.settings.roles ?? []).indexOf(role);
  }

  /** The tensor that plays a role, or undefined. */
  role(role) {
    return this.tensors[this.place(role)];
  }

  /** One entry of input i. */
  factor(i, index) {
    const { name, shape, data } = this.tensors[i];
    return { tensor: name, index, value: data[flatOf(shape, index)] };
  }

  /** The entry of the input that plays a role. */
  entry(role, index) {
    return this.factor(this.place(role), index);
  }

  /** The entry of an input that not every model has, as a list of one or none. */
  optional(role, index) {
    const place = this.place(role);
    return place < 0 ? [] : [this.factor(place, index)];
  }

  /** The entries of input i along its last axis, beside `index`. */
  row(i, index) {
    const { shape } = this.tensors[i];
    return Array.from({ length: shape.at(-1) }, (_, k) => this.factor(i, [...index.slice(0, -1), k]));
  }
}
