/** A scalar graph that can be walked: picture, steps, and beside them what the chosen number is and how the chain rule reaches it. */

import { make, setText } from "../base/dom.js";
import { exact } from "../base/numbers.js";
import { gradientsAfter, pathsTo } from "./engine.js";
import { Graph } from "./graph.js";
import { Walk } from "./walk.js";

const FACTORS = 7;             // of a product that are written out

export class Stage {
  #paths = { paths: [], isAll: true };
  #path = 0;

  /** @param {HTMLElement} parent @param {{own: HTMLElement, painter: Painter, label: string, open?: (i: number) => void, extra?: (i: number) => Node[]}} needs
   *   `open`: a node was opened; `extra` adds to what is said of the chosen node */
  constructor(parent, { own, painter, label, open, extra }) {
    Object.assign(this, { painter, extra, chosen: -1, graph: null, numbers: null });
    this.bar = make("div.stage-bar");
    this.said = make("p.said", { role: "status" });
    this.main = make("div.stage-main", {}, make("h3", { text: `${label[0].toUpperCase()}${label.slice(1)}` }), this.bar, this.said);
    this.panel = make("aside.panel.stage-panel", { "aria-label": "the chosen number" });
    parent.append(make("div.stage", {}, this.main, this.panel));
    this.walk = new Walk(this.bar, own, () => this.mark());
    this.picture = new Graph(this.main, { choose: (i) => this.choose(i), open, label });
  }

  /**
   * @param {import("./graph.js").Drawn[]} nodes @param {number} chosen
   * @param {(i: number) => string} telling how the node's value is made, with numbers @param {boolean} hasGradients
   */
  open(nodes, chosen, telling, hasGradients = true) {
    Object.assign(this, { nodes, telling, chosen, hasGradients });
    this.walk.open(nodes.flatMap(({ inputs }, i) => (inputs.length ? [i] : [])), hasGradients);
    this.picture.open(nodes);
    this.#path = 0;
  }

  /** @param {{values: number[], slopes: number[][], seeds: number[]}} numbers `seeds`: the part of each gradient that comes from outside this graph */
  show(numbers) {
    this.numbers = numbers;
    this.mark();
  }

  choose(i) {
    this.chosen = i;
    this.#path = 0;
    this.mark();
  }

  mark() {
    this.painter.mark(this);
  }

  draw() {
    if (!this.numbers) return;
    const { nodes, walk, numbers } = this;
    const { values, slopes, seeds } = numbers;
    const nBack = walk.at - walk.nForward;
    const computed = new Set(walk.steps.slice(0, Math.min(walk.at, walk.nForward)).map(({ node }) => node));
    const isKnown = (i) => !nodes[i].inputs.length || computed.has(i);
    const handed = nBack > 0 ? nodes.length - walk.steps[walk.at - 1].node : 0;
    const isAll = walk.at === walk.steps.length && this.hasGradients;
    const gradients = isAll || nBack > 0 ? gradientsAfter(nodes, slopes, seeds, isAll ? nodes.length : handed) : null;
    this.#paths = this.chosen >= 0 ? pathsTo(nodes, slopes, this.chosen) : { paths: [], isAll: true };
    const path = this.#paths.paths[this.#path]?.edges ?? [];
    this.final = gradientsAfter(nodes, slopes, seeds);
    this.picture.show({
      values: values.map((value, i) => (isKnown(i) ? value : null)),
      gradients: nodes.map(({ isFixed }, i) => (gradients && !isFixed ? gradients[i] : null)),
      partial: nodes.map((_, i) => Boolean(gradients) && gradients[i] !== this.final[i]),
      slopes, current: walk.step?.node ?? -1, flows: walk.step?.isBack ?? false,
      path: new Set(walk.isDone ? path.map((edge) => edge.join(" ")) : []), chosen: this.chosen,
    });
    setText(this.said, this.#sentence(gradients));
    this.#panel(path);
  }

  name(i) {
    return this.nodes[i].name;
  }

  #sentence(gradients) {
    const { step } = this.walk;
    if (!step) {
      return this.walk.at
        ? `Every value${this.hasGradients ? " and every gradient" : ""}. Walk with ← and →, choose a number to see its way to the result.`
        : "The leaves are given. → computes the first operation.";
    }
    const { node } = step;
    if (!step.isBack) return `Forward: ${this.telling(node)}`;
    const { inputs } = this.nodes[node];
    const { slopes } = this.numbers;
    const parts = inputs.map((input, k) => `${this.name(input)} gets ${exact(gradients[node])} × ${exact(slopes[node][k])} = ${exact(gradients[node] * slopes[node][k])}`);
    return `Backward: ${this.name(node)} has the gradient ${exact(gradients[node])}. ${parts.slice(0, 4).join("; ")}${parts.length > 4 ? ` … and ${parts.length - 4} more` : ""}.`;
  }

