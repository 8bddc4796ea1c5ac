/** The autograd graph: asks the run for an iteration, and hands it to picture, panel and bar. Mounted by Python. */

import { Asking, ask } from "../base/ask.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { AutogradGraph } from "./autograd_graph.js";
import { Bar } from "./bar.js";
import { attachKeys } from "./keys.js";
import { asked, Link } from "./link.js";
import { Panel } from "./panel.js";
import { save } from "./saving.js";
import { Stage } from "./stage.js";
import { Tools } from "./tools.js";
import { Walk } from "./walk.js";
import { openAt, openFor, search, toggled, zoomOf } from "./zoom.js";

const SHEETS = ["../theme.css", "../base/base.css", "../graph/graph.css"];

/** @param {ShadowRoot} root @param {{run: string, base: string, tokens: number[]|null, remark: string, problem: string}} data */
export async function mount(root, data) {
  await adoptStyles(root, ...SHEETS);
  return new GraphView(root, data);
}

class GraphView {
  constructor(root, data) {
    const { open, node, rows, at, fused } = asked(location.search);
    Object.assign(this, { data, rows, at, fused, wanted: { open, node }, steps: [], painter: new Painter(), hit: -1, hits: [] });
    this.link = new Link(() => this.#address());
    this.#build(root);
    this.stops = [attachKeys(this.#keys())];
    this.main = this.#pane("");
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
    this.tools = new Tools(tools, this.#acts());
    this.bar = new Bar(bar, { open: () => this.main.state.open, moved: () => this.#moved() });
    this.panel = new Panel(panel, { painter: this.painter, theme: () => this.colors, base: this.data.base, toggle: (box) => this.#toggle(box) });
  }

  #acts() {
    return {
      zoom: (zoom) => this.#open(openAt(this.main.stage.graph, zoom), null, true),
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

  /** A picture that goes on asking for its graph; `side` is "" or "fused". */
  #pane(side) {
    const state = { open: new Set(), chosen: null, found: new Set(), walk: null };
    const stage = new Stage(this.stages, state, { choose: (key) => (side ? undefined : this.#choose(key)), toggle: (box) => this.#toggle(box, side) });
    const pane = { side, state, stage, digest: null };
    pane.asking = new Asking(this.data, "autograd", {
      question: () => this.#question(pane),
      take: (answer) => this.#take(pane, answer),
      failed: (sentence) => this.#failed(sentence),
    });
    pane.asking.toggle(true);
    return pane;
  }

  #panes() {
    return [this.main, this.other].filter(Boolean);
  }

  #question(pane) {
    if (this.data.problem) return null;
    const node = pane.side || !pane.state.chosen || !pane.stage.graph ? null : pane.stage.graph.output(pane.state.chosen);
    const isFused = pane.side === "fused" || this.fused === "1";
    return { tokens: this.rows === "text" ? this.data.tokens : null, rows: this.rows, is_fused: isFused, at: this.at, known: pane.digest, node };
  }

  #take(pane, { header, arrays }) {
    const { stage, state } = pane;
    const { graph: fresh } = header;
    const graph = fresh ? new AutogradGraph(fresh) : stage.graph;
    pane.digest = header.digest;
    graph.takes(arrays);
    if (state.walk) state.walk.use(graph);
    else state.walk = new Walk(graph);
    if (fresh) this.#show(pane, graph);
    else stage.paint();
    if (pane.side) return;
    Object.assign(this, { header, steps: header.steps });
    if (fresh) this.bar.use(state.walk);
    this.#choice(arrays);
    this.bar.show();
    this.#say();
  }

  /** A new graph: what was open stays open, as far as it is there. */
  #show(pane, graph) {
    const { state, stage } = pane;
    const { open: named } = this.wanted;
    const isKnown = (box) => graph.boxes.includes(box);
    const old = stage.graph ? [...state.open] : this.main?.state !== state && this.main?.stage.graph ? [...this.main.state.open].filter((box) => !box.startsWith("op ")) : null;
    const zoom = stage.graph ? zoomOf(stage.graph, state.open) : named?.length === 1 ? named[0] : "";
    if (old) state.open = zoom ? openAt(graph, zoom) : new Set(old.filter(isKnown));
    else state.open = named && !isKnown(named[0]) ? openAt(graph, zoom) : new Set((named ?? []).filter(isKnown));
    if (state.chosen && !graph.members.has(state.chosen)) state.chosen = null;
    stage.use(graph);
    this.#wish(pane, graph);
  }

  /** What the address asked to be chosen, once. */
  #wish(pane, graph) {
    const { node } = this.wanted;
    if (pane.side || node === null) return;
    this.wanted.node = null;
    if (graph.members.has(node)) queueMicrotask(() => this.#choose(node));
  }

  #choice(arrays) {
    const { stage, state } = this.main;
    const wanted = state.chosen === null ? -1 : stage.graph.output(state.chosen);
    if (this.panel.graph !== stage.graph || this.panel.key !== state.chosen) this.panel.show(stage.graph, state.chosen);
    if (arrays?.gradient && this.askedFor === wanted) this.panel.takes(arrays);
    this.askedFor = wanted;
  }

  #choose(key) {
    const { state, stage } = this.main;
    if (key === state.chosen) return;
    state.chosen = key;
    this.askedFor = key === null ? -1 : stage.graph.output(key);
    this.panel.takes(null);
    this.panel.show(stage.graph, key);
    stage.paint();
    if (key) stage.reveal(key);
    this.link.renew();
    if (key) this.#fetch();
  }

  /** Ask at once, even where the picture is held. */
  async #fetch() {
    const { main } = this;
    if (main.asking.isOn) return main.asking.renew();
    try {
      return this.#take(main, await ask(this.data, "autograd", this.#question(main)));
    } catch (error) {
      return this.#failed(error.message);
    }
  }

  #toggle(box, side = "") {
    const pane = side ? this.other : this.main;
    this.#open(toggled(pane.stage.graph, pane.state.open, box), box, false, pane);
    const twin = side ? this.main : this.other;
    const isShared = twin?.stage.graph?.members.has(box) && twin.stage.graph.kindOf(box) === "part";
    if (isShared && twin.state.open.has(box) !== pane.state.open.has(box)) this.#open(toggled(twin.stage.graph, twin.state.open, box), box, false, twin);
  }

  /** @param {string|null} hold what stays where it is on the screen @param {boolean} isFitted the whole picture moves instead */
  #open(open, hold, isFitted, pane = this.main) {
    const { state, stage } = pane;
    state.open = open;
    const isSeen = (key) => key === null || stage.graph.nodes[stage.graph.main(key)].path.every((box) => open.has(box) || box === key || !stage.graph.members.get(box).includes(stage.graph.main(key)));
    if (!isSeen(state.chosen) || open.has(state.chosen)) state.chosen = null;
    stage.arrange(hold);
    if (isFitted) stage.fit(false);
    if (isFitted && this.other && pane === this.main) this.#open(openAt(this.other.stage.graph, zoomOf(stage.graph, open)), null, true, this.other);
    if (pane !== this.main) return;
    this.panel.show(stage.graph, state.chosen);
    this.bar.show();
    this.#say();
    this.link.renew();
  }

  #ask(changes) {
    Object.assign(this, changes);
    this.#compare();
    if (!this.main.asking.isOn && this.at === null) this.#hold(false);
    this.#fetch();
    this.other?.asking.renew();
    this.#say();
    this.link.renew();
  }

  /** The second picture comes and goes with the choice. */
  #compare() {
    const isWanted = this.fused === "beside";
    if (isWanted === Boolean(this.other)) return;
    if (isWanted) this.other = this.#pane("fused");
    else {
      this.other.asking.close();
      this.other.stage.close();
      this.other = null;
    }
  }

