/** The merges learned so far, the newest on top: a list to choose a token from. */

import { make, setText } from "../base/dom.js";
import { count } from "../base/numbers.js";
import { N_BYTES } from "./record.js";

export class Vocabulary {
  #rows = [];                  // of merge 1, 2, …
  #record = null;
  #k = 0;
  #marked = null;

  constructor(place, { walk }) {
    this.walk = walk;
    this.note = make("p.unit.figure-note");
    this.list = make("div.merges", { role: "listbox", "aria-label": "tokens learned so far", tabindex: 0 });
    this.empty = make("p.unit", { text: "Nothing is merged yet: the vocabulary is the 256 bytes." });
    this.element = make("section.panel.vocabulary", { "aria-label": "The vocabulary grows" },
      make("h3", { text: "The vocabulary grows" }), this.note, this.empty, this.list);
    this.list.addEventListener("click", ({ target }) => {
      const row = target.closest?.("[data-token]");
      if (row) walk.choose(Number(row.dataset.token));
    });
    place.append(this.element);
  }

  /** Another record: all rows are made once, and shown as they are learned. */
  #open(record) {
    this.#record = record;
    this.#rows = record.pairs.map((pair, i) => {
      const id = N_BYTES + i;
      return make("button.merge", { type: "button", role: "option", "data-token": id, hidden: true },
        make("span.merge-id", { text: String(id) }), make("code.merge-made", { text: record.label(id) }),
        make("span.merge-count", { text: `${count(record.counts[i])} ×` }), make("code.merge-of", { text: record.pairInWords(pair) }));
    });
    this.list.replaceChildren(...this.#rows.toReversed());
    this.#k = 0;
    this.#marked = null;
  }

  draw() {
    const { record, k, shown } = this.walk;
    if (!record) return;
    if (record !== this.#record) this.#open(record);
    for (let i = Math.min(k, this.#k); i < Math.max(k, this.#k); i++) this.#rows[i].hidden = i >= k;
    this.#k = k;
    const row = shown === null ? null : this.#rows[shown - N_BYTES];
    if (row !== this.#marked) {
      this.#marked?.classList.remove("chosen");
      this.#marked?.setAttribute("aria-selected", "false");
      row?.classList.add("chosen");
      row?.setAttribute("aria-selected", "true");
      this.#marked = row ?? null;
    }
    this.empty.hidden = k > 0;
    setText(this.note, `256 bytes + ${k} merged = ${256 + k} tokens. Click one to see what it is made of.`);
  }

  close() {}
}
