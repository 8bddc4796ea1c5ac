/** The Tokens page: one text three ways, and byte-pair encoding learned merge by merge. Mounted by Python. */

import { Address } from "../base/address.js";
import { adoptStyles, make, setText } from "../base/dom.js";
import { keysDialog, listenToKeys } from "../base/keys.js";
import { isDark, Painter, Theme } from "../base/paint.js";
import { blobFetcher } from "../stepper/fetching.js";
import { Bar } from "./bar.js";
import { Compression } from "./compression.js";
import { Family } from "./family.js";
import { placeOf, queryOf } from "./link.js";
import { Pairs } from "./pairs.js";
import { Passage } from "./passage.js";
import { Cut, LearnedRecord } from "./record.js";
import { Rows } from "./rows.js";
import { Vocabulary } from "./vocabulary.js";
import { Walk } from "./walk.js";

const SHEETS = ["../theme.css", "../base/base.css", "../tokens/tokens.css"];
const PRESENTED = 1.3;         // how much larger everything is drawn for the back row
const HELP = [
  ["→ ←", "one merge on, one back (so do Page Down and Page Up, a presenter's clicker)"],
  ["Space", "play or pause"],
  ["Home End", "no merges, all merges"],
  ["n", "the next place in the text where the pair stands"],
  ["?", "these keys"],
];

/**
 * @param {ShadowRoot} root
 * @param {{run: string, base: string, record: string, shown: {text: string, characters: string[], borders: number[]}, tie_rule: string, remarks: string[]}} data
 * @param {(name: string, value: any) => void} trigger tells Python
 */
export async function mount(root, data, trigger) {
  await adoptStyles(root, ...SHEETS);
  return new TokensView(root, data, trigger);
}

class TokensView {
  constructor(root, data, trigger) {
    Object.assign(this, { data, trigger });
    this.painter = new Painter();
    this.walk = new Walk();
    this.fetch = blobFetcher(data.base, data.run, () => trigger("missing", Date.now()));
    this.#build(root);
    this.link = new Address((search) => queryOf(search, this.walk), this.walk);
    this.stops = [this.walk.listen(() => this.#mark()), listenToKeys(this.element, this.#keys(), this.painter)];
    this.#load(placeOf(location.search));
  }

  #build(root) {
    const dialog = keysDialog(HELP);
    this.help = () => dialog.open || dialog.showModal();
    this.remarks = make("p.remarks", { role: "status" });
    this.rule = make("p.rule");
    const [rows, bar, left, right, list, family, curve] = ["rows", "walk", "pairs", "passage", "list", "family", "curve"].map((name) => make(`div.${name}`));
    const learning = make("section.panel.walk-panel", { "aria-label": "Learning the merges" },
      make("h3", { text: "How the tokens are learned" }), bar, this.rule);
    this.whole = make("div.tokens-whole", {}, rows, learning, left, right, list, family, curve);
    this.element = make("div.gb.tokens", {}, this.remarks, this.whole, dialog);
    const isPresented = new URLSearchParams(location.search).get("present") === "1";
    this.element.classList.toggle("present", isPresented);
    root.replaceChildren(this.element);
    this.retheme();
    const needs = { walk: this.walk, painter: this.painter, theme: () => this.colors, zoom: isPresented ? PRESENTED : 1 };
    this.learned = [left, right, list, family, curve];
    this.rows = new Rows(rows, needs);
    this.passage = new Passage(right, needs);
    this.vocabulary = new Vocabulary(list, needs);
    this.bar = new Bar(bar, { walk: this.walk, help: this.help, start: (n) => this.trigger("start", n) });
    this.figures = [this.rows, new Pairs(left, needs), this.passage, new Family(family, needs), new Compression(curve, needs)];
  }

  #keys() {
    const { walk } = this;
    return {
      ArrowRight: () => walk.step(1), ArrowLeft: () => walk.step(-1), PageDown: () => walk.step(1), PageUp: () => walk.step(-1),
      Home: () => walk.goTo(0), End: () => walk.goTo(Infinity), " ": () => walk.toggle(), n: () => this.passage.seek(), "?": this.help,
    };
  }

  /** The same page, perhaps of another text or run: no part is made anew. */
  takes(data) {
    return data.module === this.data.module && data.base === this.data.base;
  }

  update(data) {
    const isOther = data.record !== this.data.record;
    if (data.run !== this.data.run) this.fetch = blobFetcher(data.base, data.run, () => this.trigger("missing", Date.now()));
    this.data = data;
    this.retheme();
    this.link.renew();
    if (isOther) this.#load({});
    else this.#show();
  }

  retheme() {
    this.element.dataset.theme = isDark(this.element) ? "dark" : "light";
    this.colors = new Theme(this.element);
  }

  /** Fetch what was learned and show it; until it is here what was there before stays. */
  async #load(place) {
    const { record: hash } = this.data;
    try {
      const record = new LearnedRecord(JSON.parse(new TextDecoder().decode(await this.fetch(hash))));
      if (hash !== this.data.record || this.isClosed) return;
      this.problem = "";
      this.walk.open(record, place);
    } catch (error) {
      this.problem = error.message;
    }
    this.#show();
  }

  /** The text of the rows and the sentences beside it. They belong to the record that Python named with them. */
  #show() {
    const { shown, remarks, tie_rule: rule } = this.data;
    if (this.walk.record) this.rows.show(new Cut(shown), shown.characters);
    setText(this.remarks, [...remarks, this.problem].filter(Boolean).join(" "));
    this.remarks.hidden = !this.remarks.textContent;
    this.whole.hidden = !this.walk.record;
    for (const place of this.learned) place.hidden = !this.walk.record?.n;
    setText(this.rule, `The rule: ${rule} Tokens never reach over the end of a word, with the space before it, or of a line. Learning ends when no pair stands twice.`);
    this.#mark();
  }

  /** Everything is drawn in the same frame. */
  #mark() {
    this.bar.draw();
    this.vocabulary.draw();
    for (const figure of this.figures) figure.mark();
    this.element.dataset.merges = String(this.walk.k);
  }

  unmount() {
    this.isClosed = true;
    for (const stop of this.stops) stop();
    this.link.close();
    this.walk.close();
    this.painter.stop();
    for (const figure of this.figures) figure.close();
  }
}
