/** The Generate page: a prompt, and what the model writes after it, token by token. Mounted by Python. */

import { Address, withValues } from "../base/address.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { openFeed } from "../live/feed.js";
import { Model, Rules, Writing } from "./controls.js";
import { Earlier } from "./earlier.js";
import { Funnel } from "./funnel.js";
import { Lens } from "./lens.js";
import { Line } from "./line.js";
import { queryOf, ruleOf, stepOf } from "./rule.js";
import { endOf, sceneOf } from "./scene.js";
import { Source } from "./source.js";
import { Surprise } from "./surprise.js";
import { Tape } from "./tape.js";
import { TextView } from "./text_view.js";
import { Tree } from "./tree.js";

const SHEETS = ["../theme.css", "../base/base.css", "../generate/generate.css"];

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

/**
 * @param {ShadowRoot} root
 * @param {{run: string, base: string, prompt: number[], vocabulary: string[], block_size: number, stop_token: number|null,
 *   answer_length: number, joiner: string, problem: string, remark: string}} data
 */
export async function mount(root, data) {
  await adoptStyles(root, ...SHEETS);
  return new GenerateView(root, data);
}

class GenerateView {
  #playing = 0;

  constructor(root, data) {
    this.data = data;
    this.painter = new Painter();
    this.feed = openFeed(data.base, data.run);
    this.rule = ruleOf(location.search, data.vocabulary.length);
    this.at = stepOf(location.search);
    this.steps = [];
    this.isLive = false;
    this.tape = new Tape(data.prompt);
    this.#build(root);
    this.address = new Address((search) => withValues(search, { ...queryOf(this.rule), at: this.at }));
    this.source = new Source(data, { question: () => this.#question(), take: (answer) => this.#take(answer), failed: (words) => this.#failed(words) });
    this.stop = this.feed.listen((kind) => this.#heard(kind));
    this.seeing = new IntersectionObserver((entries) => this.#saw(entries), { rootMargin: "200px" });
    for (const part of this.asking) this.seeing.observe(part.element);
    this.#moved();
  }

  #build(root) {
    this.message = make("p.message", { role: "status", hidden: true });
    const [text, writing, model, rules] = [make("div"), make("div.row"), make("div.row.of-model"), make("div.row.rules")];
    const panel = make("section.panel.writing", { "aria-label": "the text so far" }, text, writing, model);
    const [figures, tree, earlier, rest] = [make("div.figures"), make("div.half"), make("div.half"), make("div.figures")];
    this.element = make("div.gb.generate", { onkeydown: (event) => this.#key(event) }, this.message, panel,
      make("section.panel", { "aria-label": "how a token is chosen" }, rules), figures, make("div.figures.two", {}, tree, earlier), rest);
    this.element.classList.toggle("present", new URLSearchParams(location.search).get("present") === "1");
    root.replaceChildren(this.element);
    this.retheme();
    const needs = { painter: this.painter, theme: () => this.colors, vocabulary: () => this.data.vocabulary, scene: () => this.shown?.scene ?? null,
      choose: (token) => this.#choose(token) };
    this.text = new TextView(text, { vocabulary: needs.vocabulary, blockSize: () => this.data.block_size });
    this.writing = new Writing(writing, { step: () => this.#step(), play: () => this.#toggle(), undo: () => this.#undo(), clear: () => this.#clear() });
    this.model = new Model(model, { refresh: () => this.source.renew(), live: (isOn) => this.#follow(isOn), at: (step) => this.#look(step) });
    this.rules = new Rules(rules, { vocabSize: this.data.vocabulary.length, changed: (rule) => this.#changed(rule) });
    this.parts = [new Funnel(figures, needs), new Line(figures, needs),
      new Tree(tree, { ...needs, written: () => this.shown?.written ?? [], branch: (i, token, chance) => this.#branch(i, token, chance) })];
    this.lens = new Lens(rest, needs);
    this.asking = [
      new Earlier(earlier, {
        data: this.data, prompt: () => this.tape.prompt, rule: () => this.rule, steps: () => this.steps,
        newest: () => this.feed.history.step, spelled: (tokens) => this.#spelled(tokens),
      }),
      new Surprise(rest, { ...needs, data: this.data, own: () => this.tape.tokens, at: () => this.at }),
    ];
  }

  #spelled(tokens) {
    return tokens.map((token) => this.data.vocabulary[token]).join(this.data.joiner);
  }

  #heard(kind) {
    if (kind === "rewind" || kind === "snapshot") this.asking[0].forget();
    this.asking[0].grown();
    this.painter.mark(this);
  }

  /** Only what is on the screen, or nearly, asks the run. */
  #saw(entries) {
    for (const { target, isIntersecting } of entries) {
      const part = this.asking.find(({ element }) => element === target);
      part.isSeen = isIntersecting;
      if (isIntersecting) part.renew(0);
    }
  }

  #question() {
    return { tokens: this.tape.tokens.slice(-this.data.block_size), ...(this.at === null ? {} : { at: this.at }) };
  }

  #take({ header, arrays }) {
    const isFirst = !this.steps.length;
    this.steps = header.steps;
    this.tape.take({ logits: arrays.logits.data, step: header.at, lens: { header, arrays } });
    this.lens.take(this.tape.now.lens);
    if (isFirst) this.asking[0].renew(0);
    if (this.at !== null || this.isLive || this.tape.now.step !== this.measured) this.asking[1].renew();
    this.measured = this.tape.now.step;
    this.#mark();
    if (this.isWanted) this.#step();
  }

  #failed(words) {
    this.error = words;
    if (words) this.#pause();
    this.#mark();
  }

  /** Another place in the text, or another model: ask, unless it is known what comes next here. */
  #moved() {
    if (this.tape.now) {
      this.source.forget();
      this.lens.take(this.tape.now.lens);
    } else this.source.renew();
    this.asking[1].renew();
    this.#mark();
  }

  #branch(i, token, chance) {
    if (!this.tape.written[i]) return;
    this.#pause();
    this.tape.branch(i, token, chance);
    this.#moved();
  }

  #write(what) {
    this.tape.write({ rule: this.rule, ...what });
    this.#moved();
  }

  /** Write the token that the draw falls on; where the model is still being asked, as soon as it has answered. */
  #step() {
    this.isWanted = !this.scene;
    if (!this.scene) return;
    const { token, u, stages } = this.scene;
    this.#write({ token, how: "drawn", u, chance: stages.topP[token] });
  }

  #choose(token) {
    if (!this.scene) return;
    this.#pause();
    this.#write({ token, how: "chosen", u: null, chance: this.scene.stages.topP[token] });
  }

  #undo() {
    this.#pause();
    this.tape.undo();
    this.#moved();
  }

  #clear() {
    this.#pause();
    this.tape.clear();
    this.#moved();
  }

  #toggle() {
    if (this.isPlaying) this.#pause();
    else this.#play();
  }

