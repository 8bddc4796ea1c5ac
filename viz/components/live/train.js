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

const POINTS_TO_SWITCH = 2;    // with fewer, the shipped run is the better picture

/**
 * @param {ShadowRoot} root
 * @param {{run: string, base: string, shipped: string, colouring: object|null}} data
 * @param {(name: string, value: any) => void} trigger tells Python
 */
export async function mount(root, data, trigger) {
  await adoptStyles(root, "../theme.css", "../base/base.css", "../live/live.css");
  return new TrainView(root, data, trigger);
}

class TrainView {
  constructor(root, data, trigger) {
    this.data = data;
    this.painter = new Painter();
    this.element = make("div.gb.train");
    this.element.classList.toggle("present", new URLSearchParams(location.search).get("present") === "1");
    root.replaceChildren(this.element);
    this.feed = openFeed(data.base, data.run);
    this.shipped = null;
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
    this.#choose();
    if (data.shipped) this.#fetchShipped();
  }

  /** A changed theme or data; the run stays the same. */
  update(data) {
    this.data = data;
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
    for (const part of this.parts) this.painter.mark(part);
  }

  async #fetchShipped() {
    try {
      const answer = await fetch(`${this.data.base}${this.data.shipped}`);
      if (!answer.ok || this.isClosed) return;
      const shipped = new RunHistory();
      shipped.apply(decode(await answer.arrayBuffer()));
      this.shipped = shipped;
      this.#choose();
    } catch (error) {
      console.warn("The shipped run could not be shown:", error);
    }
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

  /** The run's own history as soon as it is a picture, until then the shipped one. */
  #choose() {
    const own = this.feed.history;
    const { state } = own.status;
    const isPicture = own.points.length >= POINTS_TO_SWITCH || ["paused", "diverged", "failed", "finished"].includes(state) || own.ghosts.length > 0;
    const shown = !this.shipped || (own.run && isPicture) || (own.run && this.wasOwn) ? own : this.shipped;
    this.wasOwn = shown === own && own.run !== null;
    this.badge.hidden = shown === own;
    setText(this.badge, state === "waiting" ? "a run that ships with Glassbox — yours waits for a free place"
      : "a run that ships with Glassbox — yours starts in a moment");
    this.element.dataset.shown = shown === own ? "run" : "shipped";
    this.element.dataset.step = String(own.step);
    for (const part of [this.controls, this.curve, this.samples, this.strip]) part.show(shown);
  }

  unmount() {
    this.isClosed = true;
    this.observer.disconnect();
    this.stop();
    this.painter.stop();
    for (const part of this.parts) part.close();
    this.feed.release();
  }
}
