/** The Attention page: asks the run what its heads look at, and hands the answers to the pictures. Mounted by Python. */

import { Address } from "../base/address.js";
import { Asking, Latest } from "../base/ask.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { Arcs } from "./arcs.js";
import { Bar } from "./bar.js";
import { Birth } from "./birth.js";
import { Chain } from "./chain.js";
import { Prediction, TokenLosses } from "./effects.js";
import { Frame } from "./frame.js";
import { HeadMap } from "./head_map.js";
import { inWords } from "./kinds.js";
import { Overview } from "./overview.js";
import { Ranking } from "./ranking.js";
import { AttentionState } from "./state.js";
import { Trial } from "./trial.js";

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
  /** The newest answer of the look "head_effects". */ effects = null;
  /** Why heads cannot be tampered with as asked, in words. */ trialTrouble = "";
  steps = [];
  step = 0;

  constructor(root, data) {
    Object.assign(this, { data, tokens: data.tokens, painter: new Painter(), parts: [] });
    this.state = new AttentionState(data.n_layers, data.n_heads);
    this.element = make("div.gb.attention");
    this.element.classList.toggle("present", new URLSearchParams(location.search).get("present") === "1");
    root.replaceChildren(this.element);
    this.#retheme();
    if (data.n_layers) this.#build();
    else this.element.append(make("p.empty", { text: "This model has no layers, so no attention: each token is read alone. Start a new run with at least one layer to see heads." }));
  }

  #build() {
    this.words = make("p.message", { role: "status", hidden: true });
    const [bar, left, right, trial, outcome] = [make("div.bar"), make("div.column"), make("div.column"), make("div.column"), make("div.column")];
    this.element.append(this.words, bar, make("div.columns", {}, left, right), make("div.columns", {}, trial, outcome));
    const needs = { state: this.state, view: this, painter: this.painter, theme: () => this.colors };
    this.parts = [new Bar(bar, needs), new Overview(left, needs), new Birth(left, needs), new Arcs(left, needs), new HeadMap(right, needs), new Chain(right, needs),
      new Trial(trial, needs), new Ranking(trial, needs), new TokenLosses(outcome, needs), new Prediction(outcome, needs)];
    this.ofFrame = this.parts.filter((part) => [Bar, Overview, HeadMap, Arcs, Chain, Ranking].some((kind) => part instanceof kind));
    this.#watchWhatIsSeen();
    const failed = (sentence) => this.#say(sentence);
    this.live = new Asking(this.data, "attention", { question: () => this.#question(), take: (answer) => this.#take(answer), failed });
    this.once = new Latest(this.data, "attention", { question: () => this.#question(), take: (answer) => this.#take(answer), failed, isPatient: true });
    this.names = new Latest(this.data, "head_scores", { question: () => this.#at(), take: (answer) => this.#takeScores(answer), failed, isPatient: true });
    this.trial = new Latest(this.data, "head_effects", { question: () => this.#tampering(), take: (answer) => this.#takeEffects(answer),
      failed: (sentence) => this.#sayTrial(sentence), isPatient: true });
    this.state.fromQuery(location.search);
    this.link = new Address((search) => this.state.toQuery(search), this.state);
    this.stop = this.state.listen((changed) => this.#changed(changed));
    this.#say("");
    this.#renew();
  }

  /** Pictures that are scrolled away are not drawn: they would cost the machine that trains. */
  #watchWhatIsSeen() {
    const parts = new Map(this.parts.filter(({ figure, element }) => figure ?? element).map((part) => [part.figure?.element ?? part.element, part]));
    this.seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const part = parts.get(target);
        part.isAway = !isIntersecting;
        if (isIntersecting) this.painter.mark(part);
      }
    }, { rootMargin: "200px" });
    for (const element of parts.keys()) this.seen.observe(element);
  }

  #at() {
    return this.state.at === null ? {} : { at: this.state.at };
  }

  #question() {
    const { layer, head } = this.state;
    return { ...(this.tokens ? { tokens: this.tokens } : {}), layer, head, ...this.#at() };
  }

  /** What of the second text is asked: nothing as long as there is none. */
  #tampering() {
    const { off, patch, other } = this.state;
    const isPatched = patch.length > 0 && other.trim() !== "";
    const { tokens } = this;
    return { ...(tokens ? { tokens } : {}), ...this.#at(), off: AttentionState.heads(off), patch: isPatched ? AttentionState.heads(patch) : [], other };
  }

  #changed(changed) {
    const has = (...names) => names.some((name) => changed.has(name));
    if (has("layer", "head", "at")) this.once.renew();
    if (has("at")) this.names.renew();
    if (has("at", "off", "patch", "other")) this.trial.renew();
    if (changed.has("at") || changed.has("isHeld")) this.live.toggle(this.state.at === null && !this.state.isHeld);
    this.#mark();
  }

  #renew() {
    this.once.renew();
    this.names.renew();
    this.trial.renew();
    this.live.toggle(this.state.at === null && !this.state.isHeld);
    this.live.renew();
  }

  #take(answer) {
    const { header } = answer;
    if (header.layer !== this.state.layer || header.head !== this.state.head) return;
    this.frame = new Frame(answer);
    if (!this.state.pair) this.#suggest();
    Object.assign(this, { step: header.step, steps: header.steps });
    Object.assign(this.element.dataset, { step: String(header.at), head: `${header.layer}.${header.head}` });
    for (const [asker, known] of [[this.names, this.scores], [this.trial, this.effects]]) if (known && known.header.at !== header.at) asker.again();
    this.#mark(this.ofFrame);
  }

  /** A first cell, so that nobody has to guess that cells can be clicked: where the last token looks most. */
  #suggest() {
    const { n } = this.frame;
    const at = this.frame.pattern(this.state.layer, this.state.head);
    const most = [...Array(n).keys()].reduce((best, key) => (at(n - 1, key) > at(n - 1, best) ? key : best), 0);
    this.state.change({ pair: [n - 1, most] });
  }

  #takeScores(answer) {
    this.scores = answer;
    if (answer.header.missing) this.names.again(100);
    this.#mark();
  }

  #takeEffects(answer) {
    this.effects = answer;
    const { patch, other } = this.state;
    this.#sayTrial(patch.length && !other.trim() ? "Type a second text: the chosen heads write what they write on it." : "");
  }

  #sayTrial(sentence) {
    this.trialTrouble = sentence;
    this.#mark();
  }

  get isTried() {
    return this.state.off.length > 0 || (this.state.patch.length > 0 && this.state.other.trim() !== "");
  }

  /** The position whose prediction is shown: the chosen one, else the last. */
  get place() {
    const last = (this.effects?.header.labels.length ?? 1) - 1;
    return Math.min(this.state.place ?? last, last);
  }

  /** @returns {[string, number|null]} what a head does, and the score behind that name */
  nameOf(layer, head) {
    return this.scores?.header.names[layer]?.[head] ?? ["…", null];
  }

  nameInWords(layer, head) {
    const [name, score] = this.nameOf(layer, head);
    return inWords(name, score, this.scores ? this.scores.header.kinds.map((kind, i) => [kind, this.scoreOf(layer, head, i)]) : []);
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

  #mark(parts = this.parts) {
    for (const part of parts) if (!part.isAway) this.painter.mark(part);
  }

  unmount() {
    this.painter.stop();
    if (!this.parts.length) return;
    this.seen.disconnect();
    for (const asker of [this.live, this.once, this.names, this.trial, this.link]) asker.close();
    this.stop();
    for (const part of this.parts) part.close();
  }
}
