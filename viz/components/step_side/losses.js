/** How surprised the model is by each token of the text: a bar of −ln p for every target, and where it was before. */

import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { roundUp } from "../base/scale.js";

const FINE = 0.5;              // nats: up to ten of them the axis ends at a multiple of this

export class Losses {
  /** @param {HTMLElement} parent @param {{store: TraceStore, trial: Trial, place: Place}} needs */
  constructor(parent, { store, trial, place }) {
    Object.assign(this, { store, trial, place, bars: [], row: "" });
    this.top = make("span.unit");
    this.columns = make("div.columns", { role: "group", "aria-label": "loss of each token" });
    parent.append(
      make("div.side-head", {}, make("h3", { text: "loss token by token" }), this.top), this.columns,
      make("span.unit.value", { text: "the token that comes next, after the one below it; click one to see its guesses" }),
    );
  }

  draw() {
    const [scores, counting] = [this.trial.now, this.store.n ? this.store.tensor("weights") : null];
    if (!scores || !counting) return;
    const { labels, target_labels: targets } = this.store.manifest;
    const row = JSON.stringify([labels, targets]);
    if (row !== this.row) this.#build(labels, targets, row);
    const { before } = this.trial;
    const weights = counting.data;
    const most = Math.max(1, ...[scores.loss, before?.loss ?? []].flatMap((losses) => [...losses].filter((loss, t) => weights[t] && Number.isFinite(loss))));
    const top = most > 10 ? roundUp(most) : FINE * Math.ceil(most / FINE);
    setText(this.top, `0 … ${significant(top)} nats${before ? " · dashed: before" : ""}`);
    this.bars.forEach((bar, t) => this.#bar(bar, t, { scores, before, top, counts: weights[t] > 0 }));
  }

  #build(labels, targets, row) {
    this.row = row;
    this.bars = targets.map((target, t) => {
      const [now, was] = [make("i.now"), make("i.was")];
      const column = make("button.column", { onclick: () => this.place.choose(t) }, make("span.room", {}, now, was),
        make("code", { text: target }), make("code.after", { text: labels[t] }));
      return { column, now, was };
    });
    this.columns.replaceChildren(...this.bars.map(({ column }) => column));
  }

  #bar({ column, now, was }, t, { scores, before, top, counts }) {
    const { labels, target_labels: targets } = this.store.manifest;
    const loss = scores.loss[t];
    column.classList.toggle("pale", !counts);
    now.style.transform = `scaleY(${share(loss, top)})`;
    was.hidden = !before;
    if (before) was.style.bottom = `${100 * share(before.loss[t], top)}%`;
    column.setAttribute("aria-pressed", String(t === this.place.at));
    const earlier = before ? `${significant(before.loss[t])} → ` : "";
    const words = `after “${labels[t]}” comes “${targets[t]}”: loss ${earlier}${significant(loss)} nats, probability ${significant(scores.chance[t])}${counts ? "" : "; does not count in this task"}`;
    if (column.title !== words) column.title = words;
  }

  close() {}
}

function share(loss, top) {
  return Number.isFinite(loss) ? Math.min(1, loss / top) : 1;
}
