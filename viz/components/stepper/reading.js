/** What the trace was made of: the tokens that were read, those to be predicted, the run's step, the text's loss. */

import { make, setText } from "../base/dom.js";
import { count, significant } from "../base/numbers.js";

export class Reading {
  /** @param {HTMLElement} parent @param {{store: TraceStore}} needs */
  constructor(parent, { store }) {
    Object.assign(this, { store, version: 0 });
    this.read = make("span.tokens-read");
    this.where = make("span.unit");
    parent.append(make("span.unit", { text: "tokens" }), this.read, this.where);
  }

  draw() {
    const { store } = this;
    if (this.version === store.version) return;
    this.version = store.version;
    const { labels, target_labels: targets, tokens, step, loss } = store.manifest;
    const chip = (text, title) => make("code.token", { text, title });
    this.read.replaceChildren(
      ...labels.map((label, i) => chip(label, `position ${i}: token ${tokens[i]}, to be followed by ${targets?.[i] ?? "?"}`)),
      ...(targets ? [make("span.unit", { text: "→" }), chip(targets.at(-1), "only predicted")] : []),
    );
    const surprise = Number.isFinite(loss) ? ` · loss of this text ${significant(loss)} nats` : "";
    setText(this.where, `step ${count(step)}${surprise}`);
  }

  close() {}
}
