/** The autograd graph: asks the run for an iteration, and hands it to picture, panel and bar. Mounted by Python. */

import { Address } from "../base/address.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { count, significant } from "../base/numbers.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { Bar } from "./bar.js";
import { along, Finding } from "./finding.js";
import { attachKeys } from "./keys.js";
import { asked, written } from "./link.js";
import { Pane } from "./pane.js";
import { Panel } from "./panel.js";
import { save } from "./saving.js";
import { Tools } from "./tools.js";
import { openAt, openFor } from "./zoom.js";

const SHEETS = ["../theme.css", "../base/base.css", "../graph/graph.css"];

/** Which rows of the run's next batch went through, in words. */
export function rowsOf({ n_rows: rows, batch_size: all }) {
  if (rows === all) return `a batch of ${rows} rows`;
  return `the first ${rows} rows of a batch of ${all}: more would not fit into memory`;
}

/** @param {ShadowRoot} root @param {{run: string, base: string, tokens: number[]|null, remark: string, problem: string}} data */
export async function mount(root, data) {
  await adoptStyles(root, ...SHEETS);
  return new GraphView(root, data);
}

class GraphView {
  constructor(root, data) {
    const { open, node, rows, at, fused } = asked(location.search);
    Object.assign(this, { data, rows, at, fused, wanted: { open, node }, steps: [], painter: new Painter(), finding: new Finding() });
    this.link = new Address((search) => written(search, this.#address()));
    this.#build(root);
    this.stop = attachKeys(this.#keys());
    this.main = this.#pane(false);
    this.#compare();
    this.#say();
  }

  #build(root) {
    const place = (name, label) => make(`section.${name}`, { "aria-label": label });
    const [tools, bar, panel] = [place("graph-tools", "view"), place("graph-bar", "backward"), place("node-panel", "about the chosen node")];
    this.stages = place("stages", "graph");
    this.message = make("p.message", { role: "status", hidden: true });
    this.head = make("p.unit.graph-head");
    this.element = make("div.gb.autograd", {}, tools, this.message, make("div.graph-body", {}, this.stages, panel), bar);
    this.element.classList.toggle("present", new URLSearchParams(location.search).get("present") === "1");
    root.replaceChildren(this.element);
    this.stages.append(this.head);
    this.retheme();
    this.acts = this.#acts();
    this.tools = new Tools(tools, this.acts);
    this.bar = new Bar(bar, { open: () => this.main.state.open, moved: () => this.#moved() });
    this.panel = new Panel(panel, { painter: this.painter, theme: () => this.colors, base: this.data.base, toggle: (box) => this.#toggle(box, this.main) });
  }

  #acts() {
    return {
      zoom: (zoom) => this.#zoom(zoom),
      find: (word) => this.#find(word),
      next: (by) => this.#next(by),
      scale: (factor) => this.main.stage.camera.zoom(factor),
      fit: () => this.#panes().forEach(({ stage }) => stage.fit(!stage.isWhole)),
      rows: (rows) => this.#ask({ rows }),
      at: (at) => this.#ask({ at }),
      fused: (fused) => this.#ask({ fused }),
      hold: () => this.#hold(this.main.asking.isOn),
      save: (kind) => save(kind, this.main.stage, this.colors.color("background") || "#fff"),
    };
  }

  #keys() {
    const { acts } = this;
    const [step, along] = [(by) => () => this.bar.step(by), (way) => () => this.#along(way)];
    return {
      ArrowRight: step(1), ArrowLeft: step(-1), PageDown: step(1), PageUp: step(-1), " ": () => this.bar.play(),
      Home: () => this.bar.go(0), End: () => this.bar.go(Infinity), ArrowUp: along("readers"), ArrowDown: along("sources"),
      Enter: () => this.#enter(), Escape: () => this.#choose(null), "/": () => this.tools.search.focus(),
      "+": () => acts.scale(1.25), "-": () => acts.scale(1 / 1.25), 0: acts.fit,
      1: () => acts.zoom("parts"), 2: () => acts.zoom("operations"), 3: () => acts.zoom("nodes"),
    };
  }

  /** A picture of the graph; beside the first one there may be a second, of fused attention. */
  #pane(isSecond) {
    const pane = new Pane(this.stages, this.data, {
      question: () => this.#question(isSecond),
      first: (graph) => this.#first(graph, isSecond),
      taken: (answer, isNew) => isSecond || this.#taken(answer, isNew),
      failed: (sentence) => this.#failed(sentence),
      choose: (key) => isSecond || this.#choose(key),
      toggle: (box) => this.#toggle(box, isSecond ? this.other : this.main),
    });
    return pane;
  }

  #panes() {
    return [this.main, this.other].filter(Boolean);
  }

  #question(isSecond) {
    if (this.data.problem) return null;
    const { graph, state } = this.main ?? {};
    const node = isSecond || !graph || !state.chosen ? null : graph.output(state.chosen);
    const tokens = this.rows === "text" ? this.data.tokens : null;
    return { tokens, rows: this.rows, is_fused: isSecond || this.fused === "1", at: this.at, node };
  }

  /** What is open at first: what the address says, a zoom or boxes; in the second picture, what is in the first. */
  #first(graph, isSecond) {
    const known = isSecond && this.main.graph ? this.main : null;
    const open = known ? [known.zoom || [...known.state.open]].flat() : this.wanted.open ?? [];
    const isThere = (box) => graph.members.has(box) && !(isSecond && graph.kindOf(box) === "op");
    return open.length === 1 && !graph.members.has(open[0]) ? openAt(graph, open[0]) : new Set(open.filter(isThere));
  }

  #taken({ header, arrays }, isNew) {
    Object.assign(this, { header, steps: header.steps });
    const { graph, state } = this.main;
    if (isNew) this.bar.use(state.walk);
    if (isNew || this.panel.key !== state.chosen) this.panel.show(graph, state.chosen);
    const node = state.chosen && graph.output(state.chosen);
    if (arrays.gradient && node === header.node) this.panel.takes(arrays);
    this.bar.show();
    this.#say();
    const { node: wanted } = this.wanted;
    this.wanted.node = null;
    if (wanted && graph.members.has(wanted)) queueMicrotask(() => this.#choose(wanted));
  }

  #choose(key) {
    const { state, stage, graph } = this.main;
    if (!graph || key === state.chosen) return;
    state.chosen = key;
    this.panel.takes(null);
    this.panel.show(graph, key);
    stage.paint();
    this.link.renew();
    if (!key) return;
    stage.reveal(key);
    this.main.renew();
  }

