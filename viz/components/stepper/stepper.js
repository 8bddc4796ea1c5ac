/** The stepper: puts its parts on the screen, and hands them the trace, the state and the keys. Mounted by Python. */

import { Address } from "../base/address.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { Desk } from "../step_side/desk.js";
import { Card } from "./card.js";
import { blobFetcher } from "./fetching.js";
import { attachKeys, helpDialog } from "./keys.js";
import { ModelMap } from "./map.js";
import { Origin } from "./origin.js";
import { Reading } from "./reading.js";
import { cellSentence, sentenceOf } from "./sentence.js";
import { StepState } from "./state.js";
import { Timeline } from "./timeline.js";
import { TraceStore } from "./trace.js";
import { Voices } from "./voices.js";

const SHEETS = ["../theme.css", "../base/base.css", "../stepper/stepper.css", "../stepper/card.css", "../stepper/origin.css",
  "../step_side/step_side.css"];
const SILENCE = 200;           // milliseconds before a change is spoken: who walks fast hears only where it ends

/**
 * @param {ShadowRoot} root
 * @param {{run: string, base: string, manifest: string, problem: string, remark: string, what_if: string}} data
 * @param {(name: string, value: any) => void} trigger tells Python
 */
export async function mount(root, data, trigger) {
  await adoptStyles(root, ...SHEETS);
  return new StepperView(root, data, trigger);
}

class StepperView {
  constructor(root, data, trigger) {
    this.data = data;
    this.asked = data.manifest;
    this.trigger = trigger;
    this.painter = new Painter();
    this.fetch = blobFetcher(data.base, data.run, () => trigger("missing", Date.now()));
    this.store = new TraceStore(this.fetch);
    this.state = new StepState(this.store);
    this.#build(root);
    this.link = new Address((search) => this.state.toQuery(search), this.state);
    this.stops = [
      attachKeys(this.element, this.timeline, this.help),
      this.store.listen((kind) => this.#heard(kind)),
      this.state.listen(() => this.#changed()),
    ];
    this.#load();
  }

  #build(root) {
    const dialog = helpDialog();
    this.help = () => dialog.open || dialog.showModal();
    this.words = make("span");
    this.again = make("button", { text: "Try again", onclick: () => this.#again() });
    this.message = make("p.message", { role: "status" }, this.words, this.again);
    this.spoken = make("p.unseen", { "aria-live": "polite" });
    const place = (name, label) => make(`section.${name}`, { "aria-label": label });
    const [reading, trying, timeline, map, card, voices, origin, side] = [
      place("reading", "text"), place("trying", "try it"), place("timeline", "timeline"), place("map", "map of the model"), place("card", "operation"),
      place("voices", "in words, as a formula, as code"), place("origin", "where does it come from?"), make("div.desk")];
    this.whole = make("div.whole", {}, reading, trying, timeline, map, make("div.middle", {}, card, voices), origin, side);
    this.element = make("div.gb.stepper", {}, this.message, this.whole, this.spoken, dialog);
    this.element.classList.toggle("present", new URLSearchParams(location.search).get("present") === "1");
    root.replaceChildren(this.element);
    this.retheme();
    const needs = { store: this.store, state: this.state, theme: () => this.colors, painter: this.painter };
    this.timeline = new Timeline(timeline, { ...needs, help: this.help });
    this.parts = [new Reading(reading, needs), this.timeline, new ModelMap(map, { ...needs, go: (i) => this.timeline.goTo(i) }), new Card(card, needs),
      new Voices(voices, needs), new Origin(origin, needs)];
    this.desk = new Desk({ bar: trying, side }, this.data, { ...needs, tell: this.trigger, show: (hash) => this.#show(hash) });
  }

  /** The same run, perhaps another trace of it: no part is made anew. */
  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    const isOther = data.manifest !== this.asked;
    this.asked = data.manifest;
    this.data = isOther ? data : { ...data, manifest: this.data.manifest };
    this.retheme();
    this.#markAll();
    this.desk.update(data);
    if (this.store.n) this.link.renew();
    if (isOther) this.#load();
    else this.#say();
  }

  /** Show a trace that Python does not know of: the run is followed. */
  #show(manifest) {
    this.data = { ...this.data, manifest };
    return this.#load();
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  /** Show the trace whose manifest Python named. Until all of it is here the one before stays. */
  async #load() {
    const { manifest: hash } = this.data;
    this.error = "";
    this.#say();
    if (!hash) return;
    try {
      const manifest = JSON.parse(new TextDecoder().decode(await this.fetch(hash)));
      await this.store.prepare(manifest);
      if (hash !== this.data.manifest || this.isClosed) return;
      this.#open(manifest);
    } catch (error) {
      this.error = error.message;
    }
    this.#say();
  }

  #open(manifest) {
    const before = this.state.current?.name;
    this.store.open(manifest);
    if (before) this.state.hold(before);
    else this.state.fromQuery(location.search);
    this.#changed();
  }

  #again() {
    if (this.store.n && this.store.error) this.store.retry();
    else this.#load();
  }

  #heard(kind) {
    this.#markAll();
    if (kind !== "trace") this.#say();
  }

  #changed() {
    this.#markAll();
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.#speak(), SILENCE);
  }

  /** What changed, to who does not see it. */
  #speak() {
    const { current, cell } = this.state;
    if (current) setText(this.spoken, [sentenceOf(this.store, current), cellSentence(this.store, cell)].filter(Boolean).join(" "));
  }

  /** What is wrong or still missing, in words; the parts are hidden as long as they would have nothing to show. */
  #say() {
    const { manifest, problem, remark } = this.data;
    const trouble = problem || this.error || this.store.error;
    const words = trouble || (this.store.n ? remark : manifest ? "Loading the trace…" : "There is no trace yet.");
    setText(this.words, words);
    this.message.hidden = !words;
    this.again.hidden = !(this.error || this.store.error);
    this.message.classList.toggle("trouble", Boolean(trouble));
    this.whole.hidden = !this.store.n;
    this.element.dataset.step = String(this.store.manifest?.step ?? "");
  }

  #markAll() {
    for (const part of this.parts) this.painter.mark(part);
    this.desk.mark();
  }

  unmount() {
    this.isClosed = true;
    clearTimeout(this.speaking);
    for (const stop of this.stops) stop();
    this.link.close();
    this.painter.stop();
    for (const part of this.parts) part.close();
    this.desk.close();
  }
}