  /** What there is to say of the chosen number. */
  #panel(path) {
    const { chosen, nodes, numbers } = this;
    if (chosen < 0) return this.panel.replaceChildren(make("p.unit", { text: "Choose a number in the picture." }));
    const value = numbers.values[chosen];
    const rows = [
      make("h3", { text: this.name(chosen) }),
      make("dl.two", {}, make("dt", { text: "value" }), make("dd", { text: exact(value) }), ...(this.hasGradients && !nodes[chosen].isFixed
        ? [make("dt", { text: "gradient" }), make("dd.grad", { text: exact(this.final[chosen]) })] : [])),
    ];
    if (nodes[chosen].inputs.length) rows.push(make("p.told", { text: this.telling(chosen) }));
    const isKept = this.panel.contains(this.panel.getRootNode().activeElement) && this.panel.getRootNode().activeElement.dataset.way;
    this.panel.replaceChildren(...rows, ...this.#chain(path), ...(this.extra?.(chosen) ?? []));
    if (isKept) this.panel.querySelector(`[data-way="${isKept}"]`)?.focus({ preventScroll: true });
    return undefined;
  }

  #chain(path) {
    const { paths, isAll } = this.#paths;
    const { slopes, seeds } = this.numbers;
    if (!this.hasGradients) return [];
    if (this.nodes[this.chosen].isFixed) return [make("p.unit", { text: "A constant: nothing learns from it." })];
    if (!path.length) return this.chosen === this.nodes.length - 1 ? [make("p.unit", { text: "This is the result: the walk back begins here." })] : [];
    const turn = (by, way, text) => make("button", {
      text, "data-way": way, "aria-label": `${way} way`,
      onclick: () => { this.#path = (this.#path + by + paths.length) % paths.length; this.mark(); },
    });
    const factors = path.map(([i, k]) => exact(slopes[i][k]));
    const written = factors.length > FACTORS ? [...factors.slice(0, FACTORS - 1), `… ${factors.length - FACTORS + 1} more`] : factors;
    const start = seeds.at(-1);
    const [own, all] = [start * paths[this.#path].product, start * paths.reduce((sum, { product }) => sum + product, 0)];
    const route = [this.nodes.length - 1, ...path.map(([i, k]) => this.nodes[i].inputs[k])].map((i) => this.name(i));
    return [
      make("h4", { text: "Chain rule along one way" }),
      make("p.route", { text: route.join(" → ") }),
      make("p.product", { text: `${start === 1 ? "" : `${exact(start)} × `}${written.join(" × ")} = ${exact(own)}` }),
      ...(paths.length > 1 ? [make("p.ways", {}, turn(-1, "previous", "‹"),
        make("span", { text: ` way ${this.#path + 1} of ${paths.length}${isAll ? "" : " or more"} ` }), turn(1, "next", "›"))] : []),
      ...(isAll && paths.length > 1 ? [make("p.unit", { text: `All ${paths.length} ways together: ${exact(all)}${seeds[this.chosen] ? ", in this picture" : ", the gradient"}.` })] : []),
    ];
  }

  close() {
    this.walk.close();
    this.picture.close();
  }
}