  #hold(isHeld) {
    for (const { asking } of this.#panes()) asking.toggle(!isHeld);
    this.#say();
  }

  #find(word) {
    const { graph } = this.main.stage;
    if (!graph) return;
    this.hits = search(graph, word);
    this.hit = -1;
    this.main.state.found = new Set(this.hits.flatMap((node) => [String(node), ...graph.nodes[node].path]));
    this.main.stage.paint();
    this.#say();
  }

  #next(by) {
    if (!this.hits.length) return;
    this.hit = (this.hit + by + this.hits.length) % this.hits.length;
    const { stage, state } = this.main;
    const node = this.hits[this.hit];
    const open = openFor(stage.graph, state.open, node);
    if (open.size !== state.open.size) this.#open(open, null, false);
    this.#choose(stage.graph.shown(node, state.open));
    this.#say();
  }

  #keys() {
    const step = (by) => () => this.bar.step(by);
    const scale = (factor) => () => this.main.stage.camera.zoom(factor);
    return {
      ArrowRight: step(1), ArrowLeft: step(-1), PageDown: step(1), PageUp: step(-1), " ": () => this.bar.play(),
      Home: () => this.bar.go(0), End: () => this.bar.go(Infinity),
      ArrowUp: () => this.#along("readers"), ArrowDown: () => this.#along("sources"),
      Enter: () => this.main.state.chosen && this.main.stage.graph.kindOf(this.main.state.chosen) !== "node" && this.#toggle(this.main.state.chosen),
      Escape: () => this.#choose(null), "+": scale(1.25), "-": scale(1 / 1.25), 0: () => this.#acts().fit(), "/": () => this.tools.search.focus(),
      1: () => this.#acts().zoom("parts"), 2: () => this.#acts().zoom("operations"), 3: () => this.#acts().zoom("nodes"),
    };
  }

  /** From the chosen item along an edge: up to who reads it, down to what it reads. */
  #along(way) {
    const { graph } = this.main.stage;
    const { open, chosen } = this.main.state;
    if (!graph) return;
    if (!chosen) return this.#choose(graph.shown(way === "sources" ? graph.n - 1 : 0, open));
    const members = graph.members.get(chosen);
    const near = members.flatMap((node) => (way === "readers" ? graph.readers[node] : graph.sources[node].map(({ source }) => source)));
    const next = near.filter((node) => !members.includes(node)).map((node) => graph.shown(node, open)).find((key) => key !== chosen);
    if (next) this.#choose(next);
  }

  #moved() {
    const { stage, state } = this.main;
    stage.paint();
    this.bar.show();
    if (state.walk.node !== null && !state.walk.isWhole) stage.reveal(stage.graph.shown(state.walk.node, state.open));
  }

  #address() {
    const { graph } = this.main.stage;
    const { open, chosen } = this.main.state;
    if (!graph) return { open: null, node: this.wanted.node };
    const zoom = zoomOf(graph, open);
    return { open: zoom === "parts" ? null : zoom || [...open].join(","), node: chosen, rows: this.rows === "batch" ? "batch" : null, at: this.at, fused: this.fused };
  }

  #failed(sentence) {
    this.error = sentence;
    this.#say();
  }

  #say() {
    const { data, header } = this;
    const { graph } = this.main?.stage ?? {};
    const words = data.problem || this.error || (graph ? data.remark : "Running an iteration …");
    setText(this.message, words);
    this.message.hidden = !words;
    this.message.classList.toggle("trouble", Boolean(data.problem || this.error));
    if (!graph || !header) return;
    const isLive = this.at === null;
    const what = header.n_rows > 1 ? `a batch of ${header.n_rows} rows` : `“${header.labels.join("")}”`;
    setText(this.head, `loss ${significant(header.loss, 4)} · step ${header.at} · ${what} · a copy of the model, in float32`);
    this.element.dataset.step = String(header.at);
    const hits = this.tools.search.value ? (this.hits.length ? `${this.hit + 1 || "–"} of ${this.hits.length}` : "nothing") : "";
    this.tools.show({ zoom: zoomOf(graph, this.main.state.open), hits, rows: this.rows, fused: this.fused, at: this.at, steps: this.steps, isLive, isHeld: !this.main.asking.isOn });
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    const isOther = JSON.stringify(data.tokens) !== JSON.stringify(this.data.tokens) || data.problem !== this.data.problem;
    this.data = data;
    this.retheme();
    for (const { stage } of this.#panes()) if (stage.graph) stage.paint();
    if (isOther) this.#fetch();
    this.link.renew();
    this.#say();
  }

  unmount() {
    for (const stop of this.stops) stop();
    for (const { asking, stage } of this.#panes()) {
      asking.close();
      stage.close();
    }
    this.bar.stop();
    this.link.close();
    this.painter.stop();
    this.panel.close();
  }
}
