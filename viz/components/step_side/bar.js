/** The line above the stepper: follow the run, train one iteration on this text, keep what came of it or leave it. */

import { disable, make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { entry } from "../stepper/names.js";
import { flatOf } from "../stepper/operands.js";
import { change, lossWords } from "./said.js";

const ON_FORK = "A what-if fork does not train by itself: go back to the run to follow it.";

export class Bar {
  /** @param {HTMLElement} parent @param {{store: TraceStore, trial: Trial, following: Following}} needs */
  constructor(parent, { store, trial, following }) {
    Object.assign(this, { store, trial, following });
    this.follow = make("button", { onclick: () => this.#follow(), "aria-pressed": false }, make("i.dot"), "follow");
    this.next = make("button.primary", { text: "next iteration ▸", onclick: () => this.trial.learn() });
    this.words = make("span.said", { role: "status" });
    this.cell = make("span.unit");
    this.where = make("span.where");
    this.adopt = make("button", { text: "Adopt", title: "Make this what-if a run of your own, and open it.", onclick: () => trial.adopt() });
    this.back = make("button", { text: "Back to the run", title: "Leave this what-if: the run is as it was.", onclick: () => trial.back() });
    this.fork = make("span.fork", {}, this.where, this.adopt, this.back);
    parent.append(this.next, this.follow, make("span.saying", {}, this.words, this.cell), this.fork);
  }

  #follow() {
    this.following.toggle(!this.following.isOn);
    this.draw();
  }

  draw() {
    const { trial, following } = this;
    if (trial.whatIf) following.toggle(false);
    this.follow.setAttribute("aria-pressed", String(following.isOn));
    disable(this.follow, trial.whatIf ? ON_FORK : "", "Show the newest trace, again and again, while the run trains.");
    disable(this.next, trial.isBusy ? "One moment…" : "", "Train one step on exactly this text, on a what-if fork: the run stays as it is.");
    this.fork.hidden = !trial.whatIf;
    const { name } = trial.runFeed.history.run ?? {};
    setText(this.where, name ? `what-if of ${name}` : "what-if");
    for (const button of [this.adopt, this.back]) disable(button, trial.isBusy ? "One moment…" : "", button.title);
    setText(this.words, trial.error || (trial.reply ? lossWords(trial.reply) : ""));
    this.words.classList.toggle("error", Boolean(trial.error));
    setText(this.cell, trial.error ? "" : this.#cellWords());
  }

  /** The cell that was chosen when it was tried, before and after, as soon as the trace after it is here. */
  #cellWords() {
    const { cell } = this.trial;
    if (!cell || cell.version === this.store.version || !this.store.has(cell.tensor)) return "";
    const tensor = this.store.tensor(cell.tensor);
    const now = tensor?.data[flatOf(tensor.shape, cell.index)];
    return now === undefined ? "" : `${entry(cell)} ${significant(cell.value, 4)} → ${significant(now, 4)} (${change(now - cell.value)})`;
  }

  close() {}
}
