/** What stands beside the stepper: the line above it, and the text's losses, guesses and one weight below. */

import { make } from "../base/dom.js";
import { Bar } from "./bar.js";
import { Following } from "./following.js";
import { Guesses } from "./guesses.js";
import { Losses } from "./losses.js";
import { Trial } from "./trial.js";
import { Weight } from "./weight.js";

/** The position whose guesses are shown: at first the last one, or that of the chosen cell. */
export class Place {
  #at = Infinity;

  constructor(store, changed) {
    Object.assign(this, { store, changed });
  }

  get at() {
    return Math.max(0, Math.min(this.#at, (this.store.manifest?.tokens.length ?? 1) - 1));
  }

  choose(t) {
    this.#at = Math.max(0, t);
    this.changed();
  }
}

export class Desk {
  /**
   * @param {{bar: HTMLElement, side: HTMLElement}} places @param {{base: string, run: string, what_if: string}} data
   * @param {{store: TraceStore, state: StepState, painter: Painter, tell: (name: string, value: any) => void,
   *   show: (hash: string) => Promise<void>}} needs
   */
  constructor({ bar, side }, data, { store, state, painter, tell, show }) {
    Object.assign(this, { painter });
    const changed = () => this.mark();
    this.trial = new Trial(data, { store, state, tell, changed });
    const row = () => (this.trial.runFeed.history.step === store.manifest?.step ? null : this.trial.row);
    const failed = (sentence) => { this.trial.error = sentence; changed(); };
    this.following = new Following(data, { row, store, show, failed });
    const needs = { store, state, trial: this.trial, following: this.following, place: new Place(store, changed) };
    const panel = (name, label) => {
      const section = make(`section.panel.${name}`, { "aria-label": label });
      side.append(section);
      return section;
    };
    this.parts = [new Bar(bar, needs), new Losses(panel("losses", "loss token by token"), needs),
      new Guesses(panel("next-token", "what comes next"), needs), new Weight(panel("weight", "edit one weight"), needs)];
    this.stops = [
      store.listen((kind) => { if (kind === "trace") this.trial.opened(); changed(); }),
      state.listen(changed), this.trial.runFeed.listen((kind) => kind !== "points" && changed()),
    ];
  }

  update(data) {
    this.trial.update(data);
    this.mark();
  }

  mark() {
    for (const part of this.parts ?? []) this.painter.mark(part);
  }

  close() {
    for (const stop of this.stops) stop();
    this.following.close();
    this.trial.close();
    for (const part of this.parts) part.close();
  }
}
