/** Below the graph: backward, step by step, in the order in which autograd's engine ran the nodes. */

import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";

const SPEEDS = [["1", "slow"], ["4", "medium"], ["15", "fast"]];

export class Bar {
  /** @param {HTMLElement} place @param {{open: () => Set<string>, moved: () => void}} needs */
  constructor(place, { open, moved }) {
    Object.assign(this, { open, moved, walk: null, timer: 0 });
    const button = (text, label, onclick) => make("button", { text, title: label, "aria-label": label, onclick });
    this.playButton = button("▶ Run backward", "Play or pause: Space", () => this.play());
    this.playButton.classList.add("primary");
    this.slider = make("input", { type: "range", min: 0, max: 1, value: 1, "aria-label": "Nodes that have run", oninput: () => this.go(Number(this.slider.value)) });
    this.speed = make("select", { "aria-label": "Speed" }, ...SPEEDS.map(([value, text]) => make("option", { value, text, selected: value === "4" })));
    this.counter = make("span.counter");
    this.says = make("p.says-line", { "aria-live": "polite" });
    place.append(make("div.bar", {}, this.playButton, button("◀", "One back: ←", () => this.step(-1)), button("▶", "One on: →", () => this.step(1)),
      this.slider, this.counter, this.speed), this.says);
  }

  use(walk) {
    this.walk = walk;
    this.show();
  }

  go(at) {
    this.stop();
    this.walk.go(at);
    this.moved();
  }

  /** One on or back; from the end of all, the first step on begins anew. */
  step(by) {
    this.stop();
    if (by > 0 && this.walk.isWhole) this.walk.go(0);
    else this.walk.step(by, this.open());
    this.moved();
  }

  play() {
    if (this.timer) return this.stop();
    if (this.walk.isWhole) this.walk.go(0);
    this.moved();
    return this.#tick();
  }

  #tick() {
    this.timer = setTimeout(() => {
      this.walk.step(1, this.open());
      if (this.walk.isWhole) this.timer = 0;
      else this.#tick();
      this.moved();
    }, 1000 / Number(this.speed.value));
    this.show();
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.show();
  }

  show() {
    const { walk } = this;
    if (!walk) return;
    this.slider.max = walk.n;
    this.slider.value = walk.done;
    setText(this.counter, `${walk.done} / ${walk.n} nodes`);
    setText(this.playButton, this.timer ? "❚❚ Pause" : "▶ Run backward");
    setText(this.says, sentence(walk, this.open()));
  }
}

/** What the engine has just done, in words. */
export function sentence(walk, open) {
  const { graph } = walk;
  if (walk.isWhole) return "All gradients have come back. To see in which order, run backward: → one on, ← one back, Space plays.";
  if (walk.node === null) return "Forward is done, and the gradient of the loss is 1. → sends it down.";
  const node = walk.node;
  const { operation, parameter } = graph.nodes[node];
  const name = operation.replace("torch::autograd::", "");
  const gradient = significant(graph.gradient(node).norm);
  const several = graph.readers[node].length;
  const sum = several > 1 ? ` (the sum of ${several})` : "";
  if (parameter) return `${name}: ${parameter} gets its gradient, norm ${gradient}${sum}.`;
  const place = graph.labels[graph.shown(node, open)].name;
  const own = last(graph.nameOf(node));
  const sources = [...new Set(graph.sources[node].map(({ source }) => last(graph.nameOf(source))))].filter((source) => source !== own);
  const to = sources.length ? `, and hands on to ${sources.join(", ")}` : "";
  return `${name}${place === own ? "" : ` in ${place}`}: takes the gradient of ${own}, norm ${gradient}${sum}${to}.`;
}

const last = (name) => name.split(".").at(-1);
