/** The loss curve and a smaller plot under it, over the same steps: what they show, their tools and their words. */

import { make, setText } from "../base/dom.js";
import { count, setting, short, significant } from "../base/numbers.js";
import { saveCsv, saveMenu, saveSvg } from "../base/saving.js";
import { calmLimits, calmSteps } from "../base/scale.js";
import { attachPointer } from "./pointer.js";
import { Plot } from "./plot.js";
import { extremes, Smoother, tableOf } from "./series.js";
import { ChartView } from "./view.js";

const SPANS = [1, 5, 11, 21, 51, 101, 201, 501];
const DEFAULT_SPAN = 21;
const SECONDS_BETWEEN_SUMMARIES = 3;
/** The smaller plot's choices: lines of point columns, and whether their size spans decades. */
const SMALL = {
  "learning rate": { lines: [{ column: "learning_rate", color: "update" }] },
  "gradient norm": { lines: [{ column: "grad_norm", color: "gradient" }], isLog: true },
  "update / weight": { lines: [{ column: "update_ratio", color: "update" }], isLog: true },
  accuracy: {
    lines: [{ column: "train_accuracy", color: "train" }, { column: "val_accuracy", color: "validation", dash: [6, 4], dots: true }],
    limits: [0, 1], missing: "Only tasks have an accuracy: in a text more than one token may come next.",
  },
  "tokens / s": { lines: [{ column: "tokens_per_second", color: "residual" }], fromZero: true },
};

export class Curve {
  /** @param {HTMLElement} parent @param {{painter: Painter, theme: () => Theme, viewChanged: () => void}} needs */
  constructor(parent, { painter, theme, viewChanged }) {
    Object.assign(this, { painter, theme });
    this.history = null;
    this.smoother = new Smoother();
    this.small = "learning rate";
    this.summarised = 0;
    this.view = new ChartView(() => {
      painter.mark(this);
      viewChanged();
    });
    this.#build(parent);
  }

  show(history) {
    this.history = history;
    this.painter.mark(this);
  }

