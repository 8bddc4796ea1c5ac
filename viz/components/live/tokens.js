/** How surprised the model was by each token of one held-out text: a bar of −ln p over every token. */

import { drawLevels, line } from "../base/axes.js";
import { make, setText } from "../base/dom.js";
import { Figure } from "../base/figure.js";
import { fitted, labelRoom } from "../base/label.js";
import { count, significant } from "../base/numbers.js";
import { Scale } from "../base/scale.js";

const FOOT = 40;               // pixels for the two rows of tokens
const [LEFT, RIGHT, TOP] = [50, 14, 8];
const NARROWEST = 7;           // pixels of a bar that still has its tokens below it
const N_TOLD = 3;              // of the most surprising tokens
const PALE = 0.15;             // opacity of what does not count

export class Tokens {
  #under = -1;

  constructor(parent, { feed, painter, theme }) {
    Object.assign(this, { feed, painter, theme });
    this.value = make("span.unit.value");
    this.figure = new Figure(parent, {
      title: "loss token by token", caption: "−ln p of the token that really came next, on one held-out text", file: "loss-by-token",
      height: null, painter, theme, paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#alt(), csv: () => this.#csv(),
      point: (x, y) => this.#point(x, y), missing: () => (this.#seen ? "" : "Comes with the first steps of your run."),
    });
    this.figure.element.append(this.value);
    this.figure.box.addEventListener("pointerleave", () => this.#light(-1));
  }

  /** On or off screen. */
  watch(isSeen) {
    this.feed.want("tokens", isSeen ? { probe: true } : null);
  }

  /** The newest answer about the text: its tokens, what came next, and how likely the model thought it. */
  get #seen() {
    const { probe, run } = this.feed.history;
    if (!probe || !run) return null;
    const { token_loss: losses, token_probability: chances } = probe.arrays;
    return { ...probe.header, losses: losses.data, chances: chances.data, guess: run.ln_guess };
  }

  #light(i) {
    if (i === this.#under) return;
    this.#under = i;
    this.figure.mark();
  }

  draw() {
    const seen = this.#seen;
    setText(this.value, seen ? `mean of this text ${significant(meanLoss(seen))} nats at step ${count(seen.step)}; dotted: guessing${pale(seen)}` : "");
    this.figure.draw();
  }

  #paint(pen, width, height) {
    const { labels, targets, losses, weights, guess } = this.#seen;
    const theme = this.theme();
    const most = Math.max(4, Math.ceil(1.3 * guess));
    const y = new Scale(0, most, height - FOOT, TOP);
    const wide = (this.wide = (width - LEFT - RIGHT) / losses.length);
    this.#axis(pen, theme, y, width, guess);
    pen.font = theme.font(labelRoom(targets) ? 10 : 12, "code-font");
    pen.textAlign = "center";
    losses.forEach((loss, i) => {
      const tall = Math.max(1, y.start - y.pixel(Math.min(loss, most)));
      pen.fillStyle = theme.color(i === this.#under ? "validation" : "train");
      pen.globalAlpha = weights[i] ? 1 : PALE;
      pen.fillRect(LEFT + (i + 0.12) * wide, y.start - tall, Math.max(1, wide * 0.76), tall);
      pen.globalAlpha = 1;
      if (wide < NARROWEST) return;
      pen.textBaseline = "top";
      pen.fillStyle = theme.color("text");
      pen.fillText(fitted(pen, targets[i], wide), LEFT + (i + 0.5) * wide, y.start + 4);
      pen.fillStyle = theme.color("muted");
      pen.fillText(fitted(pen, labels[i], wide), LEFT + (i + 0.5) * wide, y.start + 21);
    });
  }

  #axis(pen, theme, y, width, guess) {
    drawLevels(pen, y, theme, { from: LEFT, to: width - RIGHT, name: "−ln p (nats)", ticks: [0, y.high / 2, y.high] });
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.fillText("next", LEFT - 7, y.start + 11);
    pen.fillText("after", LEFT - 7, y.start + 28);
    pen.strokeStyle = theme.color("guess");
    pen.setLineDash([2, 4]);
    const at = Math.round(y.pixel(guess)) + 0.5;
    line(pen, LEFT, at, width - RIGHT, at);
    pen.setLineDash([]);
  }

  #point(x, y) {
    const { labels, targets, losses, chances, weights } = this.#seen;
    const i = Math.floor((x - LEFT) / this.wide);
    const isInside = i >= 0 && i < losses.length;
    this.#light(isInside ? i : -1);
    if (!isInside) return null;
    const lines = [`after “${labels[i]}” came “${targets[i]}”`, `probability ${significant(chances[i])}`, `loss ${significant(losses[i])} nats`];
    return { x, y, lines: [...lines, ...(weights[i] ? [] : ["does not count in this task"])] };
  }

  #alt() {
    const { labels, targets, losses, weights, step, guess } = this.#seen;
    const worst = Array.from(losses, (loss, i) => [loss, i]).filter(([, i]) => weights[i]).sort((a, b) => b[0] - a[0]).slice(0, N_TOLD)
      .map(([loss, i]) => `“${targets[i]}” after “${labels[i]}” ${significant(loss)}`);
    return `Loss of each of ${losses.length} tokens at step ${count(step)}: mean ${significant(meanLoss(this.#seen))} nats, guessing gives ${significant(guess)}${pale(this.#seen)}. The largest: ${worst.join(", ")}.`;
  }

  #csv() {
    const { labels, targets, losses, chances, weights, step } = this.#seen;
    return [["step", "position", "token", "next", "probability", "loss_nats", "weight"],
      ...labels.slice(0, losses.length).map((label, i) => [step, i, label, targets[i], chances[i], losses[i], weights[i]])];
  }

  close() {
    this.watch(false);
    this.figure.close();
  }
}

/** The loss as the run counts it: the mean over the targets that do count. */
export function meanLoss({ losses, weights }) {
  return losses.reduce((sum, loss, i) => sum + (weights[i] ? weights[i] * loss : 0), 0) / weights.reduce((sum, weight) => sum + weight, 0);
}

function pale({ weights }) {
  return weights.every(Boolean) ? "" : "; pale: not counted";
}
