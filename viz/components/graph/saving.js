/** The graph as a file: DOT and GraphML with every node and number, and its picture. */

import { download } from "../base/dom.js";
import { saveSvg } from "../base/saving.js";
import { rasterised, toSvg } from "../base/svg_file.js";

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);
const quoted = (text) => `"${String(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** Of every node what a file says of it. */
function facts(graph, node) {
  const { operation, shape, parameter, taps, path } = graph.nodes[node];
  return { operation, shape: shape.join("x"), parameter, tap: taps[0] ?? "", part: path.findLast((box) => graph.kindOf(box) === "part") ?? "",
    grad_norm: graph.gradient(node)?.norm ?? "", order: graph.arrays?.order.data[node] ?? "" };
}

/** Every node of the graph, boxes as clusters; an edge leads from a value to its reader and says the norm that comes back. */
export function toDot(graph) {
  const lines = ["digraph autograd {", "  rankdir=BT;", "  node [shape=box, fontname=\"Source Sans\"];"];
  const inside = new Map([["", { nodes: [], boxes: new Map() }]]);
  graph.nodes.forEach(({ path }, node) => {
    let at = inside.get("");
    for (const box of path) {
      if (!at.boxes.has(box)) at.boxes.set(box, { nodes: [], boxes: new Map() });
      at = at.boxes.get(box);
    }
    at.nodes.push(node);
  });
  const write = ({ nodes, boxes }, indent) => {
    for (const node of nodes) {
      const { operation, shape, parameter, tap, grad_norm: norm, order } = facts(graph, node);
      const label = quoted([parameter || tap || operation, operation, shape].filter(Boolean).join("\\n")).replaceAll("\\\\n", "\\n");
      lines.push(`${indent}n${node} [label=${label}, grad_norm=${quoted(norm)}, order=${quoted(order)}];`);
    }
    for (const [box, inner] of boxes) {
      lines.push(`${indent}subgraph ${quoted(`cluster_${box}`)} {`, `${indent}  label=${quoted(graph.labels[box].name)};`);
      write(inner, `${indent}  `);
      lines.push(`${indent}}`);
    }
  };
  write(inside.get(""), "  ");
  for (const [source, reader] of graph.edges) {
    const norm = graph.flow({ value: source, target: String(reader) })?.norm ?? "";
    lines.push(`  n${source} -> n${reader} [grad_norm=${quoted(norm)}];`);
  }
  return `${lines.join("\n")}\n}\n`;
}

export function toGraphml(graph) {
  const names = Object.keys(facts(graph, 0));
  const isNumber = (name) => ["grad_norm", "order"].includes(name);
  const keys = names.map((name) => `<key id="${name}" for="node" attr.name="${name}" attr.type="${isNumber(name) ? "double" : "string"}"/>`);
  const nodes = graph.nodes.map((_, node) => `<node id="n${node}">${Object.entries(facts(graph, node)).filter(([, value]) => value !== "" && !Number.isNaN(value))
    .map(([name, value]) => `<data key="${name}">${escape(value)}</data>`).join("")}</node>`);
  const edges = graph.edges.map(([source, reader]) => {
    const norm = graph.flow({ value: source, target: String(reader) })?.norm;
    return `<edge source="n${source}" target="n${reader}">${Number.isFinite(norm) ? `<data key="flow_norm">${norm}</data>` : ""}</edge>`;
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">', ...keys,
    '<key id="flow_norm" for="edge" attr.name="grad_norm" attr.type="double"/>', '<graph id="autograd" edgedefault="directed">', ...nodes, ...edges, "</graph>", "</graphml>", ""].join("\n");
}

/** @param {"SVG"|"PNG"|"DOT"|"GraphML"} kind @param {Stage} stage */
export async function save(kind, stage, background) {
  const { graph, drawing } = stage;
  if (kind === "DOT") return download(new Blob([toDot(graph)], { type: "text/vnd.graphviz" }), "autograd.dot");
  if (kind === "GraphML") return download(new Blob([toGraphml(graph)], { type: "application/graphml+xml" }), "autograd.graphml");
  const text = toSvg(drawing.svg, drawing.layout, background);
  if (kind === "SVG") return saveSvg(text, "autograd");
  return download(await rasterised(text, drawing.layout), "autograd.png");
}
