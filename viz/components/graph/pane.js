/** One picture that goes on asking for its graph: what of it is open and chosen, and how far back has been gone. */

import { Asking, ask } from "../base/ask.js";
import { AutogradGraph } from "./autograd_graph.js";
import { Stage } from "./stage.js";
import { Walk } from "./walk.js";
import { openAt, toggled, zoomOf } from "./zoom.js";

export class Pane {
  state = { open: new Set(), chosen: null, found: new Set(), walk: null };
  #digest = null;

  /**
   * @param {HTMLElement} place @param {object} data
   * @param {{question: () => object|null, first: (graph: AutogradGraph) => Set<string>, taken: (answer: object, isNew: boolean) => void,
   *   failed: (sentence: string) => void, choose: (key: string|null) => void, toggle: (box: string) => void}} needs `first` says what is open at first
   */
  constructor(place, data, needs) {
    Object.assign(this, { data, needs });
    this.stage = new Stage(place, this.state, needs);
    this.asking = new Asking(data, "autograd", { question: () => this.#question(), take: (answer) => this.#take(answer), failed: needs.failed });
    this.asking.toggle(true);
  }

  get graph() {
    return this.stage.graph;
  }

  get zoom() {
    return zoomOf(this.graph, this.state.open);
  }

  #question() {
    const question = this.needs.question();
    return question && { ...question, known: this.#digest };
  }

  /** Ask at once, even where the picture is held. */
  async renew() {
    if (this.asking.isOn) return this.asking.renew();
    const question = this.#question();
    if (!question) return undefined;
    try {
      return this.#take(await ask(this.data, "autograd", question));
    } catch (error) {
      return this.needs.failed(error.message);
    }
  }

  #take(answer) {
    const { graph: fresh, digest } = answer.header;
    const graph = fresh ? new AutogradGraph(fresh) : this.graph;
    this.#digest = digest;
    graph.takes(answer.arrays);
    if (this.state.walk) this.state.walk.use(graph);
    else this.state.walk = new Walk(graph);
    if (fresh) this.#show(graph);
    else this.stage.paint();
    this.needs.taken(answer, Boolean(fresh));
  }

  /** A new graph: what was open stays open, as far as it is there. */
  #show(graph) {
    const { state } = this;
    const zoom = this.graph && this.zoom;
    if (!this.graph) state.open = this.needs.first(graph);
    else if (zoom) state.open = openAt(graph, zoom);
    else state.open = new Set([...state.open].filter((box) => graph.members.has(box)));
    if (state.chosen && !graph.members.has(state.chosen)) state.chosen = null;
    this.stage.use(graph);
  }

  /** @param {string|null} hold what stays where it is on the screen @param {boolean} isFitted the whole picture moves instead */
  open(open, hold = null, isFitted = false) {
    const { state, stage, graph } = this;
    state.open = open;
    const isSeen = (item) => !open.has(item) && graph.shown(graph.members.get(item)[0], open) === item;
    if (state.chosen && !isSeen(state.chosen)) state.chosen = null;
    stage.arrange(hold);
    if (isFitted) stage.fit(false);
  }

  toggle(box) {
    if (this.graph?.members.has(box)) this.open(toggled(this.graph, this.state.open, box), box);
  }

  close() {
    this.asking.close();
    this.stage.close();
  }
}
