/** The iteration as one line in four parts: block ticks, a scrubber, play with a speed, and the counter. */

import { make, setText } from "../base/dom.js";
import { blockWords, sentenceOf } from "./sentence.js";

const SPEEDS = [0.5, 1, 2, 4, 8];    // operations a second

export class Timeline {
  /** @param {HTMLElement} parent @param {{store: TraceStore, state: StepState, painter: Painter, help: () => void}} needs */
  constructor(parent, { store, state, painter, help }) {
    Object.assign(this, { store, state, painter, version: 0, timer: 0, parts: [] });
    const button = (text, title, act) => make("button", { text, title, "aria-label": title, onclick: act });
    this.previous = button("◀", "Previous operation (←)", () => this.walk(-1));
    this.next = button("▶", "Next operation (→)", () => this.walk(1));
    this.toggle = button("Play", "Play or pause (Space)", () => this.play());
    this.speed = make("select", { "aria-label": "Operations a second", title: "Operations a second" },
      ...SPEEDS.map((speed) => make("option", { text: `${speed} / s`, value: speed, selected: speed === 2 })));
    this.line = make("div.track", { role: "slider", tabindex: 0, "aria-label": "operation", "aria-valuemin": 1 });
    this.counter = make("span.counter");
    this.name = make("code.name");
    parent.append(
      make("div.buttons", {}, this.previous, this.next, this.toggle, this.speed, button("?", "Keys (?)", help)),
      this.line, make("div.place", {}, this.counter, this.name),
    );
    this.#listen();
  }

  /** One or more operations on or back; by hand, so the film stops. */
  walk(n) {
    this.stop();
    this.state.go(this.state.operation + n);
  }

  /** The next or previous block of the model. */
  walkBlock(n) {
    this.stop();
    const { blocks } = this.store;
    const at = blocks.indexOf(this.store.blockAt(this.state.operation));
    const target = blocks[at + n];
    if (target) this.state.go(target.start);
    else this.state.go(n > 0 ? this.store.n - 1 : 0);
  }

  goToPart(name) {
    this.stop();
    const part = this.store.parts.find((one) => one.part === name);
    if (part) this.state.go(part.start);
  }

  goTo(i) {
    this.stop();
    this.state.go(i);
  }

  /** Start or stop the film; at the end it begins again. */
  play() {
    if (this.timer) return this.stop();
    if (this.state.operation >= this.store.n - 1) this.state.go(0);
    this.#tick();
    this.painter.mark(this);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.painter.mark(this);
  }

  #tick() {
    this.timer = setTimeout(() => {
      this.state.go(this.state.operation + 1);
      if (this.state.operation < this.store.n - 1) this.#tick();
      else this.stop();
    }, 1000 / Number(this.speed.value));
  }

  #listen() {
    const scrub = (event) => this.goTo(this.#under(event.clientX));
    this.line.addEventListener("pointerdown", (event) => {
      if (event.button || !this.store.n) return;
      this.line.setPointerCapture(event.pointerId);
      this.isHeld = true;
      scrub(event);
    });
    this.line.addEventListener("pointermove", (event) => {
      if (!this.store.n) return;
      if (this.isHeld) scrub(event);
      const { name } = this.store.operation(this.#under(event.clientX));
      if (this.line.title !== name) this.line.title = name;
    });
    for (const end of ["pointerup", "pointercancel"]) this.line.addEventListener(end, () => (this.isHeld = false));
  }

  #under(x) {
    const at = this.parts.findLastIndex(({ element }) => element.getBoundingClientRect().left <= x);
    const { element, start, end } = this.parts[Math.max(0, at)];
    const { left, width } = element.getBoundingClientRect();
    return Math.min(end - 1, Math.max(start, start + Math.floor(((x - left) / width) * (end - start))));
  }

  /** A part is as wide as the root of its length: the update has many operations, the loss has few. */
  #build() {
    this.version = this.store.version;
    this.parts = this.store.parts.map(({ part, start, end }) => {
      const [fill, thumb] = [make("i.fill"), make("i.thumb")];
      const ticks = this.store.blocks.filter((block) => block.part === part && block.start > start)
        .map((block) => make("i.tick", { style: `left: ${(100 * (block.start - start)) / (end - start)}%`, title: blockWords(block.block) }));
      const element = make(`div.part.${part}`, { style: `flex-grow: ${Math.sqrt(end - start).toFixed(2)}` },
        fill, ...ticks, make("span", { text: part }), thumb);
      return { element, fill, thumb, start, end, share: -1 };
    });
    this.line.replaceChildren(...this.parts.map(({ element }) => element));
    this.line.setAttribute("aria-valuemax", this.store.n);
  }

  draw() {
    if (this.version !== this.store.version) this.#build();
    const { operation: at, current } = this.state;
    setText(this.toggle, this.timer ? "❚❚ Pause" : "▶ Play");
    if (!current) return;
    for (const part of this.parts) this.#fill(part, at);
    setText(this.counter, `${at + 1} / ${this.store.n}`);
    setText(this.name, current.name);
    this.name.title = current.name;
    this.line.setAttribute("aria-valuenow", at + 1);
    this.line.setAttribute("aria-valuetext", sentenceOf(this.store, current));
  }

  #fill(part, at) {
    const share = Math.min(1, Math.max(0, (at - part.start + 0.5) / (part.end - part.start)));
    if (share === part.share) return;
    part.share = share;
    const isHere = at >= part.start && at < part.end;
    part.fill.style.transform = `scaleX(${share})`;
    part.thumb.style.transform = `translateX(${100 * share}%)`;
    part.element.classList.toggle("here", isHere);
  }

  close() {
    clearTimeout(this.timer);
  }
}
