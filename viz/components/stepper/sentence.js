/** Operations in words: for a screen reader, and for short titles. Pure. */

import { significant } from "../base/numbers.js";
import { entry, place } from "./names.js";
import { flatOf } from "./operands.js";
import { last, plain } from "./trace.js";

const MADE = { grad: "gradient of", clip: "clipped gradient of", m: "first moment of", v: "second moment of", new: "new" };
const KINDS = {
  gather: "rows looked up", scatter: "rows added up", einsum: "sums of products", rotate: "rotation by position",
  mask: "mask", cross_entropy: "cross-entropy", reduce: "sum",
};

/** `blocks.0` → "block 0" */
export function blockWords(block) {
  return block.replace(/^blocks\./, "block ");
}

/** `grad:blocks.0.norm1<-q` → "gradient of norm1, from q" */
function nameWords(name) {
  const [prefix, own] = name.includes(":") ? name.split(":") : ["", name];
  const branch = own.includes("<-") ? `, from ${own.split("<-")[1]}` : "";
  return [prefix && (MADE[prefix] ?? prefix), last(plain(name))].filter(Boolean).join(" ") + branch;
}

/** "softmax over key" */
function kindWords(operation, axes) {
  const { kind, settings } = operation;
  if (kind === "softmax" && axes.length) return `softmax over ${axes.at(-1)}`;
  return KINDS[kind] ?? settings.function ?? settings.norm ?? kind.replaceAll("_", " ");
}

/** "Operation 18 of 143, forward, block 0: pattern, softmax over key." */
export function sentenceOf(store, operation) {
  const where = [operation.part, blockWords(operation.block)].filter((word, i, all) => all.indexOf(word) === i).join(", ");
  const what = `${nameWords(operation.name)}, ${kindWords(operation, store.spec(operation.name).axes)}`;
  return `Operation ${operation.i + 1} of ${store.n}, ${where}: ${what}.`;
}

/** "The cell pattern[0, 3, 1] is 0.111732: head 0, query 3 “r”, key 1 “m”."; "" while there is none or its number is not here. */
export function cellSentence(store, cell) {
  const tensor = cell && store.has(cell.tensor) ? store.tensor(cell.tensor) : null;
  if (!tensor) return "";
  const { axes, shape } = store.spec(cell.tensor);
  const where = cell.index.map((k, axis) => place(store.manifest, axes[axis], k)).join(", ");
  return `The cell ${entry(cell)} is ${significant(tensor.data[flatOf(shape, cell.index)], 6)}${where ? `: ${where}` : ""}.`;
}
