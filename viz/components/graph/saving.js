/** The graph as a file: DOT and GraphML with every node and number, SVG and PNG of the picture. */

import { download } from "../base/dom.js";

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);
const quoted = (text) => `"${String(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** Of every node what a file says of it. */
function facts(graph, node) {
  const { operation, shape, parameter, taps, path } = graph.nodes[node];
  return { operation, shape: shape.join("x"), parameter, tap: taps[0] ?? "", part: path.findLast((box) => graph.kindOf(box) === "part") ?? "",
    gradient_norm: graph.gradient(node)?.norm ?? "", order: graph.arrays?.order.data[node] ?? "" };
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
      const { operation, shape, parameter, tap, gradient_norm: norm, order } = facts(graph, node);
      lines.push(`${indent}n${node} [label=${quoted([parameter || tap || operation, operation, shape].filter(Boolean).join("\\n")).replaceAll("\\\\n", "\\n")}, gradient_norm=${quoted(norm)}, order=${quoted(order)}];`);
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
    lines.push(`  n${source} -> n${reader} [gradient_norm=${quoted(norm)}];`);
  }
  return `${lines.join("\n")}\n}\n`;
}

export function toGraphml(graph) {
  const names = Object.keys(facts(graph, 0));
  const isNumber = (name) => ["gradient_norm", "order"].includes(name);
  const keys = names.map((name) => `<key id="${name}" for="node" attr.name="${name}" attr.type="${isNumber(name) ? "double" : "string"}"/>`);
  const nodes = graph.nodes.map((_, node) => `<node id="n${node}">${Object.entries(facts(graph, node)).filter(([, value]) => value !== "" && !Number.isNaN(value))
    .map(([name, value]) => `<data key="${name}">${escape(value)}</data>`).join("")}</node>`);
  const edges = graph.edges.map(([source, reader]) => {
    const norm = graph.flow({ value: source, target: String(reader) })?.norm;
    return `<edge source="n${source}" target="n${reader}">${Number.isFinite(norm) ? `<data key="flow_norm">${norm}</data>` : ""}</edge>`;
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">', ...keys,
    '<key id="flow_norm" for="edge" attr.name="gradient_norm" attr.type="double"/>', '<graph id="autograd" edgedefault="directed">', ...nodes, ...edges, "</graph>", "</graphml>", ""].join("\n");
}

const DRAWN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"];

/** The whole picture as an SVG file of its own: every style is written on its element. */
export function toSvg(svg, { width, height }, background) {
  const copy = svg.cloneNode(true);
  const [own, theirs] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  own.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of DRAWN) theirs[i].setAttribute(name, style.getPropertyValue(name));
    theirs[i].removeAttribute("class");
  });
  copy.querySelector("g").setAttribute("transform", "translate(16 16)");
  const size = { xmlns: "http://www.w3.org/2000/svg", width: Math.ceil(width + 32), height: Math.ceil(height + 32), viewBox: `0 0 ${Math.ceil(width + 32)} ${Math.ceil(height + 32)}` };
  for (const [name, value] of Object.entries(size)) copy.setAttribute(name, value);
  copy.removeAttribute("class");
  const ground = document.createElementNS(size.xmlns, "rect");
  for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: background })) ground.setAttribute(name, value);
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy);
}

/** @param {"SVG"|"PNG"|"DOT"|"GraphML"} kind @param {Stage} stage */
export async function save(kind, stage, background) {
  const { graph, drawing } = stage;
  if (kind === "DOT") return download(new Blob([toDot(graph)], { type: "text/vnd.graphviz" }), "autograd.dot");
  if (kind === "GraphML") return download(new Blob([toGraphml(graph)], { type: "application/graphml+xml" }), "autograd.graphml");
  const text = toSvg(drawing.svg, drawing.layout, background);
  if (kind === "SVG") return download(new Blob([text], { type: "image/svg+xml" }), "autograd.svg");
  return download(await picture(text, drawing.layout), "autograd.png");
}

async function picture(text, { width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const scale = Math.min(2, 8000 / (height + 32), 8000 / (width + 32));
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.ceil((width + 32) * scale), height: Math.ceil((height + 32) * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done));
}
