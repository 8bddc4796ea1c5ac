/** What the model holds for the next token after a chosen position: the ten likeliest, the one that really follows marked. */

import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { chanceOf } from "./scores.js";

const N = 10;

export class Guesses {
  /** @param {HTMLElement} parent @param {{store: TraceStore, trial: Trial, place: Place}} needs */
  constructor(parent, { store, trial, place }) {
    Object.assign(this, { store, trial, place });
    this.title = make("h3");
    this.lines = Array.from({ length: N + 1 }, () => line());
    const step = (by, text, label) => make("button.tool", { text, "aria-label": label, onclick: () => place.choose(place.at + by) });
    parent.append(
      make("div.side-head", {}, this.title, make("span.unit.walk", {}, step(-1, "‹", "position before"), step(1, "›", "position after"))),
      make("div.guesses", {}, ...this.lines.map(({ element }) => element)),
    );
  }

  draw() {
    const scores = this.trial.now;
    if (!scores) return;
    const { labels, targets, vocabulary } = this.store.manifest;
    const t = this.place.at;
    const target = targets[t];
    setText(this.title, `after “${labels.slice(Math.max(0, t - 8), t + 1).join("")}”`);
    const tokens = Array.from(scores.likeliest.subarray(t * scores.k, (t + 1) * scores.k));
    const shown = tokens.includes(target) ? tokens : [...tokens, target];
    this.lines.forEach((one, i) => {
      one.element.hidden = i >= shown.length;
      if (i < shown.length) this.#line(one, shown[i], t, scores, shown[i] === target, vocabulary);
    });
  }

  #line(one, token, t, scores, isTarget, vocabulary) {
    const chance = chanceOf(scores, t, token, this.store.manifest.targets[t]);
    const before = chanceOf(this.trial.before, t, token, this.store.manifest.targets[t]);
    setText(one.token, vocabulary[token]);
    setText(one.mark, isTarget ? "◂ next" : "");
    setText(one.chance, significant(chance));
    one.element.classList.toggle("target", isTarget);
    one.now.style.transform = `scaleX(${chance})`;
    one.was.hidden = before === undefined;
    if (before !== undefined) one.was.style.left = `${100 * before}%`;
    one.element.title = before === undefined ? "" : `${significant(before)} → ${significant(chance)}`;
  }

  close() {}
}

function line() {
  const [token, now, was, chance, mark] = [make("code.guess-token"), make("i.now"), make("i.was"), make("span.chance"), make("span.mark")];
  return { token, now, was, chance, mark, element: make("div.guess", {}, token, make("span.room", {}, now, was), chance, mark) };
}
