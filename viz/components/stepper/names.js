/** How tensors, entries and places on an axis are written. Pure. */

const OWNED = ["table", "gain", "bias", "running_mean", "running_var", "cos", "sin"];  // mean nothing without their owner
const TOKEN_AXES = ["position", "query", "key"];

/** The variable that holds a tensor in a line of code: `grad:blocks.0.norm1<-q` → `grad_norm1_from_q` (model/trace_names.py). */
export function inCode(name) {
  const [, prefix, path, reader] = name.match(/^(?:(.*):)?(.*?)(?:<-(.*))?$/);
  const parts = path.split(".");
  const own = parts.slice(OWNED.includes(parts.at(-1)) ? -2 : -1).join("_");
  return (prefix ? `${prefix}_` : "") + own + (reader ? `_from_${reader}` : "");
}

/** `q[0, 3, 5]`; a scalar has no brackets. */
export function entry({ tensor, index }) {
  return inCode(tensor) + (index.length ? `[${index.join(", ")}]` : "");
}

/** Many entries of one tensor at once: `q[0, 3, ·]` where an axis is run through, `w_q[16:32, ·]` where a part of it is. */
export function span(factors, shape) {
  const places = shape.map((size, axis) => {
    const seen = factors.map(({ index }) => index[axis]);
    const [first, last] = [Math.min(...seen), Math.max(...seen)];
    if (first === last) return first;
    return last - first === size - 1 ? "·" : `${first}:${last + 1}`;
  });
  return inCode(factors[0].tensor) + (places.length ? `[${places.join(", ")}]` : "");
}

/** The token that stands at a place of an axis, where it has tokens: “r”; else nothing. */
export function tokenAt(manifest, axis, i) {
  return labelsOn(manifest, axis)[i];
}

/** All tokens of an axis in their order; [] where it has none. */
export function labelsOn(manifest, axis) {
  return (axis === "vocab" ? manifest.vocabulary : TOKEN_AXES.includes(axis) ? manifest.labels : null) ?? [];
}

/** One place on an axis, in words: `query 3 “r”`. */
export function place(manifest, axis, i) {
  const token = tokenAt(manifest, axis, i);
  return `${axis} ${i}${token === undefined ? "" : ` “${token}”`}`;
}

/** Shape with the name of each axis: `(query 7, key 7)`. */
export function shapeWords({ axes, shape }) {
  return shape.length ? `(${axes.map((axis, i) => `${axis} ${shape[i]}`).join(", ")})` : "one number";
}
