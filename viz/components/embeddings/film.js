/** The film: a slider over the run's kept steps and a play button. Between two kept steps the picture is in between. */

import { make, setText } from "../base/dom.js";
import { count } from "../base/numbers.js";
import { radiusOf } from "./camera.js";

const SECONDS = 9;             // a whole film
const SHORTEST = 120;          // milliseconds a frame
const TRAIL = 14;              // frames that a trail goes back

export class Film {
  #playing = 0;
  #position = 0;               // in frames; between two of them while it plays
  #wanted = null;              // a step to go to as soon as its frame is here

  /** @param {{state: ViewState, frames: Frames, show: (frame: object, trail: object[], isAtOnce: boolean) => void}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.button = make("button.primary", { type: "button", text: "▶ Play", onclick: () => this.toggle() });
    this.slider = make("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "step", oninput: () => this.#slide() });
    this.step = make("span.film-step");
    this.live = make("button.film-live", { type: "button", text: "❚❚ Hold", onclick: () => this.#holdOrGo() });
    this.trails = make("input", { type: "checkbox", checked: true, onchange: () => this.redraw() });
    this.note = make("span.unit");
    place.append(this.button, this.slider, this.step, this.live, make("label.check", {}, this.trails, "trails"), this.note);
  }

  /** Steps to choose from: the film's, or the kept ones as long as there is no film; the last place is now. */
  get steps() {
    return this.frames.film?.steps.length ? this.frames.film.steps : this.frames.steps;
  }

  get isNow() {
    return this.state.at === null;
  }

  /** Bring the controls up to date with what is shown. */
  renew(step) {
    const last = Math.max(0, this.steps.length - (this.isWhole ? 1 : 0));
    if (Number(this.slider.max) !== last) this.slider.max = last;
    const at = this.isNow ? last : Math.round(this.#position);
    if (Number(this.slider.value) !== at) this.slider.value = at;
    const isLive = this.isNow && this.frames.isLive;
    setText(this.step, step === undefined ? "" : `step ${count(step)}${isLive ? " · live" : ""}`);
    this.slider.setAttribute("aria-valuetext", this.step.textContent);
    this.button.disabled = this.steps.length < 2;
    setText(this.live, isLive ? "❚❚ Hold" : "Go live");
    this.live.title = isLive ? "Keep this picture while the run goes on" : "Show the model as it is now, and follow it";
    setText(this.button, this.#playing ? "❚❚ Pause" : "▶ Play");
    const { film } = this.frames;
    setText(this.note, film && film.frames.length < this.steps.length ? `${film.frames.length} of ${this.steps.length} frames are made` : "");
  }

  /** A film of PCA ends with the model as it was when it was made. */
  get isWhole() {
    return Boolean(this.frames.film?.steps.length) && this.state.method === "pca";
  }

  async toggle() {
    if (this.#playing) return this.pause();
    if (this.isNow) {
      this.frames.forgetFilm();  // the run has gone on since the last one
      this.#position = 0;
      this.state.set({ at: this.steps[0] ?? 0 });
    }
    this.#wanted = null;
    const turn = (this.#playing = performance.now());
    this.renew();
    const loading = this.frames.load();
    if (this.state.method === "pca") await loading;
    if (this.#playing !== turn) return undefined;
    if (!this.frames.film) return this.toNow();
    if (this.#position >= this.steps.length - 1) this.#position = 0;
    return this.#run(performance.now());
  }

  pause() {
    this.halt();
    this.redraw();
  }

  toNow() {
    this.halt();
    this.state.set({ at: null });
  }

  /** Stop playing, wherever that is. */
  halt() {
    cancelAnimationFrame(this.request);
    this.#playing = 0;
  }

  #holdOrGo() {
    if (!this.isNow) return this.toNow();
    this.frames.hold(this.frames.isLive);
    return this.renew(this.shown);
  }

  /** Open at the step that the address names. */
  open() {
    this.#goTo(this.state.at);
  }

  #slide() {
    this.halt();
    const i = Number(this.slider.value);
    const step = this.steps[i];
    if (step === undefined) return this.toNow();
    return this.#goTo(step);
  }

  #goTo(step) {
    this.state.set({ at: step });
    this.#wanted = step;
    this.#position = Math.max(0, this.steps.findLastIndex((each) => each <= step));
    this.frames.load();
    this.redraw();
  }

  #run(before) {
    this.request = requestAnimationFrame((time) => {
      if (!this.#playing) return undefined;
      if (!this.frames.film) return this.toNow();  // it could not be made
      const each = Math.max(SHORTEST, (1000 * SECONDS) / this.steps.length);
      const last = Math.max(0, this.frames.film.frames.length - 1);
      this.#position = Math.min(last, this.#position + Math.min(100, Math.max(0, time - before)) / each);
      this.redraw();
      const isOver = this.#position >= this.steps.length - 1;
      if (isOver) return this.pause();
      return this.#run(time);
    });
  }

  /** Show the frame at this position; while it plays, the points between two frames. */
  redraw() {
    const { film } = this.frames;
    if (this.isNow || !film?.frames.length || !this.#arrive(film)) return this.renew(this.shown);
    const isStill = !this.#playing || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const at = Math.min(isStill ? Math.round(this.#position) : this.#position, film.frames.length - 1);
    const i = Math.floor(at);
    const frame = between(film.frames[i], film.frames[i + 1], at - i);
    const trail = this.trails.checked ? film.frames.slice(Math.max(0, i - TRAIL), i + (at > i ? 1 : 0)) : [];
    this.show({ ...frame, kept: film.frames[i], radius: this.#radius(film) }, trail);
    this.state.set({ at: frame.step });
    return this.renew(frame.step);
  }

  /** Whether the film has come as far as the step that was asked for; from there on we stand at it. */
  #arrive({ steps, frames }) {
    if (this.#wanted === null) return true;
    const i = Math.max(0, steps.findLastIndex((each) => each <= this.#wanted));
    if (i >= frames.length) return false;
    this.#position = i;
    this.#wanted = null;
    return true;
  }

  /** One scale for all frames: what grows is seen to grow. */
  #radius(film) {
    if (film.radius?.n !== film.frames.length) {
      film.radius = { n: film.frames.length, value: Math.max(...film.frames.map(({ points, k }) => radiusOf(points, k) || 1)) };
    }
    return film.radius.value;
  }

  close() {
    this.halt();
  }
}

function between(frame, next, share) {
  if (!share || !next) return frame;
  return { ...frame, points: frame.points.map((value, i) => value + (next.points[i] - value) * share) };
}
