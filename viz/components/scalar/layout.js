/** Where the nodes of a small graph stand: in layers from left to right, the result at the right, few crossings. Pure. */

const SWEEPS = 12;

/**
 * @param {{inputs: number[]}[]} nodes each behind its inputs @param {(i: number) => number} heightOf in pixels
 * @param {{width: number, gapX: number, gapY: number}} size of a node, and the room between nodes
 * @returns {{x: number[], y: number[], routes: {x: number, y: number}[][][], width: number, height: number}} centres of the
 *   nodes; for each node and input the points that the edge passes on its way from the input
 */
export function layout(nodes, heightOf, { width, gapX, gapY }) {
  const layer = layersOf(nodes);
  const points = nodes.map((_, i) => ({ layer: layer[i], height: heightOf(i), before: [], after: [], y: 0 }));
  const chains = nodes.map(({ inputs }, i) => inputs.map((input) => chain(points, input, i)));
  const layers = orderedLayers(points);
  for (let sweep = 0; sweep < SWEEPS; sweep++) arrange(layers, sweep % 2 === 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) settle(layers, sweep % 2 === 0, gapY);
  const top = Math.min(...points.map(({ y, height }) => y - height / 2));
  const bottom = Math.max(...points.map(({ y, height }) => y + height / 2));
  const step = width + gapX;
  const place = (point) => ({ x: (layers.length - 1 - point.layer) * step + width / 2, y: point.y - top });
  return {
    x: nodes.map((_, i) => place(points[i]).x),
    y: nodes.map((_, i) => place(points[i]).y),
    routes: chains.map((all) => all.map((inner) => inner.map(place))),
    width: layers.length * step - gapX,
    height: bottom - top,
  };
}

/** A node stands one layer left of the leftmost node that reads it. */
function layersOf(nodes) {
  const layer = nodes.map(() => 0);
  for (let i = nodes.length - 1; i >= 0; i--) {
    for (const input of nodes[i].inputs) layer[input] = Math.max(layer[input], layer[i] + 1);
  }
  return layer;
}

/** An edge that passes layers has a point in each; returns those points, from the input on. */
function chain(points, input, reader) {
  const inner = [];
  let last = points[input];
  for (let at = points[input].layer - 1; at > points[reader].layer; at--) {
    const point = { layer: at, height: 8, before: [last], after: [], y: 0 };
    last.after.push(point);
    points.push(point);
    inner.push(point);
    last = point;
  }
  last.after.push(points[reader]);
  points[reader].before.push(last);
  return inner;
}

/** Points by layer, at first in the order in which a walk from the result meets them. */
function orderedLayers(points) {
  const layers = [];
  const seen = new Set();
  const visit = (point) => {
    if (seen.has(point)) return;
    seen.add(point);
    (layers[point.layer] ??= []).push(point);
    point.before.forEach(visit);
  };
  points.filter(({ layer }) => layer === 0).forEach(visit);
  points.forEach(visit);
  return layers;
}

/** Sort each layer by the mean place of its neighbours in the layer that was sorted before. */
function arrange(layers, fromResult) {
  const run = fromResult ? layers : layers.toReversed();
  for (const layer of run) layer.forEach((point, i) => (point.place = i));
  for (const layer of run.slice(1)) {
    const centre = new Map(layer.map((point) => [point, mean(fromResult ? point.after : point.before, ({ place }) => place) ?? point.place]));
    layer.sort((a, b) => centre.get(a) - centre.get(b));
    layer.forEach((point, i) => (point.place = i));
  }
}

/** Move the points of each layer as near to their neighbours' height as their order and the gaps allow. */
function settle(layers, fromResult, gap) {
  for (const layer of fromResult ? layers : layers.toReversed()) {
    const wanted = layer.map((point) => mean([...(fromResult ? point.after : point.before), ...(fromResult ? [] : point.after)], ({ y }) => y) ?? point.y);
    let reach = 0;
    const offsets = layer.map((point, i) => (reach += i ? (layer[i - 1].height + point.height) / 2 + gap : 0));
    const placed = inOrder(wanted.map((y, i) => y - offsets[i]));
    layer.forEach((point, i) => (point.y = placed[i] + offsets[i]));
  }
}

/** The nearest numbers that do not fall: neighbours out of order are pooled at their mean. */
function inOrder(numbers) {
  const pools = [];
  for (const number of numbers) {
    pools.push({ sum: number, n: 1 });
    while (pools.length > 1 && pools.at(-2).sum / pools.at(-2).n > pools.at(-1).sum / pools.at(-1).n) {
      const last = pools.pop();
      pools.at(-1).sum += last.sum;
      pools.at(-1).n += last.n;
    }
  }
  return pools.flatMap(({ sum, n }) => Array(n).fill(sum / n));
}

function mean(points, of) {
  return points.length ? points.reduce((sum, point) => sum + of(point), 0) / points.length : null;
}
