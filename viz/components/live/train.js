/** The Train page: puts the run's parts on the screen and hands them its history. Mounted by the Python wrapper. */

import { adoptStyles, make, setText } from "../base/dom.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { decode } from "../base/wire.js";
import { Attention } from "./attention.js";
import { Controls } from "./controls.js";
import { Curve } from "./curve.js";
import { openFeed } from "./feed.js";
import { RunHistory } from "./history.js";
import { Samples } from "./samples.js";
import { Strip } from "./strip.js";
import { Tokens } from "./tokens.js";
import { Vectors } from "./vectors.js";

const POINTS_OF_A_CURVE = 60;  // with fewer, the shipped run is the better picture
const GLIMPSE = 600;           // milliseconds that it is seen at least: less would be a flash
const PATIENCE = 1000;         // milliseconds without a word of the visitor's run: then it is shown all the same

/**
 * @param {ShadowRoot} root
 * @param {{run: string, base: string, shipped: string, colouring: object|null}} data
 * @param {(name: string, value: any) => void} trigger tells Python
 */
export async function mount(root, data, trigger) {
  const [shipped] = await Promise.all([fetchShipped(data), adoptStyles(root, "../theme.css", "../base/base.css", "../live/live.css")]);
  return new TrainView(root, data, trigger, shipped);
}

/** The run that ships with the project; the page announces it, so that it is here when it is needed. */
async function fetchShipped({ base, shipped }) {
  if (!shipped) return null;
  try {
    const answer = await fetch(`${base}${shipped}`);
    if (!answer.ok) return null;
    const history = new RunHistory();
    history.apply(decode(await answer.arrayBuffer()));
    return history;
  } catch (error) {
    console.warn("The shipped run could not be shown:", error);
    return null;
  }
}

class TrainView {
  constructor(root, data, trigger, shipped) {
    Object.assign(this, { data, shipped, shippedSince: 0 });
    this.painter = new Painter();
    this.element = make("div.gb.train");
    this.element.classList.toggle("present", new URLSearchParams(location.search).get("present") === "1");
    root.replaceChildren(this.element);
    this.feed = openFeed(data.base, data.run);
    const theme = () => this.colors;
    const { painter, feed } = this;
    const panel = (name, label) => {
      const section = make(`section.panel.${name}`, { "aria-label": label });
      this.element.append(section);
      return section;
    };
    const head = panel("head", "run");
    const curve = panel("curve", "loss curve");
    const samples = panel("samples", "what the model says");
    const strip = panel("strip", "by layer and step");
    const attention = panel("attention", "attention");
    const tokens = panel("tokens", "loss token by token");
    const vectors = panel("vectors", "token embeddings");
    this.controls = new Controls(head, { feed, painter, opened: (run) => trigger("opened", run) });
    this.badge = make("div.badge", { hidden: true });
    curve.append(this.badge);
    this.curve = new Curve(curve, { painter, theme, viewChanged: () => this.strip && painter.mark(this.strip) });
    this.samples = new Samples(samples, { feed, painter });
    this.strip = new Strip(strip, { painter, theme, view: this.curve.view });
    this.attention = new Attention(attention, { feed, painter, theme });
    this.tokens = new Tokens(tokens, { feed, painter, theme });
    this.vectors = new Vectors(vectors, data, { painter, theme });
    this.parts = [this.controls, this.curve, this.samples, this.strip, this.attention, this.tokens, this.vectors];
    const seen = new Map([[tokens, this.tokens], [attention, this.attention], [vectors, this.vectors]]);
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) seen.get(target).watch(isIntersecting);
    });
    for (const place of seen.keys()) this.observer.observe(place);
    this.stop = feed.listen((kind) => this.#heard(kind));
    this.update(data);
    this.mounted = performance.now();
    this.timer = setTimeout(() => this.#choose(), PATIENCE);
    this.#choose();
  }

  /** A changed theme or data; the run stays the same. */
  update(data) {
    this.data = data;
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
    for (const part of this.parts) this.painter.mark(part);
  }

  #heard(kind) {
    if (kind === "probe") {
      this.painter.mark(this.attention);
      this.painter.mark(this.tokens);
    } else if (kind === "link" || kind === "state") {
      this.painter.mark(this.controls);
      this.painter.mark(this.curve);
      this.#choose();
    } else {
      this.#choose();
    }
  }

  /** The run's own history, or the shipped one as long as that is the better picture. */
  #choose() {
    const own = this.feed.history;
    const { state } = own.status;
    const shown = this.wasOwn || this.#isOwnDue(own) ? own : this.shipped;
    this.wasOwn = shown === own && own.run !== null;
    if (shown !== own && !this.shippedSince) {
      this.shippedSince = performance.now();
      this.timer = setTimeout(() => this.#choose(), GLIMPSE);
    }
    this.badge.hidden = shown === own;
    setText(this.badge, state === "waiting" ? "a run that ships with Glassbox — yours waits for a free place"
      : "a run that ships with Glassbox — yours starts in a moment");
    this.element.dataset.shown = shown === own ? "run" : "shipped";
    this.element.dataset.points = String(shown.points.length);
    this.element.dataset.step = String(own.step);
    for (const part of [this.controls, this.curve, this.samples, this.strip]) part.show(shown);
  }

  #isOwnDue(own) {
    const now = performance.now();
    if (!this.shipped) return true;
    if (!own.run) return now - this.mounted < PATIENCE;
    const stands = ["paused", "diverged", "failed", "finished"].includes(own.status.state);
    if (stands || own.ghosts.length > 0 || own.points.length >= POINTS_OF_A_CURVE) return true;
    return own.points.length > 1 && this.shippedSince > 0 && now - this.shippedSince >= GLIMPSE;
  }

  unmount() {
    clearTimeout(this.timer);
    this.observer.disconnect();
    this.stop();
    this.painter.stop();
    for (const part of this.parts) part.close();
    this.feed.release();
  }
}