  #build(parent) {
    const changed = () => this.painter.mark(this);
    const needs = { view: this.view, theme: this.theme, changed };
    this.readout = this.#readout();
    parent.append(make("div.bar", {}, make("h3", { text: "loss" }), make("span.unit", { text: "nats" }), this.#tools()), this.readout);
    this.main = new Plot(parent, { ...needs, content: () => this.#loss() });
    this.tabs = make("div.tabs", { role: "tablist", "aria-label": "second plot" });
    parent.append(make("div.bar", {}, this.tabs, this.whole));
    this.lower = new Plot(parent, { ...needs, content: () => this.#smallContent() });
    this.lower.element.classList.add("small");
    for (const name of Object.keys(SMALL)) {
      this.tabs.append(make("button", { role: "tab", text: name, "aria-selected": name === this.small, onclick: () => this.#choose(name) }));
    }
    this.events = make("ol.unseen", { "aria-label": "what happened" });
    parent.append(this.events);
    const newest = () => this.history?.step ?? 0;
    const moved = () => this.readout.setAttribute("aria-live", "polite");
    for (const plot of [this.main, this.lower]) {
      attachPointer(plot, { newest, zoomsValues: plot === this.main, moved });
      plot.element.addEventListener("pointermove", () => this.readout.setAttribute("aria-live", "off"));
    }
  }

  /** Legend and values at the crosshair (or the newest) in one line. */
  #readout() {
    const entry = (key) => {
      const text = make("span");
      return { text, element: make("span.entry", {}, ...(key ? [make(`i.key.${key}`)] : []), text) };
    };
    this.read = { step: entry(), thin: entry("thin"), train: entry("train"), validation: entry("validation"), rate: entry(), speed: entry(), small: entry() };
    return make("div.readout", { role: "status", "aria-live": "off" }, ...Object.values(this.read).flatMap(({ element }) => [element, " "]));
  }

  #tools() {
    const toggle = (name, text, title) => {
      const button = make("button.tool", { text, title, "aria-pressed": "false", onclick: () => {
        this.view.set({ [name]: !this.view[name], ...(name === "isLogX" ? { steps: null } : { values: null }) });
        button.setAttribute("aria-pressed", String(this.view[name]));
      } });
      return button;
    };
    const slider = make("input", { type: "range", min: 0, max: SPANS.length - 1, value: SPANS.indexOf(DEFAULT_SPAN), "aria-label": "smoothing", oninput: () => {
      this.view.set({ span: SPANS[slider.value] });
      describe();
    } });
    const words = make("span.unit");
    const describe = () => {
      const text = this.view.span === 1 ? "no smoothing" : `mean of ${this.view.span} steps`;
      setText(words, text);
      slider.setAttribute("aria-valuetext", text);
    };
    describe();
    this.whole = make("button.tool.whole", { text: "⤢ whole run", title: "Show the whole run (0, or double-click)", onclick: () => this.view.reset() });
    const name = () => this.history.run.name;
    this.menu = saveMenu("loss", {
      PNG: () => this.main.png(`${name()}-loss`),
      SVG: () => saveSvg(this.svg(), `${name()}-loss`),
      CSV: () => saveCsv(tableOf(this.history), name()),
    });
    this.menu.hidden = true;     // until there is something to take away
    return make("span.tools", {},
      make("label.smoothing", {}, slider, words),
      toggle("isLogX", "log x", "Steps on a logarithmic axis"), toggle("isLogY", "log y", "Loss on a logarithmic axis"),
      this.menu);
  }

  #choose(name) {
    this.small = name;
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.textContent === name));
    this.painter.mark(this);
  }

  draw() {
    if (!this.history?.run) return;
    const { history, view } = this;
    const longest = Math.max(history.step, ...history.ghosts.map(({ losses }) => losses.length));
    view.limits = [view.isLogX ? 1 : 0, calmSteps(longest, history.nSteps)];
    this.smooth = this.smoother.update(history.losses, view.span, history.rewinds);
    this.menu.hidden = !history.step;
    this.whole.style.visibility = view.isZoomed ? "visible" : "hidden";
    this.main.draw();
    this.lower.draw();
    this.#tell();
    this.#list();
    this.#summarise();
  }

  /** What the marks say, for whoever does not see them. */
  #list() {
    if (this.events.shown === this.history.events) return;
    this.events.shown = this.history.events;
    this.events.replaceChildren(...this.history.events.map(({ step, text }) => make("li", { text: `step ${count(step)}: ${text}` })));
  }

  #color(name) {
    return this.theme().color(name);
  }

  #loss() {
    const { history, view } = this;
    const { losses } = history;
    const level = { value: history.run.ln_guess, label: `guessing among ${count(history.run.guess_count)} = ${significant(history.run.ln_guess, 4)} nats` };
    const newest = history.ghosts.at(-1)?.losses;
    const dense = (data, length, color, width) => ({ data, length, color: this.#color(color), width });
    const series = [
      ...history.ghosts.map(({ losses: old, label }) => ({ ...dense(old, old.length, "ghost", 1), dash: [1, 2], label: old === newest && label })),
      ...(view.span > 1 ? [dense(losses.data, losses.length, "train-thin", 1)] : []),
      dense(this.smooth, losses.length, "train", 2),
      this.#sparse({ column: "val_loss", color: "validation", dash: [6, 4], dots: true, width: 2 }),
    ];
    return { series, level, limits: this.#lossLimits(), isLog: view.isLogY, marks: this.#marks(), cursor: this.#cursorLosses() };
  }

  /** Wide enough from the start for an ordinary run, so that the axis rarely changes; one wild step does not stretch it. */
  #lossLimits() {
    const { history, view } = this;
    if (view.values) return view.values;
    const { ln_guess: guess } = history.run;
    const [first, last] = view.range;
    let [low, high] = extremes(history.losses.data, Math.floor(first) - 1, Math.min(history.step, Math.ceil(last)), view.isLogY);
    const now = this.smooth[Math.min(history.step, Math.ceil(last)) - 1];
    if (!(now > 2.5 * guess)) high = Math.min(high, Math.max(2.5 * guess, this.smooth[0] ?? 0));
    if (!view.steps) [low, high] = [Math.min(low, 0.6 * guess), Math.max(high, 1.02 * guess)];
    return calmLimits(low, high, view.isLogY);
  }

  #marks() {
    const value = (step) => this.smooth[Math.min(Math.max(step, 1), this.history.step) - 1];
    return this.history.events.map(({ step, kind, text }) => ({ step, kind, text: kind === "diverged" ? kind : text, value: value(step) }));
  }

  #sparse({ column, color, ...rest }) {
    const { history } = this;
    return { n: history.points.length, x: (i) => history.at(i, "step"), y: (i) => history.at(i, column), color: this.#color(color), ...rest };
  }

  #smallContent() {
    const { history, view } = this;
    const { lines, isLog = false, fromZero, limits, missing } = SMALL[this.small];
    let [low, high] = [Infinity, -Infinity];
    const [first, end] = [history.pointsUntil(view.range[0] - 1), history.pointsUntil(view.range[1])];
    for (const { column } of lines) {
      for (let i = first; i < end; i++) {
        const value = history.at(i, column);
        if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
        [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
    }
    const row = this.#row();
    return {
      limits: limits ?? calmLimits(fromZero || this.small === "learning rate" ? Math.min(0, low) : low, high, isLog),
      isLog,
      missing: low > high && history.points.length > 1 ? missing : "",
      series: lines.map((each) => this.#sparse({ width: 1.5, ...each })),
      cursor: row < 0 ? [] : lines.map(({ column, color }) => ({ value: history.lastOf(column, row), color: this.#color(color) })),
    };
  }

  /** The point at or before the crosshair, or the newest. */
  #row() {
    const step = this.view.cursor ?? this.history.step;
    return Math.max(this.history.pointsUntil(step) - 1, this.history.points.length ? 0 : -1);
  }

  #cursorLosses() {
    const step = this.view.cursor;
    if (step === null || step > this.history.step) return [];
    return [
      { value: this.smooth[step - 1], color: this.#color("train") },
      { value: this.history.lastOf("val_loss", this.#row()), color: this.#color("validation") },
    ];
  }

  #tell() {
    const { history, view, read } = this;
    const step = Math.min(view.cursor ?? history.step, history.step);
    const row = this.#row();
    const last = (column) => history.lastOf(column, row);
    setText(read.step.text, `step ${count(step)}`);
    setText(read.thin.text, `train ${significant(step ? history.losses.data[step - 1] : NaN)}`);
    setText(read.train.text, `mean ${significant(step ? this.smooth[step - 1] : NaN)}`);
    setText(read.validation.text, `validation ${significant(last("val_loss"))}`);
    setText(read.rate.text, `lr ${setting(last("learning_rate"))}`);
    setText(read.speed.text, `${short(last("tokens_per_second"))} tok/s`);
    const extra = view.cursor === null ? [] : SMALL[this.small].lines.map(({ column }) => column)
      .filter((column) => !["learning_rate", "tokens_per_second"].includes(column));
    setText(read.small.text, extra.map((column) => `${column.replaceAll("_", " ")} ${significant(last(column))}`).join(" · "));
  }

  /** The chart in words, for whoever does not see it; now and then, not at every tick. */
  #summarise() {
    const now = performance.now();
    if (now - this.summarised < SECONDS_BETWEEN_SUMMARIES * 1000 && this.summarised) return;
    this.summarised = now;
    this.main.element.setAttribute("aria-label", `${this.#words()} Arrow keys move the crosshair, plus and minus zoom, 0 shows the whole run.`);
    const { history } = this;
    const newest = SMALL[this.small].lines.map(({ column }) => `${column.replaceAll("_", " ")} ${significant(history.lastOf(column))}`);
    this.lower.element.setAttribute("aria-label", `${this.small} over the same steps; at step ${count(history.step)}: ${newest.join(", ")}.`);
  }

  #words() {
    const { history } = this;
    return history.step
      ? `Loss curve. After ${count(history.step)} of ${count(history.nSteps)} steps the training loss is ${significant(history.recentLoss())} nats, `
        + `validation ${significant(history.lastOf("val_loss"))}; it began at ${significant(history.losses.data[0])}, `
        + `guessing gives ${significant(history.run.ln_guess)}.`
      : "Loss curve, empty so far.";
  }

  /** The loss curve as an SVG file's text, with what came since the last frame. */
  svg() {
    this.draw();
    return this.main.svg(this.#words());
  }

  close() {
    this.main.close();
    this.lower.close();
  }
}
