/** Which head matters most: the loss if it were removed, largest first, and how far each spreads its attention. */

import { Figure } from "../base/figure.js";
import { significant } from "../base/numbers.js";
import { keyOf } from "./state.js";

const [ROW, HEAD, MOST] = [24, 22, 16];

export class Ranking {
  /** @param {HTMLElement} place @param {{state: AttentionState, view: object, painter: Painter, theme: () => Theme}} needs */
  constructor(place, { state, view, painter, theme }) {
    Object.assign(this, { state, view, theme });
    this.figure = new Figure(place, { title: "Which head matters most?", file: "attention-ranking", height: 100, painter, theme,
      caption: "For this text: how much the loss rises if the head is removed, and how spread out its attention is.",
      paint: (pen, width) => this.#paint(pen, width), alt: () => this.#words(), csv: () => this.#csv(), point: (x, y) => this.#point(x, y),
      click: (x, y) => this.#click(y), missing: () => (view.effects && view.frame ? "" : "The run is asked what each head is worth…") });
  }

  draw() {
    const n = Math.min(MOST, this.view.allHeads().length);
    const tall = `${HEAD + ROW * n}px`;
    if (this.figure.box.style.height !== tall) this.figure.box.style.height = tall;
    this.figure.draw();
  }

  /** Every head, the one that is missed most first. */
  rows() {
    const { effects, frame } = this.view;
    const { rise } = effects.arrays;
    return this.view.allHeads().map(([layer, head]) => ({ layer, head, rise: rise.data[layer * this.state.nHeads + head], entropy: frame.entropy(layer, head) }))
      .sort((a, b) => b.rise - a.rise || a.layer - b.layer || a.head - b.head);
  }

  #paint(pen, width) {
    const rows = this.rows();
    const theme = this.theme();
    const n = this.view.frame.n;
    const name = Math.min(190, width * 0.34);
    const half = (width - name) / 2;
    const [rise, entropy] = [{ x: name, width: half - 66 }, { x: name + half + 4, width: half - 60 }];
    const most = Math.max(...rows.map((row) => Math.abs(row.rise)), 1e-6);
    pen.textBaseline = "middle";
    pen.font = theme.font(12);
    pen.fillStyle = theme.color("muted");
    pen.textAlign = "left";
    pen.fillText("loss if removed (nats)", rise.x, HEAD / 2, half - 8);
    pen.fillText(`entropy (nats, ≤ ${significant(Math.log(n), 2)})`, entropy.x, HEAD / 2, half);
    rows.slice(0, MOST).forEach((row, i) => {
      const y = HEAD + i * ROW + 4;
      const isOn = row.layer === this.state.layer && row.head === this.state.head;
      pen.font = theme.font(13, "font", isOn ? 700 : 400);
      pen.fillStyle = theme.color("text");
      pen.fillText(`${keyOf(row.layer, row.head)} ${this.view.nameOf(row.layer, row.head)[0]}`, 0, y + 8, name - 8);
      pen.font = theme.font(12);
      bar(pen, theme.color(row.rise > 0 ? "gradient" : "good"), rise, y, Math.abs(row.rise) / most);
      pen.fillStyle = theme.color("text");
      pen.fillText(`${row.rise > 0 ? "+" : ""}${significant(row.rise, 2)}`, rise.x + rise.width + 6, y + 8, 58);
      bar(pen, theme.color("residual"), entropy, y, row.entropy / Math.max(1e-6, Math.log(n)));
      pen.fillStyle = theme.color("text");
      pen.fillText(significant(row.entropy, 2), entropy.x + entropy.width + 6, y + 8, 50);
    });
  }

  #rowAt(y) {
    return this.rows().slice(0, MOST)[Math.floor((y - HEAD) / ROW)] ?? null;
  }

  #point(x, y) {
    const row = y < HEAD ? null : this.#rowAt(y);
    if (!row) return null;
    const { layer, head, rise, entropy } = row;
    return { x, y, lines: [
      `head ${keyOf(layer, head)}: ${this.view.nameInWords(layer, head)}`,
      `removed, the loss of this text ${rise > 0 ? "rises" : "falls"} by ${significant(Math.abs(rise), 4)} nats`,
      `mean entropy of its rows ${significant(entropy, 4)} nats`,
    ] };
  }

  #click(y) {
    const row = y < HEAD ? null : this.#rowAt(y);
    if (row) this.state.choose(row.layer, row.head);
  }

  #words() {
    const told = ({ layer, head, rise, entropy }) => `${keyOf(layer, head)}: loss ${rise > 0 ? "+" : ""}${significant(rise, 2)} nats, entropy ${significant(entropy, 2)}`;
    return this.rows().slice(0, MOST).map(told).join("; ");
  }

  #csv() {
    const rows = this.rows().map(({ layer, head, rise, entropy }) => [layer, head, this.view.nameOf(layer, head)[0], rise, entropy]);
    return [["layer", "head", "name", "loss_rise_if_removed_nats", "entropy_nats"], ...rows];
  }

  close() {
    this.figure.close();
  }
}

function bar(pen, color, { x, width }, y, share) {
  pen.fillStyle = color;
  pen.fillRect(x, y, Math.max(1, Math.min(1, share) * width), ROW - 8);
}
