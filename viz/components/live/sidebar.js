/** The run in the sidebar of every page: its name, state, step and loss, a small curve, and pause or start. */

import { adoptStyles, disable, make, setText } from "../base/dom.js";
import { count, significant } from "../base/numbers.js";
import { isDark, Painter, Surface, Theme } from "../base/paint.js";
import { Scale } from "../base/scale.js";
import { openFeed } from "./feed.js";
import { extremes, Smoother, throughPixels } from "./series.js";

/** @param {ShadowRoot} root @param {{run: string, base: string}} data @param {(name: string, value: any) => void} trigger tells Python */
export async function mount(root, data, trigger) {
  await adoptStyles(root, "../theme.css", "../base/base.css", "../live/live.css");
  return new SidebarView(root, data, trigger);
}

class SidebarView {
  constructor(root, data, trigger) {
    this.painter = new Painter();
    this.feed = openFeed(data.base, data.run);
    this.smoother = new Smoother();
    this.dot = make("i.dot");
    this.name = make("strong");
    this.words = make("span.unit");
    this.error = make("span.error", { role: "status" });
    this.toggle = make("button", { text: "▶ Start", onclick: () => this.#toggle() });
    const box = make("div.spark", { "aria-hidden": "true" });
    this.element = make("div.gb.side", {}, make("div.row", {}, this.dot, this.name, this.toggle), this.words, box, this.error);
    root.replaceChildren(this.element);
    this.retheme();
    this.surface = new Surface(box, () => this.painter.mark(this));
    this.stop = this.feed.listen(() => this.painter.mark(this));
    this.gone = () => trigger("gone", true);
    this.painter.mark(this);
  }

  update() {
    this.retheme();
    this.painter.mark(this);
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  get isTraining() {
    return ["training", "starting", "waiting"].includes(this.feed.history.status.state);
  }

  async #toggle() {
    try {
      await this.feed.command(this.isTraining ? "pause" : "start");
      setText(this.error, "");
    } catch (refusal) {
      setText(this.error, refusal.message);
    }
  }

  draw() {
    const { feed } = this;
    const { history } = feed;
    const { state } = history.status;
    this.dot.className = `dot ${feed.link === "open" ? state : "lost"}`;
    setText(this.name, history.run?.name ?? "…");
    const loss = history.step ? ` · ${significant(history.recentLoss())}` : "";
    if (feed.isGone) return this.#leave();
    setText(this.words, feed.link === "lost" ? "reconnecting…" : `${state} · step ${count(history.step)}${loss}`);
    setText(this.toggle, this.isTraining ? "❚❚ Pause" : "▶ Start");
    const barred = feed.link !== "open" ? "Reconnecting…" : !feed.owner ? "You are watching." : "";
    disable(this.toggle, barred || (state === "finished" ? "All steps are done." : ""));
    this.#spark(history);
  }

  /** The run was deleted, perhaps in another tab: the page is made anew without it. */
  #leave() {
    setText(this.words, this.feed.history.status.sentence || this.feed.reason);
    this.toggle.hidden = true;
    this.gone();
    this.gone = () => {};
  }

  #spark({ losses, rewinds }) {
    const { width, height } = this.surface;
    const context = this.surface.begin();
    if (losses.length < 2) return;
    const values = this.smoother.update(losses, 21, rewinds);
    const [low, high] = extremes(values, 0, losses.length);
    const x = new Scale(1, losses.length, 1, width - 1);
    const y = new Scale(low, Math.max(high, low + 1e-6), height - 2, 2);
    context.strokeStyle = this.colors.color("train");
    context.lineWidth = 1.5;
    context.beginPath();
    throughPixels(values, losses.length, x, (step, value) => Number.isFinite(value) && context.lineTo(x.pixel(step), y.pixel(value)));
    context.stroke();
  }

  unmount() {
    this.stop();
    this.painter.stop();
    this.surface.close();
    this.feed.release();
  }
}
