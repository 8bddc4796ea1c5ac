/** How much of the table's variance lies along each principal component, and which of them the picture shows. */

import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";

const FOOT = 34;
const HEAD = 16;

export class Spread {
  shares = [];
  axes = [];
  /** @param {{painter: Painter, theme: () => Theme}} needs */
  constructor(place, needs) {
    Object.assign(this, needs);
    this.figure = new Figure(place, {
      title: "Explained variance", file: "explained-variance", height: 168, painter: needs.painter, theme: needs.theme,
      paint: (pen, width, height) => this.#paint(pen, width, height), alt: () => this.#alt(),
      csv: () => [["component", "share of variance"], ...Array.from(this.shares, (share, i) => [i + 1, share])],
      point: (x, y) => this.#tip(x, y),
    });
  }

  /** @param {Float32Array} shares of all components, 0 to 1 @param {number[]} axes those in the picture */
  show(shares, axes, inPicture) {
    Object.assign(this, { shares, axes });
    const none = "t-SNE and UMAP keep neighbours, not directions: no share of the differences lies along their axes";
    this.figure.say("Explained variance", shares.length ? `the picture shows ${percent(inPicture)} of how the rows differ; the rest lies along axes not shown` : none);
    this.figure.mark();
  }

  #paint(pen, width, height) {
    if (!this.shares.length) return;
    const theme = this.theme();
    const wide = width / this.shares.length;
    const most = Math.max(...this.shares, 1e-9);
    const floor = height - FOOT;
    this.wide = wide;
    pen.textAlign = "center";
    pen.font = theme.font(12);
    this.shares.forEach((share, i) => {
      const tall = (share / most) * (floor - HEAD);
      const isShown = this.axes.includes(i);
      pen.fillStyle = theme.color(isShown ? "residual" : "line");
      pen.fillRect(i * wide + wide * 0.14, floor - tall, wide * 0.72, Math.max(1, tall));
      pen.fillStyle = theme.color(isShown ? "text" : "muted");
      pen.textBaseline = "bottom";
      pen.fillText(share >= 0.095 ? String(Math.round(share * 100)) : significant(share * 100, 1), (i + 0.5) * wide, floor - tall - 2);
      pen.textBaseline = "top";
      pen.fillText(String(i + 1), (i + 0.5) * wide, floor + 3);
    });
    pen.fillStyle = theme.color("muted");
    pen.fillText("principal component · % of all variance", width / 2, floor + 19);
  }

  #tip(x, y) {
    const i = Math.floor(x / this.wide);
    return i in this.shares ? { x, y, lines: [`PC ${i + 1}: ${significant(this.shares[i] * 100, 6)} % of the variance`] } : null;
  }

  #alt() {
    return `Share of variance of each principal component: ${Array.from(this.shares, (share, i) => `PC ${i + 1} ${percent(share)}`).join(", ")}.`;
  }

  close() {
    this.figure.close();
  }
}

export function percent(share) {
  return `${significant(share * 100)} %`;
}
