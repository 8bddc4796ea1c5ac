/** "Where does it come from?": the terms of the chosen cell, the largest first, each leading on to its own source. */

import { make } from "../base/dom.js";
import { setting, significant } from "../base/numbers.js";
import { account, lookedUp, sumOf } from "./explain.js";
import { steps } from "./expression.js";
import { entry, inCode, place, tokenAt } from "./names.js";
import { flatOf } from "./operands.js";
import { trailEnd } from "./trail_ends.js";

const FIRST = 6;               // terms shown before the rest is opened
const MORE = 100;              // at most shown after
const CRUMBS = 3;

export class Origin {
  /**
   * @param {HTMLElement} parent
   * @param {{store: TraceStore, state: StepState, theme: () => Theme, painter: Painter}} needs
   */
  constructor(parent, { store, state, theme, painter }) {
    Object.assign(this, { store, state, theme, painter, drawn: "", isOpen: false });
    this.box = make("div.origin-box");
    parent.append(this.box);
  }

  /** Called once a frame after anything changed: operation, cell, head, trace, numbers, size, colours. */
  draw() {
    const { store, state } = this;
    const { cell, trail } = state;
    if (!store.n) return;
    const producer = cell && store.producerOf(cell.tensor);
    const names = cell ? [cell.tensor, ...(producer?.inputs ?? [`grad:${cell.tensor}`, `new:${cell.tensor}`])] : [];
    const isHere = names.filter((name) => store.has(name)).map((name) => store.tensor(name)).every(Boolean);
    const subject = `${store.version} ${cell?.tensor} ${cell?.index}`;
    if (this.subject !== subject) Object.assign(this, { subject, isOpen: false });
    const key = [subject, state.operation, trail.length, this.isOpen, isHere].join("|");
    this.#colour();
    if (this.drawn === key) return;
    this.drawn = key;
    const hadFocus = this.box.contains(this.box.getRootNode().activeElement);
    this.box.replaceChildren(make("h3", { text: "Where does it come from?" }), ...this.#crumbs(trail), ...(cell ? this.#cell(cell, producer, isHere) : this.#invitation()));
    if (hadFocus) this.box.querySelector(".crumbs button, .factor")?.focus({ preventScroll: true });
  }

  /** Bars have the two hues of signed values. */
  #colour() {
    const theme = this.theme();
    if (this.colored === theme) return;
    this.colored = theme;
    const ramp = theme.ramp("signed");
    for (const [name, at] of [["negative", 52], ["positive", 203]]) {
      this.box.style.setProperty(`--${name}`, `rgb(${ramp.slice(3 * at, 3 * at + 3).join(" ")})`);
    }
  }

