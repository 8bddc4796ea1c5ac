/** How much of the table's variance lies along each principal component, and which of them the picture shows. */

import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { barAt, paintBars } from "./bars.js";

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
      point: (x, y) => this.#tip(x, y), missing: () => (this.shares.length ? "" : "PCA shows these shares."),
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
    const isMarked = (i) => this.axes.includes(i);
    paintBars(pen, this.theme(), this.shares, { width, height, name: "principal component · % of all variance", isMarked,
      color: (i) => (isMarked(i) ? "residual" : "line"), isNumbered: () => true });
  }

  #tip(x, y) {
    const i = barAt(x, this.shares, this.figure.surface.width);
    return i < 0 ? null : { x, y, lines: [`PC ${i + 1}: ${significant(this.shares[i] * 100, 6)} % of the variance`] };
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
