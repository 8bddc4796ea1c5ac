/** The controls of the walk through the merges, and in one sentence what the last merge did. */

import { disable, make, setText } from "../base/dom.js";
import { count, significant } from "../base/numbers.js";
import { SPEEDS } from "./walk.js";

export class Bar {
  /** @param {HTMLElement} place @param {{walk: Walk, help: () => void, start: (n: number) => void}} needs */
  constructor(place, { walk, help, start }) {
    this.walk = walk;
    const button = (text, label, act) => make("button", { type: "button", text, title: label, "aria-label": label, onclick: act });
    this.first = button("|◀", "No merges (Home)", () => walk.goTo(0));
    this.back = button("◀", "One merge back (←)", () => walk.step(-1));
    this.play = button("▶ Play", "Play or pause (Space)", () => walk.toggle());
    this.on = button("▶", "One merge on (→)", () => walk.step(1));
    this.last = button("▶|", "All merges (End)", () => walk.goTo(Infinity));
    this.speed = make("select", { "aria-label": "Merges a second", onchange: () => walk.setSpeed(Number(this.speed.value)) },
      ...SPEEDS.map((each) => make("option", { value: each, text: `${each} a second`, selected: each === walk.speed })));
    this.slider = make("input.walk-slider", { type: "range", min: 0, max: 0, step: 1, "aria-label": "Merges made", oninput: () => walk.goTo(Number(this.slider.value)) });
    this.number = make("input.walk-number", { type: "number", min: 0, step: 1, "aria-label": "Go to so many merges", onchange: () => this.#typed() });
    this.of = make("span.unit");
    this.start = make("button.primary", { type: "button", onclick: () => start(walk.k), title: "A new run, from new weights, whose tokenizer is learned on this text: on all of it" });
    this.said = make("p.said");
    this.counts = make("p.unit.counts");
    place.append(
      make("div.walk-row", {}, make("span.walk-buttons", {}, this.first, this.back, this.play, this.on, this.last), this.speed, this.slider,
        make("label.walk-typed", {}, "merges", this.number, this.of), button("?", "Keys", help), this.start),
      this.said, this.counts);
  }

  #typed() {
    this.walk.goTo(Number(this.number.value));
    this.number.value = String(this.walk.k);   // what was out of range, or no number, becomes what is shown
  }

  draw() {
    const { record, k, isPlaying } = this.walk;
    if (!record) return;
    setText(this.play, isPlaying ? "❚❚ Pause" : "▶ Play");
    const none = record.n ? "" : "There is nothing to merge in this text.";
    for (const each of [this.first, this.back]) disable(each, none || (k === 0 ? "Nothing is merged yet." : ""), each.getAttribute("aria-label"));
    for (const each of [this.on, this.last]) disable(each, none || (k === record.n ? "All merges are made." : ""), each.getAttribute("aria-label"));
    disable(this.play, none, "Play or pause (Space)");
    disable(this.start, k ? "" : "Make at least one merge first.", "A new run, from new weights, whose tokenizer is learned on this text: on all of it");
    setText(this.start, `Train on ${k} ${k === 1 ? "merge" : "merges"}`);
    this.slider.max = this.number.max = String(record.n);
    this.slider.value = String(k);
    if (this.number.getRootNode().activeElement !== this.number) this.number.value = String(k);
    setText(this.of, `of ${record.n}`);
    setText(this.said, this.#sentence());
    setText(this.counts, record.nCharacters ? this.#sizes() : "");
  }

  #sizes() {
    const { record, k } = this.walk;
    return `The text: ${count(record.nCharacters)} characters = ${count(record.cut.bytes.length)} bytes = ${count(record.lengths[k])} tokens: `
      + `${significant(record.compression(k))} characters a token. Vocabulary: 256 bytes + ${count(k)} merges = ${count(256 + k)}.`;
  }

  #sentence() {
    const { record, k } = this.walk;
    if (!record.n) return record.nCharacters ? "No pair stands twice in this text, so there is nothing to merge." : "There is no text to learn from yet.";
    if (!k) return "Nothing is merged yet: every token is one byte. Press → for the first merge.";
    const saved = record.lengths[k - 1] - record.lengths[k];
    return `Merge ${k}: ${record.pairInWords(record.pairs[k - 1])} → ${record.inWords(255 + k)}, id ${255 + k}. `
      + `The pair stood side by side ${count(record.counts[k - 1])} times; the text is ${count(saved)} ${saved === 1 ? "token" : "tokens"} shorter.`;
  }

  close() {}
}
