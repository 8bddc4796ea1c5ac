/** A window's nodes as they are drawn and told: plain numbers go into the operation that reads them. Pure. */

import { exact } from "../base/numbers.js";
import { SIGNS } from "./drawing.js";

const NAMES = { "+": "Σ", "*": "×", Φ: "Φ" };
const MOST = 4;                // inputs of a long sum that are told
const [SAME, NOISE] = [1e-6, 1e-8];  // of a tensor's largest entry; what rounding leaves of sums that cancel

/**
 * @param {object[]} nodes of the look's header @param {Object<string, {data: Float32Array}>} arrays
 * @returns {{drawn: import("./graph.js").Drawn[], shown: number[], values: number[], slopes: number[][], seeds: number[], told: (i: number) => string}}
 */
export function windowGraph(nodes, arrays) {
  const shown = nodes.flatMap((node, i) => (node.kind === "number" && i < nodes.length - 1 ? [] : [i]));
  const places = new Map(shown.map((i, place) => [i, place]));
  const starts = [];
  nodes.reduce((at, { inputs }, i) => ((starts[i] = at), at + inputs.length), 0);
  const kept = shown.map((i) => nodes[i].inputs.flatMap((input, k) => (places.has(input) ? [k] : [])));
  const drawn = shown.map((i, place) => {
    const node = nodes[i];
    const rule = node.kind === "rest" ? "" : ruleOf(node, nodes, arrays.values.data);
    const kind = i === nodes.length - 1 ? "result" : node.kind === "rest" ? "rest" : node.inputs.length ? "operation" : "leaf";
    const title = shortened(node.name, rule ? 12 : 15) || (node.kind === "rest" ? `${node.n_hidden} more` : node.label);
    return { inputs: kept[place].map((k) => places.get(node.inputs[k])), kind, title, rule, name: node.name || title || rule, isFixed: node.is_fixed, hint: hintOf(node) };
  });
  const pick = (array) => shown.map((i) => array.data[i]);
  return {
    drawn, shown, values: pick(arrays.values), seeds: pick(arrays.outside),
    slopes: shown.map((i, place) => kept[place].map((k) => arrays.slopes.data[starts[i] + k])),
    told: (place) => told(nodes, arrays.values.data, shown[place]),
  };
}

/** Whether a number is the entry that a tensor holds, as tests/model/test_window.py holds it. @param {number} largest of the tensor's entries */
export function isNear(own, held, largest) {
  return own === held || Math.abs(own - held) <= SAME * largest + NOISE;
}

function ruleOf({ rule, inputs }, nodes, values) {
  if (!inputs.length) return "";
  if (rule === "+" && inputs.length === 1) return "copy";
  const numbers = inputs.filter((input) => nodes[input].kind === "number").map((input) => exact(values[input], 3));
  return [NAMES[rule] ?? SIGNS[rule] ?? rule, ...numbers].join(" ");
}

function hintOf({ kind, tensor, index, n_hidden: n, is_open: isOpen }) {
  if (kind === "rest") return `The sum of the ${n} smaller summands that are not shown one by one`;
  return tensor ? `${tensor}${index.length ? `[${index}]` : ""}${isOpen ? "" : ": double click to open it here"}` : "";
}

/** y = a × b = 2 × 3 = 6 */
function told(nodes, values, i) {
  const node = nodes[i];
  const own = node.name || node.label;
  const value = exact(values[i]);
  if (node.kind === "rest") return `the ${node.n_hidden} smaller summands together are ${value}`;
  if (!node.inputs.length) return `${own} = ${value}`;
  const sign = node.inputs.length > 1 ? ` ${SIGNS[node.rule] ?? node.rule} ` : null;
  const write = (name) => {
    const parts = node.inputs.slice(0, MOST).map((input) => name(input));
    const text = sign ? parts.map((part, k) => (k && part.startsWith("−") ? `(${part})` : part)).join(sign) : node.rule === "+" ? parts[0] : `${node.rule}(${parts[0]})`;
    return node.inputs.length > MOST ? `${text}${sign}… ${node.inputs.length - MOST} more` : text;
  };
  const nameOf = (input) => plainName(nodes, values, input) || productName(nodes, values, input) || "…";
  return [own, write(nameOf), write((input) => exact(values[input])), value].filter(Boolean).join(" = ");
}

/** An entry's place counts for more than its tensor's name: masked_scores[0, 3, 1] → masked…[0,3,1] */
function shortened(name, most) {
  const [, tensor, index = ""] = name.match(/^(.*?)(\[.*)?$/);
  const place = index.replaceAll(" ", "");
  const room = Math.max(4, most - place.length);
  return (tensor.length > room ? `${tensor.slice(0, room - 1)}…` : tensor) + place;
}

function plainName(nodes, values, i) {
  const { name, kind } = nodes[i];
  return name || (kind === "rest" ? "rest" : kind === "number" ? exact(values[i]) : "");
}

/** A product is called by its factors. */
function productName(nodes, values, i) {
  const { rule, inputs } = nodes[i];
  const names = inputs.map((input) => plainName(nodes, values, input));
  return rule === "*" && names.every(Boolean) ? names.join("·") : "";
}
