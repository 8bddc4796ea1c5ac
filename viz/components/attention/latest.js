/** Asks one thing at a time: the newest question, and the same one again once the run has moved on. */

import { ask } from "../base/ask.js";

const OFTEN = 2000;            // milliseconds between two answers for a run that moves on
const PATIENCE = 4000;         // before what failed is asked again: a run may have to be brought up first

export class Latest {
  #isBusy = false;
  #isWanted = false;
  #turn = 0;
  #timer = 0;
  #last = -Infinity;

  /**
   * @param {{base: string, run: string}} data @param {string} what the look's name
   * @param {{question: () => object|null, take: (answer: object) => void, failed: (sentence: string) => void}} needs
   */
  constructor(data, what, { question, take, failed }) {
    Object.assign(this, { data, what, question, take, failed });
  }

  /** The question has changed: answers to older ones no longer count. */
  renew() {
    this.#turn += 1;
    this.#isWanted = true;
    if (!this.#isBusy) this.#go();
  }

  /** Ask the same again `after` so many milliseconds since the last time, if nothing else comes before. */
  again(after = OFTEN) {
    this.#timer ||= setTimeout(() => { this.#timer = 0; this.#isWanted = true; if (!this.#isBusy) this.#go(); }, Math.max(0, this.#last + after - performance.now()));
  }

  async #go() {
    this.#isBusy = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      this.#last = performance.now();
      await this.#once(this.#turn);
    }
    this.#isBusy = false;
  }

  async #once(turn) {
    const question = this.question();
    if (!question) return;
    try {
      const answer = await ask(this.data, this.what, question);
      if (turn !== this.#turn) return;
      this.failed("");
      this.take(answer);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.failed(error.message);
      this.again(PATIENCE);
    }
  }

  close() {
    this.#turn += 1;
    this.#isWanted = false;
    clearTimeout(this.#timer);
  }
}
