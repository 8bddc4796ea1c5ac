/** A cell's expression with the real numbers in it, step by step from names to numbers. Pure. */

import { setting, significant } from "../base/numbers.js";
import { shares } from "./curved_operations.js";
import { account } from "./explain.js";
import { FUNCTIONS } from "./functions.js";
import { lettersOf } from "./linear_operations.js";
import { entry, inCode, span } from "./names.js";
import { statistics } from "./norm_operations.js";
import { Operands } from "./operands.js";
import { DESCENTS, scheduleShare, shareKept } from "./update_operations.js";

const MOST = 4;                // summands that are written out
const STEEP = 20;              // exponents beyond this are written after the largest was taken off each

const n = (value) => significant(value);
const bracketed = (text) => (text.startsWith("−") ? `(${text})` : text);
const less = (text) => ` − ${bracketed(text)}`;
const plus = (text) => (text.startsWith("−") ? ` − ${text.slice(1)}` : ` + ${text}`);
const valuesOf = (factors) => factors.map(({ value }) => value);

/**
 * @returns {string[]} the same cell again and again: as names, with the numbers filled in, worked out. [] while numbers are
 * on their way
 */
export function steps(store, operation, index) {
  const [x, made] = [Operands.of(store, operation), account(store, operation, index)];
  if (!x || !made) return [];
  const written = WRITTEN[operation.kind](x, index, made);
  return typeof written === "string" ? [`${n(made.cell)}: ${written}`] : [...written, n(made.cell)];
}

/** The cell with its numbers filled in, as one line of text; "" while there is nothing to say. */
export function expression(store, operation, index) {
  const all = steps(store, operation, index);
  const numbers = all.slice(all.length > 2 ? 1 : 0).filter((step, i, kept) => step !== kept[i - 1]);
  return all.length ? [entry({ tensor: operation.name, index }), ...numbers].join(" = ") : "";
}

/** a + b − c; beyond a few summands only how many more there are. */
function summed(parts, total = parts.length) {
  const shown = parts.slice(0, parts.length > MOST + 1 ? MOST : parts.length);
  const text = shown.map((part, i) => (i ? plus(part) : part)).join("");
  return text + (total > shown.length ? ` + … ${total - shown.length} more` : "") || "0";
}

/** A term's coefficient and factors, each written by `write`. */
function multiplied({ coefficient, factors }, write, sign = "×") {
  const written = factors.map(write).join(sign);
  if (!factors.length) return setting(coefficient);
  if (coefficient === 1) return written;
  return coefficient === -1 ? `−${bracketed(written)}` : setting(coefficient) + sign + written;
}

/** A sum of products as names, then as numbers. */
function products(x, index, { terms: sorted, inOrder }) {
  if (!sorted.length) return "no position reads this row";
  const terms = sorted.length > MOST + 1 ? sorted : inOrder;
  return [summed(terms.map((term) => multiplied(term, entry, " · "))), summed(terms.map((term) => multiplied(term, ({ value }) => n(value))))];
}

function einsum(x, index, made) {
  const { settings } = x;
  const isBias = (term) => settings.bias && term.factors.length === 1 && term.factors[0].tensor === x.tensors.at(-1).name;
  const bias = made.terms.filter(isBias);
  const inner = made.terms.filter((term) => !isBias(term));
  const { summed: letters } = lettersOf(settings);
  const spans = inner[0].factors.map((_, i) => span(inner.map(({ factors }) => factors[i]), x.tensors[i].shape));
  const numbers = summed(inner.map(({ factors }) => factors.map(({ value }) => n(value)).join("×")));
  const [before, after] = [letters.length && spans.length === 1 ? "Σ " : "", dividing(settings, x.tensors)];
  const isLong = after && inner.length > 1;
  const added = (write) => bias.map(({ factors }) => plus(write(factors[0]))).join("");
  return [before + spans.join(" · ") + after + added(entry), (isLong ? `(${numbers})` : numbers) + after + added(({ value }) => n(value))];
}

/** The scale of scores is one over the root of the head's width, the scale of the loss one over the number of targets. */
function dividing({ scale }, [{ axes }]) {
  if (scale === 1) return "";
  const isMean = axes.length < 2;
  return isMean ? ` / ${setting(1 / scale)}` : ` / √${setting(1 / scale ** 2)}`;
}