  #invitation() {
    return [make("p.unit", { text: "Choose any cell of a picture: here comes the sum that made it, with its real numbers, and each of them leads on to its own source." })];
  }

  #crumbs(trail) {
    const shown = trail.slice(-CRUMBS).filter(({ cell }) => cell);
    if (!shown.length) return [];
    const crumb = ({ cell }, i) => make("button", { text: `‹ ${i === shown.length - 1 ? "back to " : ""}${entry(cell)}`, title: cell.tensor, onclick: () => this.state.back(shown.length - i) });
    return [make("nav.crumbs", { "aria-label": "the way here" }, ...shown.map(crumb).reverse())];
  }

  #cell(cell, producer, isHere) {
    const { store } = this;
    const { axes, shape } = store.spec(cell.tensor);
    const tensor = store.tensor(cell.tensor);
    const value = tensor ? significant(tensor.data[flatOf(shape, cell.index)], 6) : "…";
    const where = cell.index.map((k, axis) => place(store.manifest, axes[axis], k)).join(", ");
    const head = make("div.subject", {}, make("code", { text: entry(cell), title: cell.tensor }), make("b", { text: `= ${value}` }), make("span.unit", { text: where }));
    head.append(make("a.scalars", { text: "→ open it down to its scalars", target: "_self", href: scalarLink(cell) }));
    if (!isHere) return [head, make("p.unit", { text: "The numbers are on their way." })];
    return [head, ...(producer ? this.#made(cell, producer) : this.#end(cell))];
  }

  #end(cell) {
    const { sentence, leads } = trailEnd(this.store, cell);
    return [make("p.end", { text: sentence }), ...leads.map(({ words, cell: next }) => make("button.lead", { text: `→ ${words}`, onclick: () => this.state.follow(next) }))];
  }

  #made(cell, producer) {
    const found = account(this.store, producer, cell.index);
    const lines = steps(this.store, producer, cell.index);
    const elsewhere = producer.i === this.state.operation ? []
      : [make("button.lead", { text: `→ to the operation that made it: ${producer.title ?? inCode(producer.name)}`, onclick: () => this.state.follow(cell) })];
    return [
      make("ol.steps", {}, ...lines.filter((line, i) => i === 0 || (i < lines.length - 1 && line !== lines[i - 1])).map((text, i) => make("li", { text: `${i ? "= " : ""}${text}` }))),
      ...elsewhere,
      ...this.#terms(found),
      this.#sum(found),
      ...this.#arguments(found, producer, cell),
    ];
  }

  #terms({ terms }) {
    if (!terms.some(({ factors }) => factors.length) && terms.length < 2) return [];
    const nFirst = terms.length > FIRST + 2 ? FIRST : terms.length;
    const largest = Math.max(...terms.map(({ value }) => Math.abs(value)).filter(Number.isFinite), 1e-300);
    const shown = terms.slice(0, this.isOpen ? Math.max(nFirst, MORE) : nFirst);
    const list = make("ol.terms", {}, ...shown.map((term) => this.#term(term, largest)));
    const rest = terms.slice(shown.length);
    const controls = [];
    if (rest.length) controls.push(this.#rest(rest));
    if (this.isOpen && terms.length > nFirst) controls.push(make("button.rest", { text: "only the largest", onclick: () => this.#open(false) }));
    return [list, ...controls];
  }

  /** The rest is the sum of its own products. Opening shows them, largest first. */
  #rest(rest) {
    const text = `and ${rest.length} more = ${significant(sumOf(rest))}`;
    return this.isOpen ? make("span.unit.rest", { text }) : make("button.rest", { text, "aria-expanded": "false", onclick: () => this.#open(true) });
  }

  #open(isOpen) {
    this.isOpen = isOpen;
    this.painter.mark(this);
  }

  #term({ value, coefficient, factors, label }, largest) {
    const share = Number.isFinite(value) ? Math.abs(value) / largest : 1;
    const bar = make("i.bar", { style: `width: ${(50 * share).toFixed(1)}%`, class: `bar ${value < 0 ? "negative" : "positive"}` });
    const isPlain = coefficient === 1 && factors.length && !label;
    const first = isPlain ? [] : [make("span.coefficient", { text: label ? `${label}${factors.length ? ` ${significant(coefficient)}` : ""}` : setting(coefficient) })];
    const parts = [...first, ...factors.map((factor) => this.#factor(factor))];
    const product = parts.flatMap((part, i) => (i ? [make("span.times", { text: "×" }), part] : [part]));
    return make("li", {}, make("span.axis", {}, bar), make("b", { text: significant(value) }), make("span.product", {}, ...product));
  }

  #factor(factor) {
    const token = this.#tokenOf(factor);
    return make("button.factor", { title: `${factor.tensor}: where does it come from?`, onclick: () => this.state.follow({ tensor: factor.tensor, index: factor.index }) },
      make("code", { text: entry(factor) }), make("span", { text: ` ${token ?? significant(factor.value)}` }));
  }

  /** Ids are shown as the tokens they stand for. */
  #tokenOf({ tensor, value }) {
    return tensor === "tokens" || tensor === "targets" ? `“${tokenAt(this.store.manifest, "vocab", value)}”` : null;
  }

  #sum({ terms, total, cell, difference, isEqual }) {
    const sum = `${terms.length === 1 ? "this is" : terms.length ? `all ${terms.length} together are` : "nothing to add:"} ${significant(total, 6)}`;
    const text = isEqual ? `${sum} ✓ equal to the tensor` : `${sum} ✗ the tensor holds ${significant(cell, 6)}: ${significant(Math.abs(difference), 3)} apart`;
    return make(isEqual ? "p.sum.equal" : "p.sum.unequal", { text });
  }

  /** Entries that a coefficient was made from, and those that say which number to read. */
  #arguments({ terms, inOrder }, producer, { index }) {
    const seen = new Map();
    for (const list of new Set(inOrder.map((term) => term.arguments))) for (const factor of list) seen.set(`${factor.tensor} ${factor.index}`, factor);
    const read = lookedUp(producer, index).map(([tensor, [t]]) => ({ tensor, index: [t], value: this.store.tensor(tensor).data[t] }));
    const made = [...seen.values()];
    if (producer.kind === "softmax" || producer.kind === "cross_entropy") made.sort((a, b) => b.value - a.value);
    const shown = this.isOpen ? made.slice(0, MORE) : made.slice(0, FIRST);
    const more = made.length - shown.length;
    const rows = [...read, ...shown];
    if (!rows.length) return [];
    return [
      make("h4", { text: terms.length === 1 && !read.length ? "made from" : read.length && !made.length ? "which row: read from" : "what went into it" }),
      make("div.arguments", {}, ...rows.map((factor) => this.#factor(factor))),
      ...(more ? [this.isOpen ? make("span.unit.rest", { text: `and ${more} more` })
        : make("button.rest", { text: `and ${more} more`, "aria-expanded": "false", onclick: () => this.#open(true) })] : []),
    ];
  }

  close() {}
}

/** The same cell in the scalar window of the Autograd page. */
function scalarLink({ tensor, index }) {
  const query = new URLSearchParams(location.search);
  const kept = ["run", "text", "present"].flatMap((name) => (query.has(name) ? [[name, query.get(name)]] : []));
  const asked = new URLSearchParams([...kept, ["graph", "window"], ["cell", [tensor, ...index].join(",")]]);
  return `${location.pathname.replace(/\/step$/, "/autograd")}?${asked}`;
}
