/** Tampering with heads: which are switched off, which write what they write on a second text, and what comes of it. */

import { make, setText } from "../base/dom.js";
import { significant } from "../base/numbers.js";
import { keyOf } from "./state.js";

export class Trial {
  mode = "off";

  /** @param {HTMLElement} place @param {{state: AttentionState, view: object, painter: Painter}} needs */
  constructor(place, { state, view, painter }) {
    Object.assign(this, { state, view, painter });
    this.modes = [["off", "switch off", "The head writes zeros."], ["patch", "patch from a second text", "The head writes what it writes on the second text, position by position."]]
      .map(([mode, text, title]) => make("button.mode", { text, title, "data-mode": mode, onclick: () => { this.mode = mode; painter.mark(this); } }));
    this.heads = view.allHeads().map(([layer, head]) => make("button.head", { "data-key": keyOf(layer, head), onclick: () => state.toggle(keyOf(layer, head), this.mode) }));
    const rows = Array.from({ length: state.nLayers }, (_, i) => state.nLayers - 1 - i).map((layer) => make("div.head-row", {},
      make("span.unit", { text: `layer ${layer}` }), ...this.heads.slice(layer * state.nHeads, (layer + 1) * state.nHeads)));
    this.other = make("input.other", {
      type: "text", maxlength: 300, value: state.other, placeholder: "second text", "aria-label": "second text",
      oninput: () => state.change({ other: this.other.value }),
    });
    this.rule = make("p.unit", { text: "The two texts must have equally many tokens: each position takes over what the head wrote at the same position." });
    this.trouble = make("p.trouble-line", { role: "status", hidden: true });
    this.result = make("p.result", { "aria-live": "polite" });
    this.none = make("button", { text: "all as they were", onclick: () => state.change({ off: [], patch: [] }) });
    this.all = make("button", { text: "all off", onclick: () => state.change({ off: view.allHeads().map(([layer, head]) => keyOf(layer, head)), patch: [] }) });
    this.element = make("section.panel.trial", { "aria-label": "What if a head were not there?" }, make("h3", { text: "What if a head were not there?" }),
      make("p.unit", { text: "Choose what to do, then click heads. The run itself is not touched." }),
      make("div.modes", { role: "group", "aria-label": "what a click on a head does" }, ...this.modes),
      make("div.head-grid", {}, ...rows), make("div.modes", {}, this.all, this.none), this.other, this.rule, this.trouble, this.result);
    place.append(this.element);
  }

  draw() {
    const { state, view } = this;
    for (const button of this.modes) button.setAttribute("aria-pressed", String(button.dataset.mode === this.mode));
    const isPatching = this.mode === "patch" || state.patch.length > 0;
    this.other.hidden = this.rule.hidden = !isPatching;
    if (this.other.value !== state.other) this.other.value = state.other;
    for (const button of this.heads) this.#head(button);
    this.none.disabled = !state.off.length && !state.patch.length;
    setText(this.trouble, view.trialTrouble);
    this.trouble.hidden = !view.trialTrouble;
    this.#say();
  }

  #head(button) {
    const { key } = button.dataset;
    const how = this.state.off.includes(key) ? "off" : this.state.patch.includes(key) ? "patch" : "";
    const [name] = this.view.nameOf(...key.split(".").map(Number));
    setText(button, `${key}${how === "off" ? " off" : how === "patch" ? " ⇄ 2" : ""}`);
    button.dataset.how = how;
    button.setAttribute("aria-pressed", String(Boolean(how)));
    button.setAttribute("aria-label", `head ${key}, ${name}${how === "off" ? ", switched off" : how ? ", patched from the second text" : ""}`);
    button.title = name;
  }

  #say() {
    const { effects } = this.view;
    if (!effects) return setText(this.result, "");
    const { before, after } = effects.header.loss;
    const isTried = this.view.isTried;
    return setText(this.result, isTried
      ? `Loss of this text: ${significant(before, 4)} → ${significant(after, 4)} nats (${after >= before ? "+" : ""}${significant(after - before)})`
      : `Loss of this text: ${significant(before, 4)} nats with all heads on.`);
  }

  close() {}
}