function mask(x, index, made) {
  if (made.terms[0].factors.length) return products(x, index, made).slice(0, 1);
  return `key ${index.at(-1)} comes later than query ${index.at(-2)}, which cannot see it`;
}

/** A function's label with something in place of its x and gate. */
function filled(label, [first, second = first], isSwiglu) {
  return label.replace(/\bgate\b/, first).replace(/\bx\b/, isSwiglu ? second : first);
}

function elementwise(x, index, made) {
  const { label, isSum } = FUNCTIONS[x.settings.function];
  if (isSum) return products(x, index, made);
  if (x.settings.function === "one") return "the loss changes by exactly as much as the loss";
  const [{ arguments: inputs }] = made.terms;
  return [entry, ({ value }) => n(value)].map((write) => filled(label, inputs.map(write), inputs.length > 1));
}

function elementwiseBackward(x, index, { terms: [{ coefficient, factors: [above], arguments: inputs, label }] }) {
  if (!inputs.length) return [entry(above)];
  const written = (write, sign) => {
    const slope = filled(label, inputs.map(write), inputs.length > 1);
    return `${write(above)}${sign}${label.includes("−") ? `(${slope})` : slope}`;
  };
  return [written(entry, " · "), written(({ value }) => n(value), " × "), `${n(above.value)} × ${n(coefficient)}`];
}

function softmax(x, index) {
  const row = x.row(0, index);
  const seen = row.filter(({ value }) => value > -Infinity).sort((a, b) => b.value - a.value);
  const top = Math.max(...valuesOf(seen));
  const taken = Math.abs(top) > STEEP ? top : 0;
  const own = row[index.at(-1)];
  const over = (write) => `${write(own)} / (${summed(seen.map(write))})`;
  const note = taken ? ` (${n(taken)} taken off every exponent)` : "";
  return [
    `e^${entry(own)} / Σ e^${span(row, x.tensors[0].shape)}`,
    over(({ value }) => `e^${n(value - taken)}`) + note,
    over(({ value }) => n(Math.exp(value - taken))),
  ];
}

function softmaxBackward(x, index) {
  const [g, p] = [x.row(0, index), x.row(1, index)];
  const j = index.at(-1);
  const mean = p.reduce((sum, { value }, k) => sum + value * g[k].value, 0);
  return ["p · (g − Σ p·g)", `${entry(p[j])} · (${entry(g[j])} − Σ p·g)`, `${n(p[j].value)} × (${n(g[j].value)}${less(n(mean))})`];
}

const deviation = ({ settings }) => (settings.norm === "rmsnorm" ? "rms" : "σ");

function normalise(x, index) {
  const { mean, rate } = statistics(x, index);
  const own = index.slice(-1);
  const [value, gain, bias] = [x.entry("x", index), x.optional("gain", own), x.optional("bias", own)];
  const isCentred = x.settings.norm !== "rmsnorm";
  const written = (write, mu, sigma, sign) => {
    const top = isCentred ? `(${write(value)}${less(mu)})` : write(value);
    return `${top} / ${sigma}${gain.map((g) => sign + write(g)).join("")}${bias.map((b) => plus(write(b))).join("")}`;
  };
  return [written(entry, "μ", deviation(x), " · "), written((factor) => n(factor.value), n(mean), n(1 / rate), " × ")];
}

function normaliseBackward(x, index) {
  const { mean, rate } = statistics(x, index);
  const { norm } = x.settings;
  const j = index.at(-1);
  const g = x.row(x.place("upstream"), index).map(({ value }, k) => value * (x.optional("gain", [k])[0]?.value ?? 1));
  if (norm === "batchnorm") return ["g / σ, g = gradient from above · gain", `${n(g[j])} / ${n(1 / rate)}`];
  const made = valuesOf(x.row(x.place("x"), index)).map((value) => (value - mean) * rate);
  const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [shift, size] = [average(g), average(g.map((value, k) => value * made[k]))];
  const centred = norm === "layernorm";
  return [
    `(g${centred ? " − mean g" : ""} − x̂ · mean(g·x̂)) / ${deviation(x)}, g = gradient from above${x.place("gain") < 0 ? "" : " · gain"}`,
    `(${n(g[j])}${centred ? less(n(shift)) : ""}${less(n(made[j]))} × ${n(size)}) / ${n(1 / rate)}`,
  ];
}

