/** One picture of a graph: drawing, camera, pointer. What is open, chosen and done is the view's, shared by two stages. */

import { make, setText } from "../base/dom.js";
import { Camera } from "./camera.js";
import { compose } from "./compose.js";
import { Drawing, itemWords, wireWords } from "./drawing.js";

export class Stage {
  graph = null;

  /** @param {HTMLElement} parent @param {{open: Set<string>, chosen: string|null, found: Set<string>, walk: Walk|null}} state
   *  @param {{choose: (key: string|null) => void, toggle: (box: string) => void}} told */
  constructor(parent, state, told) {
    Object.assign(this, { state, told });
    this.tip = make("div.tip", { role: "tooltip", hidden: true });
    this.name = make("p.stage-name", { hidden: true });
    this.element = make("div.stage", {}, this.tip, this.name);
    parent.append(this.element);
    this.drawing = new Drawing(this.element);
    this.camera = new Camera(this.drawing.svg, this.drawing.scene, () => this.hideTip());
    this.#listen(this.drawing.svg);
    this.observer = new ResizeObserver(() => this.drawing.layout && this.camera.fit(this.isWhole));
    this.observer.observe(this.element);
  }

  #listen(svg) {
    svg.addEventListener("pointermove", (event) => this.#hover(event));
    svg.addEventListener("pointerleave", () => this.hideTip());
    svg.addEventListener("click", (event) => {
      if (this.camera.isDragging) return;
      const fold = event.target.closest("[data-fold]")?.dataset.fold;
      if (fold) return this.told.toggle(fold);
      const badge = event.target.closest("[data-badge]")?.dataset.badge;
      const join = event.target.closest("[data-join]")?.dataset.join;
      const key = badge ?? join ?? this.drawing.keyOf(event);
      if (key && !badge && !join && this.graph.kindOf(key) === "part") return this.state.open.has(key) ? undefined : this.told.toggle(key);
      return this.told.choose(key && !this.state.open.has(key) ? key : null);
    });
    svg.addEventListener("dblclick", (event) => {
      const key = this.drawing.keyOf(event);
      if (key && ["op", "step"].includes(this.graph.kindOf(key)) && !this.state.open.has(key)) this.told.toggle(key);
    });
  }

  #hover(event) {
    if (this.camera.isDragging || event.buttons) return this.hideTip();
    const wire = event.target.closest?.("[data-wire]");
    const badge = event.target.closest?.("[data-badge]")?.dataset.badge;
    const join = event.target.closest?.("[data-join]")?.dataset.join;
    const key = badge ?? join ?? this.drawing.keyOf(event);
    const lines = wire ? wireWords(this.graph, this.drawing.wire(wire.dataset.wire))
      : key && !this.state.open.has(key) ? itemWords(this.graph, key) : null;
    if (!lines) return this.hideTip();
    if (badge) lines[0] = this.graph.nodes[badge].parameter;
    if (join) lines[0] = `${this.graph.readers[join].length} gradients add up here: ${this.graph.nameOf(Number(join))}`;
    return this.#showTip(event, lines);
  }

  #showTip(event, lines) {
    const box = this.element.getBoundingClientRect();
    this.tip.hidden = false;
    this.tip.replaceChildren(...lines.map((text) => make("div", { text })));
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const left = x + 14 + this.tip.offsetWidth > box.width ? x - 14 - this.tip.offsetWidth : x + 14;
    const top = Math.min(y + 12, box.height - this.tip.offsetHeight - 4);
    this.tip.style.transform = `translate(${Math.max(2, left)}px, ${Math.max(2, top)}px)`;
    return undefined;
  }

  /** What stands on it while there are two; "" for nothing. */
  call(name) {
    setText(this.name, name);
    this.name.hidden = !name;
  }

  hideTip() {
    this.tip.hidden = true;
  }

  /** Show a graph; one that looks the same, of a text of another length, changes no place. */
  use(graph) {
    const isSame = this.graph && JSON.stringify(this.graph.labels) === JSON.stringify(graph.labels);
    this.graph = graph;
    if (isSame) return this.paint();
    this.drawing.clear();
    this.arrange();
    return this.camera.fit(this.isWhole);
  }

  /** Lay out for what is open now; `hold` is an item that stays where it is on the screen. */
  arrange(hold = null) {
    const before = hold && this.drawing.layout?.items.get(hold);
    const layout = compose(this.graph, this.state.open);
    this.drawing.show(this.graph, layout);
    const after = before && layout.items.get(hold);
    const { camera } = this;
    camera.size = layout;
    camera.top = [...layout.items.values()].reduce((top, item) => (item.y < top.y ? item : top));
    if (after) {
      camera.by((before.x + before.width / 2 - after.x - after.width / 2) * camera.k, (before.y + before.height - after.y - after.height) * camera.k);
      camera.contain(after);
    }
    this.paint();
  }

  fit(isWhole) {
    this.isWhole = isWhole;
    this.camera.fit(isWhole);
  }

  /** Bring an item into sight. */
  reveal(key) {
    const item = this.drawing.layout?.items.get(key);
    if (item) this.camera.reveal(item);
  }

  paint() {
    const { graph, state } = this;
    const { walk } = state;
    const current = walk.node === null || walk.isWhole ? null : graph.shown(walk.node, state.open);
    this.drawing.paint(graph, {
      item: (key) => {
        const members = graph.members.get(key);
        const isDone = members.every((node) => walk.hasRun(node));
        const looks = [key === current ? "lit" : isDone && !walk.isWhole ? "done" : "", key === state.chosen ? "chosen" : "", state.found.has(key) ? "found" : ""];
        return looks.filter(Boolean).join(" ");
      },
      wire: (wire) => walk.hasFlowed(wire),
      join: (value) => walk.joined(value),
    });
  }

  close() {
    this.observer.disconnect();
    this.element.remove();
  }
}
