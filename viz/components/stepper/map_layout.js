/** Where each value of the model stands on the map: the residual stream as a spine, everything else hangs on it. Pure. */

import { last } from "./trace.js";

const SPINE = new Set(["resid_pre", "resid_mid", "resid_post"]);
// From which to which of a branch's three columns a value reaches; one not named here takes all of them.
const COLUMNS = {
  q: [0, 1], k: [1, 2], v: [2, 3], q_norm: [0, 1], k_norm: [1, 2], q_rot: [0, 1], k_rot: [1, 2],
  scores: [0, 2], masked_scores: [0, 2], pattern: [0, 2], mlp_gate: [0, 1.5],
};

/**
 * @typedef {{key: string, block: string, isSpine: boolean, isFolded: boolean, isAlone: boolean, isSum: boolean, row: number,
 *   columns: [number, number], parameters: string[]}} Node `key` is a value's name, or a folded block's. Folded blocks
 *   that follow each other share a row, side by side: `columns` says which part of it is theirs
 * @typedef {{from: string, to: string, value: string, reader: string}} Edge between keys; `value` is read by `reader`
 */

/**
 * @param {import("./trace.js").TraceStore} store @param {string} open the block that is drawn unfolded
 * @returns {{nodes: Node[], edges: Edge[], nRows: number}} rows count upward from the tokens
 */
export function mapLayout(store, open) {
  const operations = store.operations.filter(({ part }) => part === "forward" || part === "loss");
  const keyOf = new Map(operations.map(({ name, block }) => [name, isClosed(block, open) ? block : name]));
  const hasGate = keyOf.has(`${open}.mlp_gate`);
  const nodes = new Map();
  const edges = new Map();
  for (const operation of operations) {
    const key = keyOf.get(operation.name);
    if (!nodes.has(key)) nodes.set(key, nodeOf(store, operation, key, hasGate));
    const node = nodes.get(key);
    for (const value of operation.inputs) {
      const from = keyOf.get(value);
      if (from === undefined && isLearned(store, value)) node.parameters.push(value);
      if (from === undefined || from === key) continue;
      const isBeside = node.isFolded && nodes.get(from).isFolded;
      node.row = Math.max(node.row, nodes.get(from).row + (isBeside ? 0 : 1));
      if (!isBeside && !edges.has(`${from} ${key}`)) edges.set(`${from} ${key}`, { from, to: key, value, reader: operation.name });
    }
  }
  const all = [...nodes.values()];
  shareRows(all.filter((node) => node.isFolded));
  return { nodes: all, edges: [...edges.values()], nRows: 1 + Math.max(0, ...all.map(({ row }) => row)) };
}

function shareRows(folded) {
  for (const node of folded) {
    const beside = folded.filter(({ row }) => row === node.row);
    const share = 3 / beside.length;
    node.columns = [beside.indexOf(node) * share, (beside.indexOf(node) + 1) * share];
    node.isAlone = beside.length === 1;
  }
}

function isClosed(block, open) {
  return block.startsWith("blocks.") && block !== open;
}

function isLearned(store, name) {
  return store.has(name) && store.spec(name).role === "parameter";
}

function nodeOf(store, { name, block, kind, inputs, settings }, key, hasGate) {
  const short = last(name);
  const columns = hasGate && short === "mlp_pre" ? [1.5, 3] : COLUMNS[short] ?? [0, 3];
  const isFolded = key === block && key.startsWith("blocks.");
  const isSpine = isFolded || isOnSpine(store, name, block, inputs);
  const isSum = kind === "elementwise" && settings.function === "add";
  return { key, block, isSpine, isFolded, isAlone: true, isSum, row: isSpine ? 0 : 1, columns, parameters: [] };
}

/** What the stream itself passes through: also a norm that comes after the sum instead of before attention or MLP. */
function isOnSpine(store, name, block, inputs) {
  if (!block.startsWith("blocks.")) return last(name) !== "pos_emb";
  const isNorm = ["norm1", "norm2"].includes(last(name));
  return SPINE.has(last(name)) || (isNorm && store.manifest.config.norm_placement === "post" && SPINE.has(last(inputs[0])));
}
