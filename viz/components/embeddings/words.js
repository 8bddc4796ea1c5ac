/** What the picture says in words: its title, its axes, what stands under the pointer, its alternative text. */

import { count, significant } from "../base/numbers.js";
import { amountText } from "./colours.js";
import { percent } from "./spread.js";

const SAME = 0.004;            // an axis that holds so nearly its component's variance is that component

const METHODS = {
  pca: "PCA: a shadow of the vectors, thrown where they differ most",
  tsne: "t-SNE: near ones stay near; distances between far groups mean little",
  umap: "UMAP: near ones stay near; distances between far groups mean little",
};

/** @returns {{name: string, words: string}[]} each axis of the picture, short and with its share of the variance */
export function axesOf(frame, { method, axes, isHeld }) {
  if (method !== "pca") {
    const name = method === "tsne" ? "t-SNE" : "UMAP";
    return axes.map((_, i) => ({ name: `${name} ${i + 1}`, words: `${name} ${i + 1} (no unit)` }));
  }
  return axes.map((axis, i) => {
    const name = `PC ${axis + 1}`;
    const isItself = Math.abs(frame.axisShares[i] - frame.shares[axis]) < SAME;
    const how = isItself ? name : `${name}, ${isHeld ? "held" : "turned"}`;
    return { name, isItself, words: `${how} · ${percent(frame.axisShares[i])} of the variance` };
  });
}

/** Title, caption and alternative text. */
export function captionOf(frame, { method, table, isHeld }, header, { axes, token, names, near }) {
  const what = header.tables.find(({ name }) => name === table)?.words ?? table;
  const [n, d] = frame.table.shape;
  const title = `${what[0].toUpperCase()}${what.slice(1)}: ${n} rows of ${d} numbers`;
  const pointed = near.length ? ` Nearest to “${names[token]}”: ${near.slice(0, 3).map(({ row }) => names[row]).join(", ")}.` : "";
  const isTurned = method === "pca" && axes.some(({ isItself }) => !isItself);
  const still = isTurned ? (isHeld ? " · axes held" : " · turned to keep still") : "";
  return {
    title: [title, METHODS[method] + still],
    alt: `${n} points, ${what} at step ${count(frame.step)}; axes: ${axes.map(({ words }) => words).join("; ")}.${pointed}`,
  };
}

/** What stands under the pointer. */
export function pointLines(row, { names, way, values, near }) {
  const value = values.raw[row];
  const what = way.kind === "class" ? (way.names[value] ?? "") : `${way.title}: ${amountText(way, value)}`;
  const closest = near.slice(0, 3).map(({ row: other, cosine }) => `${names[other]} ${significant(cosine)}`).join("   ");
  return [`“${names[row]}”`, what, closest ? `nearest: ${closest}` : ""].filter(Boolean);
}
