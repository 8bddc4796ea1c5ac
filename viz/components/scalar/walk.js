/** Walks through a scalar graph node by node: forward in order, then backward in reverse. Buttons, a slider, and keys. */

import { make, setText } from "../base/dom.js";
import { isTaken } from "../base/keys.js";

const PACE = 700;              // milliseconds a step while it plays

export class Walk {
  /** The steps in order: nodes that are computed, then nodes that hand their gradient back. */
  steps = [];
  at = 0;

  /** @param {HTMLElement} parent @param {HTMLElement} own the part of the page whose controls are ours @param {() => void} changed */
  constructor(parent, own, changed) {
    this.changed = changed;
    const button = (text, title, act) => make("button", { text, title, "aria-label": title, onclick: act });
    this.playing = button("Play", "play (Space)", () => this.play());
    this.slider = make("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "step through the graph", oninput: () => this.goTo(Number(this.slider.value)) });
    this.words = make("span.walk-words");
    this.element = make("div.walk", {}, button("|◀", "before the first step (Home)", () => this.goTo(0)), button("◀", "one step back (←)", () => this.move(-1)),
      this.playing, button("▶", "one step on (→)", () => this.move(1)), button("▶|", "all steps done (End)", () => this.goTo(Infinity)), this.slider, this.words);
    parent.append(this.element);
    this.onKey = (event) => this.#key(event, own);
    document.addEventListener("keydown", this.onKey);
  }

  /** @param {number[]} order the operations in the order in which they are computed @param {boolean} hasBackward whether gradients go back */
  open(order, hasBackward) {
    const wasDone = this.at === this.steps.length;
    this.steps = [...order.map((node) => ({ node, isBack: false })), ...(hasBackward ? order.toReversed().map((node) => ({ node, isBack: true })) : [])];
    this.nForward = order.length;
    this.slider.max = this.steps.length;
    this.at = wasDone ? this.steps.length : Math.min(this.at, this.steps.length);
    this.#say();
  }

  /** The step that was taken last: what it did is on the screen. Null before the first, and once all are done. */
  get step() {
    return this.isDone ? null : this.steps[this.at - 1] ?? null;
  }

  get isDone() {
    return this.at === this.steps.length && !this.isShown;
  }

  move(by) {
    this.isShown = true;         // the last step is shown as a step when one walks to it
    this.#set(this.at + by);
  }

  goTo(at) {
    this.isShown = at !== Infinity && at < this.steps.length;
    this.#set(at);
  }

  #set(at) {
    this.at = Math.min(this.steps.length, Math.max(0, at));
    if (this.at === this.steps.length) this.#stop();
    this.#say();
    this.changed();
  }

  play() {
    if (this.timer) return this.#stop();
    if (this.at === this.steps.length) this.goTo(0);
    setText(this.playing, "Pause");
    this.timer = setInterval(() => this.move(1), PACE);
    return undefined;
  }

  #stop() {
    clearInterval(this.timer);
    this.timer = null;
    setText(this.playing, "Play");
  }

  #say() {
    this.slider.value = this.at;
    const { at, nForward, steps } = this;
    const words = at === 0 ? "not yet computed" : at <= nForward ? `forward ${at} of ${nForward}` : `backward ${at - nForward} of ${steps.length - nForward}`;
    setText(this.words, words);
    this.slider.setAttribute("aria-valuetext", words);
  }

  #key(event, own) {
    const act = { ArrowRight: () => this.move(1), ArrowLeft: () => this.move(-1), PageDown: () => this.move(1), PageUp: () => this.move(-1),
      Home: () => this.goTo(0), End: () => this.goTo(Infinity), " ": () => this.play(), b: () => this.goTo(this.nForward), f: () => this.goTo(0) }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event, this.element)) return;
    if (event.composedPath().includes(own) && event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    act();
  }

  close() {
    this.#stop();
    document.removeEventListener("keydown", this.onKey);
  }
}
