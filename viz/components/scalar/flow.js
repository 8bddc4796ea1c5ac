/** Gradient flow: how large values are on their way up the layers, and gradients on their way down; now, and in a fresh model. */

import { Asking, Latest } from "../base/ask.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { calmLimits, Scale } from "../base/scale.js";
import { drawAxes, drawCurve, GUTTER } from "../base/axes.js";
import { flowVerdict, RULE } from "./flow_words.js";
import { Query } from "./query.js";

const SHEETS = ["../theme.css", "../base/base.css", "../scalar/scalar.css"];
const PAUSE = 150;             // milliseconds after the last change before the fresh model is made
const PROFILES = [
  {
    what: "size", title: "Forward: how large the values are", y: "root mean square", file: "flow-forward",
    caption: "The residual stream from the embedding to the logits. Small dots: what each part adds to it.",
  },
  {
    what: "gradient", title: "Backward: how large the gradients are", y: "norm of ∂ loss", file: "flow-backward",
    caption: "How much the loss depends on the values at each place. Read it from right to left.",
  },
];

/** @param {ShadowRoot} root @param {{run: string, base: string, tokens: number[]|null, problem: string, remark: string, choices: Object<string, string[]>}} data */
export async function mount(root, data) {
  await adoptStyles(root, ...SHEETS);
  return new FlowView(root, data);
}

class FlowView {
  constructor(root, data) {
    Object.assign(this, { data, painter: new Painter(), query: new Query(), fresh: null, own: null });
    this.#build(root);
    this.asking = new Asking(data, "gradient_flow", {
      question: () => (this.data.problem ? null : this.#question()),
      take: (answer) => this.#take(answer),
      failed: (sentence) => setText(this.words, this.data.problem || sentence),
    });
    this.asker = new Latest(data, "gradient_flow", { question: () => ({ ...this.#question(), fresh: this.#changes() }),
      take: ({ header }) => this.#takeFresh(header), failed: (sentence) => setText(this.words, sentence) });
    this.#askFresh();
    this.asking.toggle(true);
  }

  #build(root) {
    this.words = make("p.trouble-line", { role: "alert" });
    this.hold = make("button", { text: "❚❚ Hold", onclick: () => this.#toggle() });
    this.legend = make("span.unit");
    this.remark = make("p.counted", { role: "status" });
    this.verdicts = { own: make("p.verdict"), fresh: make("p.verdict.fresh") };
    this.settings = make("div.fresh-settings");
    const both = make("div.profiles");
    this.element = make("div.gb.scalar", {}, make("div.examples", {}, this.hold, this.legend), this.remark, this.words, both,
      make("div.panel.verdicts", {}, this.verdicts.own, this.verdicts.fresh, make("p.unit", { text: RULE })),
      make("div.panel", {}, make("h3", { text: "A fresh model, before any training" }),
        make("p.unit", { text: "The run’s own settings and text, but for what you change here. Dashed in the pictures." }), this.settings));
    this.element.classList.toggle("present", Query.get("present") === "1");
    root.replaceChildren(this.element);
    this.retheme();
    this.#remark();
    this.figures = PROFILES.map((profile) => new Figure(both, { ...profile, height: 280, painter: this.painter, theme: () => this.colors, paint: (...place) => this.#paint(profile, ...place),
      alt: () => this.#alt(profile), csv: () => this.#csv(), point: (x, y) => this.#point(profile, x, y), missing: () => (this.own ? "" : "The run is asked…") }));
  }

  /** Made once the run's own settings are known. */
  #controls(config) {
    const wanted = new Map(Query.get("fresh").split(",").map((pair) => pair.split(":")).filter((pair) => pair.length === 2));
    const start = (name) => wanted.get(name) ?? String(config[name]);
    const changed = () => this.#askFresh();
    const select = (name, label, options) => make("select", { "aria-label": label, onchange: changed },
      ...options.map(([value, text]) => make("option", { value, text, selected: value === start(name) })));
    const slider = (name, { min, max, step, value }) => make("input", { type: "range", min, max, step, value, "aria-label": name, oninput: changed });
    this.fields = {
      has_residual: select("has_residual", "residual connections", [["true", "on"], ["false", "off"]]),
      norm: select("norm", "normalisation", this.data.choices.norm.map((each) => [each, each === "none" ? "off" : each])),
      activation: select("activation", "activation", this.data.choices.activation.map((each) => [each, each])),
      n_layers: slider("layers", { min: 1, max: 6, step: 1, value: Number(start("n_layers")) }),
      init_scale: slider("initial scale", { min: -3, max: 0.5, step: 0.1, value: Math.log10(Number(start("init_scale"))) }),
    };
    this.read = { n_layers: make("b"), init_scale: make("b") };
    const row = (name, text) => make("label.fresh-row", {}, make("span", { text }), this.fields[name], this.read[name] ?? "");
    this.settings.append(row("has_residual", "residual connections"), row("norm", "normalisation"), row("activation", "activation"), row("n_layers", "layers"), row("init_scale", "initial scale"),
      make("button", { text: "As the run’s", onclick: () => this.#reset(config) }));
  }

  #reset(config) {
    const { fields } = this;
    for (const name of ["norm", "activation"]) fields[name].value = config[name];
    fields.has_residual.value = String(config.has_residual);
    fields.n_layers.value = config.n_layers;
    fields.init_scale.value = Math.log10(config.init_scale);
    this.#askFresh();
  }

  #changes() {
    if (!this.fields) return {};
    const { has_residual: residual, norm, activation, n_layers: layers, init_scale: scale } = this.fields;
    return { has_residual: residual.value === "true", norm: norm.value, activation: activation.value, n_layers: Number(layers.value), init_scale: Number((10 ** Number(scale.value)).toPrecision(2)) };
  }

  takes(data) {
    return data.module === this.data.module && data.run === this.data.run;
  }

  update(data) {
    this.retheme();
    const isOther = JSON.stringify([data.tokens, data.problem]) !== JSON.stringify([this.data.tokens, this.data.problem]);
    this.data = data;
    this.query.set({});
    this.#remark();
    if (isOther) {
      this.#askFresh();
      this.asking.renew();
    }
    this.#mark();
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  /** What was cut from the text. */
  #remark() {
    setText(this.remark, this.data.remark);
    this.remark.hidden = !this.data.remark;
  }

  #toggle() {
    this.asking.toggle(!this.asking.isOn);
    setText(this.hold, this.asking.isOn ? "❚❚ Hold" : "▶ Follow");
  }

  #question() {
    return this.data.tokens ? { tokens: this.data.tokens } : {};
  }

  #take({ header }) {
    if (!this.fields) this.#controls(header.config);
    Object.assign(this, { own: header.own, step: header.step });
    if (!this.fresh) this.#askFresh();
    this.#say();
  }

  /** A slider that is dragged asks once it rests. */
  #askFresh() {
    if (!this.fields || this.data.problem) return;
    const changes = this.#changes();
    setText(this.read.n_layers, String(changes.n_layers));
    setText(this.read.init_scale, String(changes.init_scale));
    this.query.set({ fresh: Object.entries(changes).map((pair) => pair.join(":")).join(",") });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.asker.renew(), PAUSE);
  }

  #takeFresh({ fresh, own, step }) {
    Object.assign(this, { fresh, own, step });
    this.#say();
  }

  #say() {
    setText(this.legend, `solid: the run at step ${this.step}, loss ${significant(this.own.loss)} · dashed: the fresh model${this.fresh ? `, loss ${significant(this.fresh.loss)}` : ""}`);
    const both = (flow) => ["size", "gradient"].map((what) => flowVerdict(flow.places, what).sentence).join(" ");
    setText(this.verdicts.own, `The run now: ${both(this.own)}`);
    setText(this.verdicts.fresh, this.fresh ? `The fresh model: ${both(this.fresh)}` : "");
    this.#mark();
  }

  #mark() {
    for (const figure of this.figures) figure.mark();
  }

  #flows() {
    return [["own", this.own], ["fresh", this.fresh]].filter(([, flow]) => flow);
  }

