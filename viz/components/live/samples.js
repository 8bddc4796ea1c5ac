/** What the model says now, beside what it said at two earlier steps of the reader's choice. */

import { make, setText } from "../base/dom.js";
import { count } from "../base/numbers.js";

export class Samples {
  constructor(parent, { feed, painter }) {
    Object.assign(this, { feed, painter });
    this.chosen = [null, 0];   // steps; null = about half way back
    this.now = entry(make("span", { text: "says now" }));
    this.selects = this.chosen.map((_, i) => make("select", { "aria-label": "said at step", onchange: (event) => {
      this.chosen[i] = Number(event.target.value);
      this.painter.mark(this);
    } }));
    this.then = this.selects.map((select) => entry(make("span", { text: "said at" }), select));
    parent.append(make("h3", { text: "what it says" }), this.now.element, ...this.then.map(({ element }) => element));
    feed.want("samples", { samples: true });
  }

  show(history) {
    this.history = history;
    this.painter.mark(this);
  }

  draw() {
    const { history } = this;
    if (!history?.run) return;
    const { samples, said } = history;
    fill(this.now, said, said ? `step ${count(said.step)}` : "", "Nothing yet: the first words come in a moment.");
    const steps = samples.map((sample) => sample.step);
    this.then.forEach((place, i) => {
      this.#offer(this.selects[i], steps);
      const wanted = this.chosen[i] ?? nearest(steps.filter((step) => step !== this.chosen[1] && step < said?.step), (said?.step ?? 0) / 4);
      const sample = samples.find(({ step }) => step === wanted);
      this.selects[i].value = sample ? String(sample.step) : "";
      fill(place, sample, "", "Comes when there is another step to look back on.");
    });
  }

  #offer(select, steps) {
    const offered = steps.join();
    if (select.offered === offered) return;
    select.offered = offered;
    select.replaceChildren(make("option", { text: "no step yet", value: "", hidden: true }), ...steps.map((step) => make("option", { text: `step ${count(step)}`, value: step })));
  }

  close() {
    this.feed.want("samples", null);
  }
}

function entry(...head) {
  const note = make("span.unit");
  const texts = make("div.texts", { tabindex: 0, onscroll: () => markRest(texts) });
  return { element: make("div.said", {}, make("div.said-head", {}, ...head, note), texts), note, texts };
}

function fill({ note, texts }, sample, words, empty) {
  setText(note, words);
  const key = sample ? `${sample.step} ${sample.texts.join("\u0000")}` : empty;
  if (texts.key === key) return;
  texts.key = key;
  if (sample) texts.replaceChildren(...sample.texts.map((text) => make("p", { text: text || "␣" })));
  else texts.replaceChildren(make("p.unit", { text: empty }));
  markRest(texts);
}

/** Whether there is more below than is seen: then the last line fades. */
function markRest(texts) {
  texts.classList.toggle("more", texts.scrollTop + texts.clientHeight < texts.scrollHeight - 2);
}

function nearest(steps, target) {
  return steps.reduce((best, step) => (Math.abs(step - target) < Math.abs(best - target) ? step : best), steps[0]);
}