  #pause() {
    this.#playing += 1;
    this.isPlaying = this.isWanted = false;
    this.#mark();
  }

  async #play() {
    const turn = ++this.#playing;
    this.isPlaying = true;
    this.#mark();
    do {
      await this.source.pending;
      if (turn !== this.#playing) return;
      if (!this.scene) break;
      this.#step();
      await pause(1000 / this.writing.speed);
      if (turn !== this.#playing) return;
    } while (!endOf(this.tape, this.data));
    this.#pause();
  }

  #changed(rule) {
    this.rule = rule;
    this.asking[0].renew();
    this.#mark();
    this.address.renew();
  }

  #look(step) {
    this.at = step;
    if (step !== null) this.#follow(false);
    this.address.renew();
    this.source.renew();
    this.#mark();
  }

  #follow(isOn) {
    this.isLive = isOn;
    this.source.asking.toggle(isOn);
    this.#mark();
  }

  #key(event) {
    const act = { ArrowRight: () => this.#step(), ArrowLeft: () => this.#undo() }[event.key];
    if (!act || event.target.closest("input, select, .plot")) return;
    event.preventDefault();
    act();
  }

  /** The same run, perhaps another prompt. */
  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    const isOther = !data.problem && String(data.prompt) !== String(this.data.prompt);
    this.data = data.problem ? { ...data, prompt: this.data.prompt } : data;
    this.retheme();
    if (isOther) {
      this.#pause();
      this.tape = new Tape(data.prompt);
      this.#moved();
      this.asking[0].renew();
    }
    for (const part of [this.lens, this.asking[1]]) part.mark();
    this.address.renew();
    this.#mark();
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  /** Pictures of what comes next stay as they were while the model is asked: nothing flickers. */
  #mark() {
    this.scene = sceneOf(this.tape, this.rule);
    this.painter.mark(this);
    if (this.scene) this.shown = { scene: this.scene, written: this.tape.written };
    for (const part of this.parts) part.mark();
  }

  draw() {
    const { history } = this.feed;
    const trouble = this.data.problem || this.error;
    const words = trouble || this.data.remark;
    setText(this.message, words ?? "");
    this.message.hidden = !words;
    this.message.classList.toggle("trouble", Boolean(trouble));
    this.text.show(this.tape, endOf(this.tape, this.data));
    this.writing.show({ isPlaying: this.isPlaying, canUndo: this.tape.canUndo, canWrite: Boolean(this.shown) && !this.error, isEmpty: !this.tape.written.length, problem: this.error });
    const isTraining = history.status.state === "training";
    this.step = this.tape.now?.step ?? this.step ?? null;
    this.model.show({ step: this.step, newest: history.step, steps: this.steps, at: this.at, isLive: this.isLive, isTraining });
    this.rules.show(this.rule);
    this.element.dataset.step = String(this.tape.now?.step ?? "");
  }

  unmount() {
    this.#pause();
    this.stop();
    this.feed.release();
    this.source.close();
    this.address.close();
    this.painter.stop();
    this.seeing.disconnect();
    for (const part of [...this.parts, this.lens, ...this.asking]) part.close();
  }
}