  #scales({ what }, width, height) {
    const places = this.#flows().flatMap(([, flow]) => flow.places);
    const sizes = places.map((place) => place[what]).filter((size) => size > 0);
    const deep = Math.max(1, ...places.map(({ depth }) => depth));
    const limits = sizes.length ? calmLimits(Math.max(Math.min(...sizes), 1e-30), Math.max(...sizes), true) : [0.1, 10];
    return [new Scale(0, deep, GUTTER.left, width - GUTTER.right), new Scale(...limits, height - GUTTER.bottom, GUTTER.top, true)];
  }

  #paint(profile, pen, width, height) {
    const theme = this.colors;
    const [x, y] = this.#scales(profile, width, height);
    const ticks = Array.from({ length: Math.floor(x.high) + 1 }, (_, i) => i);
    drawAxes(pen, x, y, theme, { x: "blocks passed (0: the embedding; last: the logits)", y: profile.y, ticks, write: String });
    for (const [whose, flow] of this.#flows().toReversed()) {
      const isOwn = whose === "own";
      const color = theme.color(isOwn ? (profile.what === "size" ? "residual" : "gradient") : "update");
      const points = (isStream) => flow.places.filter((place) => place.is_stream === isStream).map((place) => [place.depth, place[profile.what]]);
      drawCurve(pen, x, y, points(true), { color, width: isOwn ? 2.5 : 2, dash: isOwn ? [] : [6, 4], dots: 3 });
      pen.globalAlpha = 0.6;
      drawCurve(pen, x, y, points(false), { color, width: 0, dots: 2 });
      pen.globalAlpha = 1;
    }
  }

  #point(profile, left, top) {
    const [x, y] = this.#scales(profile, this.figures[0].surface.width, this.figures[0].surface.height);
    const near = this.#flows().flatMap(([whose, flow]) => flow.places.filter((place) => place[profile.what] > 0)
      .map((place) => ({ whose, place, at: [x.pixel(place.depth), y.pixel(place[profile.what])] })));
    near.sort((a, b) => Math.hypot(a.at[0] - left, a.at[1] - top) - Math.hypot(b.at[0] - left, b.at[1] - top));
    if (!near.length || Math.hypot(near[0].at[0] - left, near[0].at[1] - top) > 30) return null;
    const { whose, place, at } = near[0];
    return { x: at[0], y: at[1], lines: [place.tap, `${whose === "own" ? "the run" : "the fresh model"}: ${significant(place[profile.what], 4)}`] };
  }

  #alt({ what }) {
    return this.#flows().map(([whose, flow]) => `${whose === "own" ? "The run" : "The fresh model"}: ${flowVerdict(flow.places, what).sentence}`).join(" ");
  }

  #csv() {
    const row = (whose, place) => [whose, place.tap, place.depth, place.size ?? "", place.gradient ?? ""];
    const rows = this.#flows().flatMap(([whose, flow]) => flow.places.map((place) => row(whose, place)));
    return [["model", "tap", "depth", "root mean square", "gradient norm"], ...rows];
  }

  unmount() {
    clearTimeout(this.timer);
    this.asker.close();
    this.asking.close();
    this.query.close();
    this.painter.stop();
    for (const figure of this.figures) figure.close();
  }
}