function normaliseGain(x, [c], { terms }) {
  return [`Σ ${span(terms.map(({ factors }) => factors[0]), x.role("upstream").shape)} · x̂[·, ${c}]`,
    summed(terms.map(({ coefficient, factors }) => `${n(factors[0].value)}×${n(coefficient)}`))];
}

function crossEntropy(x, [t]) {
  const row = x.row(0, [t, 0]);
  const target = row[x.tensors[1].data[t]];
  return [`ln Σ e^${span(row, x.tensors[0].shape)} − ${entry(target)}`, `${n(shares(valuesOf(row)).logSum)}${less(n(target.value))}`];
}

function crossEntropyBackward(x, [t, v], { terms: [{ factors: [above], label }] }) {
  const row = x.row(1, [t, v]);
  const share = `softmax(${span(row, x.tensors[1].shape)})[${v}]`;
  const isTarget = label !== "softmax";
  const [names, numbers] = [share, n(shares(valuesOf(row)).shares[v])].map((part) => (isTarget ? `(${part} − 1)` : part));
  return [`${entry(above)} · ${names}`, `${n(above.value)} × ${numbers}`];
}

function schedule({ settings }) {
  return ["peak · share of the schedule", `${setting(settings.peak)} × ${n(scheduleShare(settings))}`];
}

function gradientNorm(x, index, { terms, total }) {
  return ["√Σ ‖g‖² over all gradients", `√(${summed(terms.map(({ value }) => n(value * total)))})`];
}

function clip(x, index) {
  const [g, norm, most] = [x.factor(0, index), x.factor(1, []), x.settings.max_norm];
  if (shareKept(norm.value, most) === 1) return [`${entry(g)}, kept: grad_norm ${n(norm.value)} is not above ${setting(most)}`];
  return [`${entry(g)} · ${setting(most)} / grad_norm`, `${n(g.value)} × ${setting(most)} / ${n(norm.value)}`];
}

function averageSquare(x, index) {
  const { keep, weight_decay: decay } = x.settings;
  const [old, g] = ["old", "gradient"].map((role) => x.entry(role, index));
  return [entry, ({ value }) => n(value)].map((write) => {
    const joined = x.optional("weight", index).map((w) => plus(`${setting(decay)}×${write(w)}`));
    const base = joined.length ? `(${write(g)}${joined[0]})` : bracketed(write(g));
    return `${setting(keep)}×${write(old)} + ${setting(1 - keep)}×${base}²`;
  });
}

/** new = w − η · direction (· its size) − η · λ · w, the way each optimizer is written down. */
const descend = (kind) => (x, index) => {
  const { direction, pull } = DESCENTS[kind];
  const [w, rate, d] = [x.entry("weight", index), x.entry("learning_rate", []), x.entry(direction, index)];
  const [v] = x.optional("v", index);
  const { weight_decay: decay, beta1, beta2, n_updates: count, scale } = x.settings;
  const isJoined = decay && pull === "with the gradient";
  const written = (write, sign) => {
    const step = isJoined ? `(${write(d)}${plus(`${setting(decay)}${sign}${write(w)}`)})` : write(d);
    const starts = beta1 === undefined ? ["", ""] : [` / ${n(1 - beta1 ** count)}`, ` / ${n(1 - beta2 ** count)}`];
    const size = v ? `${starts[0]} / (√(${write(v)}${starts[1]}) + ε)` : scale ? `${sign}${setting(scale)}` : "";
    const apart = decay && pull === "apart" ? ` − ${write(rate)}${sign}${setting(decay)}${sign}${bracketed(write(w))}` : "";
    return `${write(w)} − ${write(rate)}${sign}${bracketed(step)}${size}${apart}`;
  };
  return [written(entry, " · "), written(({ value }) => n(value), " × ")];
};

const WRITTEN = {
  gather: products, scatter: products, einsum, rotate: products, mask,
  elementwise, elementwise_backward: elementwiseBackward, softmax, softmax_backward: softmaxBackward,
  cross_entropy: crossEntropy, cross_entropy_backward: crossEntropyBackward,
  normalise, normalise_backward: normaliseBackward, normalise_gain: normaliseGain,
  schedule, gradient_norm: gradientNorm, clip, average: products, average_square: averageSquare,
  newton_schulz: (x, index) => [`Newton–Schulz(${inCode(x.tensors[0].name)})[${index.join(", ")}]`],
  ...Object.fromEntries(Object.keys(DESCENTS).map((kind) => [kind, descend(kind)])),
};
