/** The Attention page: asks the run what its heads look at, and hands the answers to the pictures. Mounted by Python. */

import { Asking } from "../base/ask.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { Link } from "../stepper/link.js";
import { Frame } from "./frame.js";
import { HeadMap } from "./head_map.js";
import { Latest } from "./latest.js";
import { Overview } from "./overview.js";
import { AttentionState } from "./state.js";

/**
 * @param {ShadowRoot} root
 * @param {{run: string, base: string, tokens: number[]|null, problem: string, remark: string, n_layers: number, n_heads: number, birth: string}} data
 * @param {(name: string, value: any) => void} trigger tells Python
 */
export async function mount(root, data, trigger) {
  await adoptStyles(root, "../theme.css", "../base/base.css", "../attention/attention.css");
  return new AttentionView(root, data, trigger);
}

class AttentionView {
  /** @type {Frame|null} */ frame = null;
  /** The newest answer of the look "head_scores". */ scores = null;

  constructor(root, data) {
    Object.assign(this, { data, tokens: data.tokens, painter: new Painter(), parts: [] });
    this.state = new AttentionState(data.n_layers, data.n_heads);
    this.element = make("div.gb.attention");
    this.element.classList.toggle("present", new URLSearchParams(location.search).get("present") === "1");
    root.replaceChildren(this.element);
    this.#retheme();
    if (data.n_layers) this.#build();
    else this.element.append(make("p.empty", { text: "This model has no layers, so no attention: each token is read alone. Start a run with at least one layer." }));
  }

  #build() {
    this.words = make("p.message", { role: "status", hidden: true });
    const [overview, large] = [make("div.column"), make("div.column")];
    this.element.append(this.words, make("div.columns", {}, overview, large));
    const needs = { state: this.state, view: this, painter: this.painter, theme: () => this.colors };
    this.parts = [new Overview(overview, needs), new HeadMap(large, needs)];
    const failed = (sentence) => this.#say(sentence);
    this.live = new Asking(this.data, "attention", { question: () => this.#question(), take: (answer) => this.#take(answer), failed });
    this.once = new Latest(this.data, "attention", { question: () => this.#question(), take: (answer) => this.#take(answer), failed });
    this.names = new Latest(this.data, "head_scores", { question: () => this.#at(), take: (answer) => this.#takeScores(answer), failed });
    this.state.fromQuery(location.search);
    this.link = new Link(this.state);
    this.stop = this.state.listen((changed) => this.#changed(changed));
    this.#say("");
    this.#renew();
  }

  #at() {
    return this.state.at === null ? {} : { at: this.state.at };
  }

  #question() {
    const { layer, head } = this.state;
    return { ...(this.tokens ? { tokens: this.tokens } : {}), layer, head, ...this.#at() };
  }

  #changed(changed) {
    if (["layer", "head", "at"].some((name) => changed.has(name))) this.once.renew();
    if (changed.has("at")) this.names.renew();
    if (changed.has("at") || changed.has("isHeld")) this.live.toggle(this.state.at === null && !this.state.isHeld);
    this.#mark();
  }

  #renew() {
    this.once.renew();
    this.names.renew();
    this.live.toggle(this.state.at === null && !this.state.isHeld);
    this.live.renew();
  }

  #take(answer) {
    const { header } = answer;
    if (header.layer !== this.state.layer || header.head !== this.state.head) return;
    this.frame = new Frame(answer);
    this.element.dataset.step = String(header.at);
    if (this.scores && this.scores.header.at !== header.at) this.names.again();
    this.#mark();
  }

  #takeScores(answer) {
    this.scores = answer;
    if (answer.header.missing) this.names.again(100);
    this.#mark();
  }

  /** @returns {[string, number|null]} what a head does, and the score behind that name */
  nameOf(layer, head) {
    return this.scores?.header.names[layer]?.[head] ?? ["…", null];
  }

  nameInWords(layer, head) {
    const [name, score] = this.nameOf(layer, head);
    return score === null ? name : `${name} (score ${significant(score, 2)})`;
  }

  scoreOf(layer, head, kind) {
    const { kinds } = this.scores.header;
    return this.scores.arrays.scores.data[(layer * this.data.n_heads + head) * kinds.length + kind];
  }

  scoreLines(layer, head) {
    return this.scores ? this.scores.header.kinds.map((kind, i) => `${kind} ${significant(this.scoreOf(layer, head, i), 2)}`) : [];
  }

  allHeads() {
    return Array.from({ length: this.data.n_layers * this.data.n_heads }, (_, i) => [Math.floor(i / this.data.n_heads), i % this.data.n_heads]);
  }

  #say(trouble) {
    const words = this.data.problem || trouble || this.data.remark;
    setText(this.words, words);
    this.words.hidden = !words;
    this.words.classList.toggle("trouble", Boolean(this.data.problem || trouble));
  }

  /** The same run, perhaps another text: no part is made anew. */
  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    const isOther = JSON.stringify(data.tokens) !== JSON.stringify(this.data.tokens) || data.problem !== this.data.problem;
    this.data = data;
    this.#retheme();
    if (!data.n_layers) return;
    if (!data.problem) this.tokens = data.tokens;  // a text that cannot be read leaves the last one on the screen
    this.#say("");
    this.link.renew();
    if (isOther && !data.problem) this.#renew();
    this.#mark();
  }

  #retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  #mark() {
    for (const part of this.parts) this.painter.mark(part);
  }

  unmount() {
    this.painter.stop();
    if (!this.parts.length) return;
    for (const asker of [this.live, this.once, this.names, this.link]) asker.close();
    this.stop();
    for (const part of this.parts) part.close();
  }
}
