/** What a card shows of an operation: which tensors, in which order, under which captions, and the signs between them. Pure. */

import { lettersOf } from "./linear_operations.js";
import { plain } from "./trace.js";

const MOST = 6;                // inputs that are drawn: the norm of the gradient reads every parameter's
const CAPTIONS = {
  weight: "weight before", gradient: "gradient", learning_rate: "", norm: "", m: "mean", v: "mean of squares", old: "before",
  orthogonal: "direction", matrix: "", x: "", gain: "gain", bias: "bias", running_mean: "running mean", running_var: "running variance",
  upstream: "from above",
};
const MADE = { m: "mean after", v: "mean of squares after", clip: "clipped", new: "new weight", ahead: "looked ahead", orthogonal: "evened out" };

/**
 * @typedef {{tensor: string, caption: string, sign: string, group?: string, minus?: string}} Piece `sign`: what stands before it;
 *   `group`: pieces that share a colour scale; `minus`: what is drawn is the tensor less this one
 * @returns {{pieces: Piece[], nRead: number, nMore: number}} `nRead` pieces are read, the others made; `nMore` inputs are not drawn
 */
export function arrange(store, operation) {
  const [read, made] = (ARRANGED[operation.part] ?? forward)(store, operation);
  const sizeOf = (name) => store.spec(name).shape.join();
  const isOne = ({ tensor }) => isOneScale(operation) && sizeOf(tensor) === sizeOf(operation.name);
  const pieces = [...read, ...made].map((piece) => ({ sign: "", ...(isOne(piece) ? { group: "one" } : {}), ...piece }));
  return { pieces, nRead: read.length, nMore: Math.max(0, operation.inputs.length - MOST) };
}

/** Where numbers pass through or add up, one scale shows which of them are large. */
function isOneScale({ kind, part, settings }) {
  const isPassing = kind === "elementwise" && ["add", "identity"].includes(settings.function);
  return isPassing || ["mask", "rotate", "clip"].includes(kind) || (kind === "elementwise_backward" && part === "backward" && isSum(settings));
}

const isSum = ({ function: name }) => name === "add" || name === "identity";

function forward(store, operation) {
  return [inputs(operation), [{ tensor: operation.name, caption: "" }]];
}

/** What came from above and what was saved, then the value and its gradient side by side. */
function backward(store, operation) {
  const own = plain(operation.name);
  const branches = store.branchesOf(operation.name);
  const isBranch = operation.name.includes("<-");
  const value = store.has(own) && operation.name !== "grad:loss" ? [{ tensor: own, caption: "value", group: "value" }] : [];
  const part = isBranch ? `part ${branches.indexOf(operation.name) + 1} of ${branches.length} of its gradient` : "gradient";
  const read = inputs(operation).filter(({ tensor }) => tensor !== own || !value.length);
  return [read, [...value, { tensor: operation.name, caption: part }]];
}

function update(store, operation) {
  const all = inputs(operation);
  const [prefix] = operation.name.split(":");
  const made = { tensor: operation.name, caption: prefix === operation.name ? "" : MADE[prefix] ?? "" };
  if (prefix !== "new") return [all, [made]];
  const weight = plain(operation.name);
  const gradient = [`clip:${weight}`, `grad:${weight}`].find((name) => store.has(name));
  const seen = all.some(({ tensor }) => tensor === gradient) ? [] : [{ tensor: gradient, caption: CAPTIONS.gradient }];
  const [before, ...rest] = all.map((piece) => (piece.tensor === weight ? { ...piece, group: "weight" } : piece));
  const change = { tensor: operation.name, caption: "change", minus: weight };
  return [[before, ...seen, ...rest], [{ ...made, group: "weight" }, change]];
}

const ARRANGED = { forward, loss: forward, backward, update };

function inputs({ inputs: names, settings, kind }) {
  const captions = (settings.roles ?? []).map((role) => CAPTIONS[role] ?? "");
  const above = (name, i) => (captions[i] ?? (i === 0 && kind.endsWith("_backward") ? CAPTIONS.upstream : ""));
  return names.slice(0, MOST).map((tensor, i) => ({ tensor, caption: above(tensor, i), sign: i ? signBefore({ kind, settings }, i, names.length) : "" }));
}

function signBefore({ kind, settings }, i, n) {
  if (kind === "elementwise" && settings.function === "add") return "+";
  if (kind === "elementwise_backward" && i === 1) return "×";
  if (kind === "einsum") return settings.bias && i === n - 1 ? "+" : "·";
  return "";
}

const LETTERS = { t: "position", s: "key", c: "channel", h: "head", d: "channel", m: "hidden", v: "vocab" };

/** What happens to the inputs, in a few words: "sum over channel, / √16". */
export function workWords({ kind, settings, part }) {
  if (kind === "einsum") return einsumWords(settings);
  if (kind === "elementwise" && settings.function === "add") return "add";
  if (kind === "elementwise" && settings.function === "identity") return "goes on as";
  if (kind === "elementwise") return settings.function === "one" ? "start" : settings.function;
  if (kind === "elementwise_backward") return isSum(settings) ? "passes through" : `slope of ${settings.function}`;
  if (kind === "mask") return part === "backward" ? "no gradient where masked" : "hide later keys";
  return WORK[kind] ?? kind;
}

const WORK = {
  gather: "look up rows", scatter: "add up by row", rotate: "rotate by position", softmax: "softmax over key",
  softmax_backward: "back through softmax", normalise: "normalise each row", normalise_backward: "back through the norm",
  normalise_gain: "sum over position", cross_entropy: "cross-entropy", cross_entropy_backward: "softmax − target",
  schedule: "schedule", gradient_norm: "√ of the sum of squares", clip: "clip to the longest allowed", average: "running mean",
  average_square: "running mean of squares", newton_schulz: "make orthogonal", sgd: "SGD step", momentum: "momentum step",
  rmsprop: "RMSProp step", adam: "Adam step", adamw: "AdamW step", muon: "Muon step",
};

function einsumWords(settings) {
  const { summed } = lettersOf(settings);
  const over = [...new Set(summed.map((letter) => LETTERS[letter]))];
  return over.length ? `sum over ${over.join(" and ")}` : "multiply";
}
