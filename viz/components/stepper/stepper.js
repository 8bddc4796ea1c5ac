/** The stepper: puts its parts on the screen, and hands them the trace, the state and the keys. Mounted by Python. */

import { adoptStyles, make, setText } from "../base/dom.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { Card } from "./card.js";
import { ModelMap } from "./map.js";
import { Origin } from "./origin.js";
import { StepState } from "./state.js";
import { Timeline } from "./timeline.js";
import { TraceStore } from "./trace.js";
import { Voices } from "./voices.js";

/**
 * @param {ShadowRoot} root
 * @param {{run: string, base: string, manifest: string, problem: string}} data
 * @param {(name: string, value: any) => void} trigger tells Python
 */
export async function mount(root, data, trigger) {
  await adoptStyles(root, "../theme.css", "../base/base.css", "../stepper/stepper.css", "../stepper/card.css", "../stepper/origin.css");
  return new StepperView(root, data, trigger);
}

class StepperView {
  constructor(root, data, trigger) {
    Object.assign(this, { data, trigger });
    this.painter = new Painter();
    this.store = new TraceStore((hash) => this.#fetch(hash));
    this.state = new StepState(this.store);
    this.#build(root);
    this.stops = [this.store.listen(() => this.#markAll()), this.state.listen(() => this.#markAll())];
    this.#load(data);
  }

  #build(root) {
    this.element = make("div.gb.stepper");
    this.message = make("p.message", { role: "status" });
    const place = (name, label) => make(`section.${name}`, { "aria-label": label });
    const [timeline, map, card, voices, origin] = [
      place("timeline", "timeline"), place("map", "map of the model"), place("card", "operation"),
      place("voices", "in words, as a formula, as code"), place("origin", "where does it come from?")];
    this.element.append(this.message, timeline, map, make("div.middle", {}, card, voices), origin);
    root.replaceChildren(this.element);
    this.retheme();
    const needs = { store: this.store, state: this.state, theme: () => this.colors, painter: this.painter };
    this.parts = [new Timeline(timeline, needs), new ModelMap(map, needs), new Card(card, needs), new Voices(voices, needs), new Origin(origin, needs)];
  }

  /** The same run, perhaps another trace of it: no part is made anew. */
  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    const isOther = data.manifest !== this.data.manifest || data.problem !== this.data.problem;
    this.data = data;
    this.retheme();
    this.#markAll();
    if (isOther) this.#load(data);
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  async #load({ manifest: hash, problem }) {
    setText(this.message, problem || "Loading the trace…");
    if (!hash) return;
    const manifest = JSON.parse(new TextDecoder().decode(await this.#fetch(hash)));
    await this.store.prepare(manifest);
    const name = this.state.current?.name;
    this.store.open(manifest);
    if (name) this.state.hold(name);
    else this.state.fromQuery(location.search);
    setText(this.message, "");
  }

  async #fetch(hash) {
    const answer = await fetch(`${this.data.base}/traces/${this.data.run}/${hash}.bin`);
    if (answer.ok) return answer.arrayBuffer();
    if (answer.status === 404) this.trigger("missing", hash);
    throw new Error("The numbers could not be fetched.");
  }

  #markAll() {
    for (const part of this.parts) this.painter.mark(part);
  }

  unmount() {
    for (const stop of this.stops) stop();
    this.painter.stop();
    for (const part of this.parts) part.close();
  }
}
