/** Kinds whose cells are sums of products of entries: gather, scatter, einsum, rotate, mask (model/linear_operations.py). Pure. */

import { moved, product } from "./operands.js";

/** One: the entry of the table. */
function gather(x, [t, c]) {
  return [product(1, [x.factor(0, [x.tensors[1].data[t], c])])];
}

/** One for each position that looked up the row; none if there was none. */
function scatter(x, [row, c]) {
  const found = [];
  x.tensors[1].data.forEach((looked, t) => {
    if (looked === row) found.push(product(1, [x.factor(0, [t, c])]));
  });
  return found;
}

/**
 * The letters of an einsum: of each input that is multiplied, of the output, and those summed over.
 * @returns {{multiplied: string[][], out: string[], summed: string[], bias: string[]}}
 */
export function lettersOf({ subscripts, bias }) {
  const [left, out] = subscripts.split("->");
  const multiplied = left.split(",").map((own) => [...own]);
  const summed = [...new Set(multiplied.flat())].filter((letter) => !out.includes(letter));
  return { multiplied, out: [...out], summed, bias: [...bias] };
}

/** One for each combination of the letters summed over, then the bias. */
function einsum(x, index) {
  const { settings } = x;
  const { multiplied, out, summed, bias } = lettersOf(settings);
  const sizesOf = (letters) => letters.map((letter) => settings.sizes[letter]);
  const at = {};
  moved(index, settings.shape, sizesOf(out)).forEach((k, i) => (at[out[i]] = k));
  const factor = (letters, i) => x.factor(i, moved(letters.map((letter) => at[letter]), sizesOf(letters), x.tensors[i].shape));
  const found = [];
  const count = (depth) => {
    if (depth === summed.length) return found.push(product(settings.scale, multiplied.map(factor)));
    for (let k = 0; k < settings.sizes[summed[depth]]; k++) {
      at[summed[depth]] = k;
      count(depth + 1);
    }
    return undefined;
  };
  count(0);
  return settings.bias ? [...found, product(1, [factor(bias, x.tensors.length - 1)])] : found;
}

/** Two: of the channel itself and of its partner, half a head away. */
function rotate(x, index) {
  const [t, d] = index.slice(-2);
  const size = x.tensors[0].shape.at(-1);
  const partner = [...index.slice(0, -1), (d + Math.floor(size / 2)) % size];
  return [
    product(1, [x.factor(0, index), x.factor(1, [t, d])]),
    product(x.settings.direction, [x.factor(0, partner), x.factor(2, [t, d])]),
  ];
}

/** The entry itself, or what is filled in where the key comes later than the query. */
function mask(x, index) {
  const isAllowed = index.at(-1) <= index.at(-2);
  return [isAllowed ? product(1, [x.factor(0, index)]) : product(x.settings.fill === "-inf" ? -Infinity : Number(x.settings.fill))];
}

export const LINEAR = { gather, scatter, einsum, rotate, mask };
