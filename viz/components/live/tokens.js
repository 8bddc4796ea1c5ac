/** How surprised the model was by each token of one held-out text: a bar of −ln p over every token. */

import { make, setText } from "../base/dom.js";
import { fitted, labelRoom } from "../base/label.js";
import { significant } from "../base/numbers.js";
import { placeOn, Surface } from "../base/paint.js";

const LABELS = 40;             // pixels for the two rows of tokens
const LEFT = 50;
const RIGHT = 14;

export class Tokens {
  constructor(parent, { feed, painter, theme }) {
    Object.assign(this, { feed, painter, theme });
    this.hover = null;
    this.value = make("span.unit.value");
    this.box = make("div.canvas", { role: "img" });
    parent.append(make("div.bar", {}, make("h3", { text: "loss token by token" }), make("span.unit", { text: "−ln p of the token that really came next, on one held-out text" })), this.box, this.value);
    this.surface = new Surface(this.box, () => painter.mark(this));
    this.box.addEventListener("pointermove", (event) => this.#point(placeOn(this.box, event)[0]));
    this.box.addEventListener("pointerleave", () => this.#point(null));
  }

  /** On or off screen. */
  watch(isSeen) {
    this.feed.want("tokens", isSeen ? { probe: true } : null);
  }

  #point(x) {
    this.hover = x;
    this.painter.mark(this);
  }

  draw() {
    const { probe, run } = this.feed.history;
    const { surface } = this;
    if (!surface.width) return;
    const context = surface.begin();
    if (!probe || !run) {
      setText(this.value, "Comes with the first steps of your run.");
      return;
    }
    const { labels, targets } = probe.header;
    const losses = probe.arrays.token_loss.data;
    const floor = surface.height - LABELS;
    const top = Math.max(4, Math.ceil(1.3 * run.ln_guess));
    const wide = (surface.width - LEFT - RIGHT) / losses.length;
    const under = this.hover === null ? -1 : Math.floor((this.hover - LEFT) / wide);
    this.#axis(context, floor, top, run.ln_guess);
    context.font = this.theme().font(labelRoom(targets) ? 10 : 12, "code-font");
    context.textAlign = "center";
    losses.forEach((loss, i) => {
      const height = Math.min(1, loss / top) * (floor - 8);
      context.fillStyle = this.theme().color(i === under ? "validation" : "train");
      context.fillRect(LEFT + i * wide + wide * 0.12, floor - height, Math.max(1, wide * 0.76), Math.max(height, 1));
      if (wide < 7) return;
      context.textBaseline = "top";
      context.fillStyle = this.theme().color("text");
      context.fillText(fitted(context, targets[i], wide), LEFT + (i + 0.5) * wide, floor + 4);
      context.fillStyle = this.theme().color("muted");
      context.fillText(fitted(context, labels[i], wide), LEFT + (i + 0.5) * wide, floor + 21);
    });
    this.#say(probe, under);
  }

  #axis(context, floor, top, guess) {
    const theme = this.theme();
    const { width } = this.surface;
    context.font = theme.font(12);
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = theme.color("muted");
    context.strokeStyle = theme.color("line");
    for (const tick of [0, top / 2, top]) {
      const at = Math.round(floor - (tick / top) * (floor - 8)) + 0.5;
      context.fillText(String(tick), LEFT - 7, at);
      context.beginPath();
      context.moveTo(LEFT, at);
      context.lineTo(width - RIGHT, at);
      context.stroke();
    }
    context.fillText("next", LEFT - 7, floor + 11);
    context.fillText("after", LEFT - 7, floor + 28);
    context.strokeStyle = theme.color("guess");
    context.setLineDash([2, 4]);
    const at = Math.round(floor - (guess / top) * (floor - 8)) + 0.5;
    context.beginPath();
    context.moveTo(LEFT, at);
    context.lineTo(width - RIGHT, at);
    context.stroke();
    context.setLineDash([]);
  }

  #say({ header, arrays }, under) {
    const { token_loss: loss, token_probability: chance } = arrays;
    const mean = loss.data.reduce((sum, value) => sum + value, 0) / loss.data.length;
    setText(this.value, under >= 0 && under < loss.data.length
      ? `after “${header.labels[under]}” came “${header.targets[under]}”: probability ${significant(chance.data[under])}, loss ${significant(loss.data[under])} nats`
      : `mean of this text ${significant(mean)} nats at step ${header.step}; the dotted line is guessing`);
    this.box.setAttribute("aria-label", `Loss of each of ${loss.data.length} tokens; mean ${significant(mean)} nats.`);
  }

  close() {
    this.watch(false);
    this.surface.close();
  }
}
