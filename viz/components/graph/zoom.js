/** The three zooms, and opening and closing single boxes. Pure. */

export const ZOOMS = [["parts", "parts"], ["operations", "operations"], ["nodes", "every node"]];

/** The boxes that are open at a zoom. Of operations, a norm or a rotation is one. @param {AutogradGraph} graph */
export function openAt(graph, zoom) {
  if (zoom === "parts") return new Set();
  return new Set(graph.boxes.filter((box) => zoom === "nodes" || graph.kindOf(box) === "part"));
}

/** Which zoom this is, "" for none of them. */
export function zoomOf(graph, open) {
  return ZOOMS.map(([zoom]) => zoom).find((zoom) => sameSets(openAt(graph, zoom), open)) ?? "";
}

function sameSets(one, other) {
  return one.size === other.size && [...one].every((each) => other.has(each));
}

/** Open or close a box; closed, what is in it closes too. */
export function toggled(graph, open, box) {
  const next = new Set(open);
  if (!next.delete(box)) return next.add(box);
  const members = graph.members.get(box);
  for (const other of open) if (other !== box && graph.members.get(other)?.every((node) => members.includes(node))) next.delete(other);
  return next;
}

/** All boxes around a node, so that it can be seen. */
export function openFor(graph, open, node) {
  return new Set([...open, ...graph.nodes[node].path.filter((box) => graph.kindOf(box) === "part")]);
}

/** The items that a word finds, by their names, parameters, taps and PyTorch's names. */
export function search(graph, word) {
  const wanted = word.trim().toLowerCase();
  if (!wanted) return [];
  const found = graph.nodes.flatMap(({ operation, taps, parameter, kind }, node) => {
    const words = [operation, kind, parameter, ...taps, graph.rules[kind].sign];
    return words.some((each) => each.toLowerCase().includes(wanted)) ? [node] : [];
  });
  return found;
}