  #toggle(box, pane) {
    const isPart = pane.graph.kindOf(box) === "part";
    pane.toggle(box);
    for (const twin of this.#panes()) {
      if (twin !== pane && isPart && twin.graph && twin.state.open.has(box) !== pane.state.open.has(box)) twin.toggle(box);
    }
    this.#opened();
  }

  #zoom(zoom) {
    for (const pane of this.#panes()) if (pane.graph) pane.open(openAt(pane.graph, zoom), null, true);
    this.#opened();
  }

  #opened() {
    this.panel.show(this.main.graph, this.main.state.chosen);
    this.bar.show();
    this.#say();
    this.link.renew();
  }

  /** Open or close what is chosen. */
  #enter() {
    const { graph, state } = this.main;
    if (state.chosen && graph.kindOf(state.chosen) !== "node") this.#toggle(state.chosen, this.main);
  }

  #ask(changes) {
    Object.assign(this, changes);
    this.#compare();
    for (const pane of this.#panes()) pane.renew();
    this.#say();
    this.link.renew();
  }

  /** The second picture comes and goes with the choice. */
  #compare() {
    const isWanted = this.fused === "beside";
    this.element.classList.toggle("compares", isWanted);
    this.main.stage.call(isWanted ? "attention step by step" : "");
    if (isWanted && !this.other) {
      this.other = this.#pane(true);
      this.other.stage.call("fused attention, as it trains");
    }
    if (isWanted || !this.other) return;
    this.other.close();
    this.other = null;
  }

  #hold(isHeld) {
    for (const { asking } of this.#panes()) asking.toggle(!isHeld);
    this.#say();
  }

  #find(word) {
    const { graph, state, stage } = this.main;
    if (!graph) return;
    state.found = this.finding.find(graph, word);
    stage.paint();
    this.#say();
  }

  #next(by) {
    const node = this.finding.next(by);
    if (node === undefined) return;
    const { graph, state } = this.main;
    const open = openFor(graph, state.open, node);
    if (open.size !== state.open.size) this.main.open(open);
    this.#choose(graph.shown(node, state.open));
    this.#opened();
  }

  #along(way) {
    const next = this.main.graph && along(this.main.graph, this.main.state, way);
    if (next) this.#choose(next);
  }

  #moved() {
    const { stage, state, graph } = this.main;
    stage.paint();
    this.bar.show();
    if (state.walk.node !== null && !state.walk.isWhole) stage.reveal(graph.shown(state.walk.node, state.open));
  }

  #address() {
    const { graph, state, zoom } = this.main.graph ? this.main : {};
    const own = { rows: this.rows === "batch" ? "batch" : null, at: this.at, fused: this.fused };
    if (!graph) return { open: this.wanted.open?.join(",") ?? null, node: this.wanted.node, ...own };
    return { open: zoom === "parts" ? null : zoom || [...state.open].join(","), node: state.chosen, ...own };
  }

  #failed(sentence) {
    this.error = sentence;
    this.#say();
  }

  #say() {
    const { data, header } = this;
    const graph = this.main?.graph;
    const trouble = data.problem || this.error;
    const words = trouble || (graph ? data.remark : "Running an iteration …");
    setText(this.message, words ?? "");
    this.message.hidden = !words;
    this.message.classList.toggle("trouble", Boolean(trouble));
    if (!graph || !header) return;
    const what = header.n_rows > 1 ? rowsOf(header) : `“${header.labels.join("")}”`;
    setText(this.head, `loss ${significant(header.loss, 4)} · step ${count(header.at)} · ${what} · a copy of the model, in float32`);
    this.element.dataset.step = String(header.at);
    const { rows, fused, at, steps } = this;
    this.tools.show({ zoom: this.main.zoom, hits: this.tools.search.value && this.finding.words, rows, fused, at, steps, isLive: at === null, isHeld: !this.main.asking.isOn });
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    const isOther = JSON.stringify([data.tokens, data.problem]) !== JSON.stringify([this.data.tokens, this.data.problem]);
    this.data = data;
    this.retheme();
    if (isOther && this.rows === "text") for (const pane of this.#panes()) pane.renew();
    this.link.renew();
    this.#say();
  }

  unmount() {
    this.stop();
    for (const pane of this.#panes()) pane.close();
    this.bar.stop();
    this.link.close();
    this.painter.stop();
    this.panel.close();
  }
}
