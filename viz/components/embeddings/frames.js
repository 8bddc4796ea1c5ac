/** Gets frames: live ones, each aligned to the one on the screen, and the film of the run's kept steps. */

import { ask, Asking } from "../base/ask.js";

const BETWEEN = 400;           // milliseconds from one live picture to the next: an eye can follow, training hardly feels it

/**
 * @typedef {{step: number, key: string, k: number, points: Float32Array, table: {data: Float32Array, shape: number[]},
 *   axisShares: Float32Array, shares: Float32Array, scores?: object}} Frame points (n, k); a film's frames have no scores
 */

export class Frames {
  film = null;                 // {steps: number[], frames: Frame[]}; frames come one by one where each takes long
  header = null;               // of the newest answer: labels, tokens, rows, tables, steps
  #turn = 0;
  #newest = null;
  #held = "";
  #asked = 0;

  /**
   * @param {{base: string, run: string}} data
   * @param {{state: ViewState, tokens: () => number[]|null, live: (frame: Frame) => void, filmed: () => void, failed: (sentence: string) => void}} needs
   */
  constructor(data, needs) {
    Object.assign(this, needs);
    this.data = { base: data.base, run: data.run, door: "project" };
    this.begin();
  }

  /** Ask from the beginning: what is to be seen has changed. */
  begin() {
    this.asking?.close();
    this.forgetFilm();
    this.#newest = null;
    this.#held = "";
    this.asking = new Asking(this.data, this.state.method, {
      question: () => (this.state.at === null && this.#isDue() ? this.#question() : null),
      take: (answer) => this.#take(answer), failed: this.failed,
    });
    this.asking.toggle(true);
  }

  /** Whether it is time for another live picture; the first comes at once. */
  #isDue() {
    if (this.#newest && performance.now() - this.#asked < BETWEEN) return false;
    this.#asked = performance.now();
    return true;
  }

  get isLive() {
    return this.asking.isOn;
  }

  /** Leave the picture as it is for a while, or follow the run again. */
  hold(isHeld) {
    this.asking.toggle(!isHeld);
  }

  get steps() {
    return this.header?.steps ?? [];
  }

  forgetFilm() {
    this.#turn += 1;
    this.film = null;
  }

  #question() {
    const { table, axes, isHeld, perplexity, seed } = this.state;
    const tokens = this.tokens();
    const text = tokens ? { tokens } : {};
    const held = isHeld && this.#held ? { hold: this.#held } : {};
    return { table, axes, perplexity, seed, ...text, ...held, ...(this.#newest ? { previous: this.#newest } : {}) };
  }

  #take({ header, arrays }) {
    this.header = header;
    this.#newest = header.key;
    this.#held ||= header.key;
    this.live(frameOf(header, arrays));
  }

  /** Fetch the film, if it is not here; frame by frame where frames take long. Resolves when all of it is here. */
  async load() {
    if (this.film) return this.loading;
    const turn = this.#turn;
    this.film = { steps: [], frames: [] };
    this.loading = (this.state.method === "pca" ? this.#loadAtOnce(turn) : this.#loadSlowly(turn)).catch((error) => {
      if (turn !== this.#turn) return;
      this.film = null;
      this.failed(error.message);
    });
    return this.loading;
  }

  async #loadAtOnce(turn) {
    const question = { ...this.#question(), film: true, hold: this.state.isHeld, previous: undefined };
    const { header, arrays } = await ask(this.data, "pca", question);
    if (turn !== this.#turn) return;
    this.header = header;
    this.film = { steps: header.frames, frames: cut(header, arrays) };
    this.filmed();
  }

  async #loadSlowly(turn) {
    this.header ??= (await ask(this.data, "pca", this.#question())).header;  // which steps there are
    const { steps } = this;
    let previous;
    for (const step of steps) {
      const { header, arrays } = await ask(this.data, this.state.method, { ...this.#question(), at: step, previous });
      if (turn !== this.#turn) return;
      previous = header.key;
      this.header = header;
      this.film = { steps, frames: [...this.film.frames, frameOf(header, arrays)] };
      this.filmed();
    }
  }

  close() {
    this.forgetFilm();
    this.asking.close();
  }
}

function frameOf(header, arrays) {
  return {
    step: header.at, key: header.key, k: arrays.coordinates.shape[1], points: arrays.coordinates.data, table: arrays.table,
    axisShares: arrays.axis_shares.data, shares: arrays.shares.data, scores: arrays.scores,
  };
}

/** The frames of a film, each a view of its part of the whole. */
function cut(header, { coordinates, tables, axis_shares: axisShares, shares }) {
  const [, n, k] = coordinates.shape;
  const part = ({ data, shape: [count] }, i) => data.subarray((i * data.length) / count, ((i + 1) * data.length) / count);
  return header.frames.map((step, i) => ({
    step, key: "", k, points: part(coordinates, i), table: { data: part(tables, i), shape: [n, tables.shape[2]] },
    axisShares: part(axisShares, i), shares: part(shares, i),
  }));
}
