/** Above the graph: which zoom, what to find, which rows and step, which attention; and the downloads. */

import { make, setText } from "../base/dom.js";
import { saveMenu } from "../base/saving.js";
import { ZOOMS } from "./zoom.js";

export class Tools {
  /** @param {HTMLElement} place @param {object} act what each control does */
  constructor(place, act) {
    const button = (text, label, onclick) => make("button", { text, title: label, "aria-label": label, onclick });
    const choice = (label, options, onchange) => make("select", { "aria-label": label, title: label, onchange: (event) => onchange(event.target.value) },
      ...options.map(([value, text]) => make("option", { value, text })));
    this.zooms = make("span.zooms", { role: "group", "aria-label": "zoom" }, ...ZOOMS.map(([zoom, text]) => Object.assign(button(text, `Show ${text}`, () => act.zoom(zoom)), { zoom })));
    this.search = make("input", { type: "search", placeholder: "find: softmax, w_q …", "aria-label": "Find in the graph",
      oninput: () => act.find(this.search.value), onkeydown: (event) => event.key === "Enter" && act.next(event.shiftKey ? -1 : 1) });
    this.hits = make("span.unit.hits");
    this.rows = choice("Which rows go through", [["text", "this text"], ["batch", "next batch"]], act.rows);
    this.at = choice("At which step", [["", "now"]], (value) => act.at(value === "" ? null : Number(value)));
    this.fused = choice("Which attention", [["", "step by step"], ["1", "fused attention"], ["beside", "both, side by side"]], act.fused);
    this.hold = button("hold", "Hold this picture while the run trains", act.hold);
    this.menu = saveMenu("the graph", Object.fromEntries(["SVG", "PNG", "DOT", "GraphML"].map((kind) => [kind, () => act.save(kind)])));
    place.append(this.zooms, this.search, this.hits, make("span.frame-tools", {}, button("−", "Smaller", () => act.scale(1 / 1.25)),
      button("+", "Larger", () => act.scale(1.25)), button("fit", "The whole graph: 0", act.fit)), make("span.asks", {}, this.rows, this.fused, this.at, this.hold, this.menu));
  }

  /** @param {{zoom: string, hits: string, rows: string, fused: string, at: number|null, steps: number[], isLive: boolean, isHeld: boolean}} now */
  show({ zoom, hits, rows, fused, at, steps, isLive, isHeld }) {
    for (const each of this.zooms.children) each.setAttribute("aria-pressed", String(each.zoom === zoom));
    setText(this.hits, hits);
    this.rows.value = rows;
    this.fused.value = fused;
    this.#offer(steps);
    this.at.value = at === null ? "" : String(at);
    this.hold.hidden = !isLive;
    this.hold.setAttribute("aria-pressed", String(isHeld));
    setText(this.hold, isHeld ? "held" : "hold");
  }

  #offer(steps) {
    const key = steps.join();
    if (this.offered === key) return;
    this.offered = key;
    this.at.replaceChildren(make("option", { value: "", text: "now" }), ...steps.toReversed().map((step) => make("option", { value: step, text: `step ${step}` })));
  }
}
