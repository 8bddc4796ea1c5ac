/** The logit lens: what each layer would have said at each position. Rows run up through the layers, as the model does. */

import { make } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { RangeBar } from "../base/heat.js";
import { fitted } from "../base/label.js";
import { count, significant } from "../base/numbers.js";
import { shade } from "../base/shade.js";

const LABEL = 104, HEAD = 26, FOOT = 42, ROW = 34;
const NARROWEST = 40;
const N_TIP = 5;
const KINDS = { likeliest: "likeliest token", rank: "rank of what really follows", probability: "probability of what really follows" };

export class Lens {
  kind = "likeliest";
  back = 0;                    // positions that the view stands before the text's end

  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "Logit lens: what each layer would have said", caption: "", file: "logit-lens", height: HEAD + FOOT + 3 * ROW, painter: needs.painter, theme: needs.theme,
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#alt(), csv: () => this.#csv(), point: (x, y) => this.#point(x, y),
      missing: () => (this.seen ? "" : "The model is asked…"),
    });
    this.range = new RangeBar();
    this.earlier = make("button", { type: "button", text: "‹", "aria-label": "earlier positions", onclick: () => this.#shift(1) });
    this.later = make("button", { type: "button", text: "›", "aria-label": "later positions", onclick: () => this.#shift(-1) });
    this.kinds = make("select", { "aria-label": "what the cells show", onchange: () => { this.kind = this.kinds.value; this.figure.mark(); } },
      ...Object.entries(KINDS).map(([value, text]) => make("option", { value, text })));
    this.figure.tools.append(this.earlier, this.later, this.kinds, this.range.element);
    this.range.show(0, 1, "probability");
  }

  get element() {
    return this.figure.element;
  }

  /** @param {{header: object, arrays: object}} answer of the look next_token with its lens */
  take({ header, arrays }) {
    const [n, length, k] = arrays.likeliest.shape;
    const values = Object.fromEntries(["likeliest", "likeliest_probability", "true_rank", "true_probability"].map((name) => [name, arrays[name].data]));
    this.seen = { step: header.at, window: header.window, remark: header.remark, n, length, k, ...values };
    this.back = Math.min(this.back, Math.max(0, length - 1));
    this.mark();
  }

  mark() {
    if (!this.seen) return;
    const { step, n, remark } = this.seen;
    this.figure.say(this.figure.title,
      "Each cell: the residual stream at that layer, read by the model's own last norm and unembedding; the top row is what the model really says. "
        + `Model at step ${count(step)}.${remark ? ` ${remark}` : ""}`);
    const height = `${HEAD + FOOT + n * ROW}px`;
    if (this.figure.box.style.height !== height) this.figure.box.style.height = height;
    this.figure.mark();
  }

  #shift(by) {
    this.back += by * Math.max(1, this.#fit(this.figure.surface.width) - 2);
    this.figure.mark();
  }

  #fit(width) {
    return Math.max(1, Math.floor((width - LABEL) / NARROWEST));
  }

  /** Which positions are shown: from the first, before the last. */
  #span(width) {
    const { length } = this.seen;
    this.back = Math.min(Math.max(0, this.back), Math.max(0, length - this.#fit(width)));
    const last = length - this.back;
    const first = Math.max(0, last - this.#fit(width));
    this.earlier.hidden = this.later.hidden = first === 0 && last === length;
    this.earlier.disabled = first === 0;
    this.later.disabled = last === length;
    return { first, last, wide: Math.min(84, (width - LABEL) / (last - first)) };
  }

  #paint(pen, width) {
    const theme = this.theme();
    const { n } = this.seen;
    const span = this.#span(width);
    pen.textBaseline = "middle";
    for (let stage = 0; stage < n; stage++) {
      const y = HEAD + (n - 1 - stage) * ROW;
      pen.font = theme.font(13);
      pen.textAlign = "left";
      pen.fillStyle = theme.color("text");
      pen.fillText(stage ? `after block ${stage - 1}` : "embedding", 0, y + ROW / 2);
      for (let t = span.first; t < span.last; t++) this.#cell(pen, theme, { stage, t, x: LABEL + (t - span.first) * span.wide, y, wide: span.wide });
    }
    this.#axes(pen, theme, span);
  }

  #cell(pen, theme, { stage, t, x, y, wide }) {
    const { length, k, likeliest, likeliest_probability: probs, true_rank: ranks, true_probability: trueProbs } = this.seen;
    const at = (stage * length + t) * k;
    const follows = t < length - 1;
    const true_ = stage * (length - 1) + t;
    const share = this.kind === "likeliest" ? probs[at] : follows ? trueProbs[true_] : NaN;
    const { fill, ink } = shade(theme, "probability", share);
    pen.fillStyle = fill;
    if (!Number.isNaN(share)) pen.fillRect(x + 1, y + 1, wide - 2, ROW - 2);
    const isRight = follows && ranks[true_] === 0;
    pen.strokeStyle = theme.color(isRight ? "good" : "line");
    pen.lineWidth = isRight ? 2 : 1;
    pen.strokeRect(x + 1.5, y + 1.5, wide - 3, ROW - 3);
    pen.font = theme.font(this.kind === "likeliest" ? 14 : 12, this.kind === "likeliest" ? "code-font" : "font");
    const text = this.kind === "likeliest" ? fitted(pen, this.vocabulary()[likeliest[at]], wide - 6)
      : !follows ? "–" : this.kind === "rank" ? `${ranks[true_] + 1}.` : significant(trueProbs[true_], 2);
    pen.textAlign = "center";
    pen.fillStyle = Number.isNaN(share) ? theme.color("muted") : ink;
    pen.fillText(text, x + wide / 2, y + ROW / 2);
  }

  #axes(pen, theme, { first, last, wide }) {
    const { window, n } = this.seen;
    const bottom = HEAD + n * ROW;
    pen.font = theme.font(12);
    pen.fillStyle = theme.color("muted");
    pen.textAlign = "left";
    pen.fillText("really follows", 0, HEAD / 2);
    pen.fillText("token read", 0, bottom + 13);
    pen.fillText("position", 0, bottom + 31);
    for (let t = first; t < last; t++) {
      const x = LABEL + (t - first + 0.5) * wide;
      pen.textAlign = "center";
      pen.font = theme.font(14, "code-font");
      pen.fillStyle = theme.color("text");
      pen.fillText(t + 1 < window.length ? fitted(pen, this.vocabulary()[window[t + 1]], wide - 4) : "?", x, HEAD / 2);
      pen.fillText(fitted(pen, this.vocabulary()[window[t]], wide - 4), x, bottom + 13);
      pen.font = theme.font(11);
      pen.fillStyle = theme.color("muted");
      pen.fillText(String(t), x, bottom + 31);
    }
  }

  #point(x, y) {
    const { n, length, k, likeliest, likeliest_probability: probs, true_rank: ranks, true_probability: trueProbs, window } = this.seen;
    const { first, last, wide } = this.#span(this.figure.surface.width);
    const t = first + Math.floor((x - LABEL) / wide);
    const stage = n - 1 - Math.floor((y - HEAD) / ROW);
    if (x < LABEL || t >= last || stage < 0 || stage >= n) return null;
    const at = (stage * length + t) * k;
    const words = (id) => `“${this.vocabulary()[id]}”`;
    const lines = [`${stage ? `after block ${stage - 1}` : "embedding"}, position ${t}: reads ${words(window[t])}`];
    for (let i = 0; i < Math.min(k, N_TIP); i++) lines.push(`${i + 1}. ${words(likeliest[at + i])}  ${significant(probs[at + i], 4)}`);
    const true_ = stage * (length - 1) + t;
    if (t < length - 1) lines.push(`really follows ${words(window[t + 1])}: rank ${ranks[true_] + 1}, probability ${significant(trueProbs[true_], 4)}`);
    return { x, y, lines };
  }

  #alt() {
    const { n, length, step, likeliest, likeliest_probability: probs, k } = this.seen;
    const last = Array.from({ length: n }, (_, stage) => {
      const at = (stage * length + length - 1) * k;
      return `${stage ? `after block ${stage - 1}` : "embedding"} “${this.vocabulary()[likeliest[at]]}” ${significant(probs[at])}`;
    });
    return `Logit lens, ${n} layers by ${length} positions, model at step ${step}. At the last position: ${last.join(", ")}.`;
  }

  #csv() {
    const rows = [];
    const { n, length, k, likeliest, likeliest_probability: probs, true_rank: ranks, true_probability: trueProbs, window } = this.seen;
    for (let stage = 0; stage < n; stage++) {
      for (let t = 0; t < length; t++) {
        const [at, true_] = [(stage * length + t) * k, stage * (length - 1) + t];
        const truth = t < length - 1 ? [window[t + 1], ranks[true_] + 1, trueProbs[true_]] : ["", "", ""];
        rows.push([stage, t, window[t], likeliest[at], this.vocabulary()[likeliest[at]], probs[at], ...truth]);
      }
    }
    return [["blocks_passed", "position", "token", "likeliest", "likeliest_text", "probability", "true_token", "true_rank", "true_probability"], ...rows];
  }

  close() {
    this.figure.close();
  }
}
