/** What of an expression's nodes is drawn, and how each is told. Plain numbers are written into the operation that reads them. Pure. */

import { exact } from "../base/numbers.js";

const MOST = 18;                // characters of a name made of what a number was made from
export const SIGNS = { "+": "+", "-": "−", "*": "×", "/": "÷", "**": "^", neg: "−" };
const bracketed = (text) => (text.startsWith("−") ? `(${text})` : text);

/**
 * @param {import("./engine.js").Node[]} nodes
 * @returns {{drawn: import("./graph.js").Drawn[], shown: number[]}} `shown`: the place of each drawn node among the nodes
 */
export function drawingOf(nodes) {
  const shown = nodes.flatMap(({ rule }, i) => (rule === "number" && i < nodes.length - 1 ? [] : [i]));
  const places = new Map(shown.map((i, place) => [i, place]));
  const drawn = shown.map((i) => {
    const { rule, inputs, label } = nodes[i];
    return {
      inputs: inputs.filter((input) => places.has(input)).map((input) => places.get(input)),
      kind: i === nodes.length - 1 ? "result" : inputs.length ? "operation" : "leaf",
      title: label, name: nameOf(nodes, i), rule: ruleText(nodes, i), hint: [label, formula(nodes, i)].filter(Boolean).join(" = "),
    };
  });
  return { drawn, shown };
}

/** Local derivatives of the drawn inputs only. */
export function drawnSlopes(nodes, shown, slopes) {
  return shown.map((i) => slopes[i].filter((_, k) => nodes[nodes[i].inputs[k]].rule !== "number"));
}

function ruleText(nodes, i) {
  const { rule, inputs } = nodes[i];
  if (!inputs.length) return rule === "number" ? exact(nodes[i].number) : "";
  const numbers = inputs.map((input) => (nodes[input].rule === "number" ? exact(nodes[input].number) : ""));
  if (inputs.length === 1) return `${SIGNS[rule] ?? rule}${numbers[0]}`;
  return [numbers[0], SIGNS[rule], numbers[1]].filter(Boolean).join(" ");
}

/** An operation with its inputs written by `write`. */
function written({ rule, inputs }, write) {
  const parts = inputs.map((input, k) => (k || rule === "neg" ? bracketed(write(input)) : write(input)));
  if (parts.length === 1) return rule === "neg" ? `−${parts[0]}` : `${rule}(${write(inputs[0])})`;
  return parts.join(` ${SIGNS[rule]} `);
}

/** What a number is called: its label, or else how it was made, where that is short. */
function nameOf(nodes, i) {
  const { rule, label, number } = nodes[i];
  if (label || rule === "number") return label || exact(number);
  const made = written(nodes[i], (input) => nodeOrMade(nodes, input));
  return made.length <= MOST ? made : "…";
}

function nodeOrMade(nodes, i) {
  const name = nameOf(nodes, i);
  return nodes[i].label || !/[+−×÷]/.test(name.slice(1)) || name.endsWith(")") ? name : `(${name})`;
}

export function formula(nodes, i) {
  return nodes[i].inputs.length ? written(nodes[i], (input) => nodeOrMade(nodes, input)) : nameOf(nodes, i);
}

/** c = a + b = −4 + 2 = −2 */
export function telling(nodes, values, i) {
  if (!nodes[i].inputs.length) return `${nameOf(nodes, i)} = ${exact(values[i])}`;
  const numbers = written(nodes[i], (input) => (nodes[input].rule === "number" ? exact(values[input]) : exact(values[input])));
  return [nodes[i].label, formula(nodes, i), numbers, exact(values[i])].filter(Boolean).join(" = ");
}
