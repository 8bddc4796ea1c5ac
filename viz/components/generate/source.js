/** Asks the run what comes next: once for every place of the text, and again and again while it is followed live. */

import { ask, Asking } from "../base/ask.js";

export class Source {
  pending = Promise.resolve();
  #turn = 0;

  /**
   * @param {{base: string, run: string}} data
   * @param {{question: () => object, take: (answer: object) => void, failed: (sentence: string) => void}} needs
   */
  constructor(data, { question, take, failed }) {
    Object.assign(this, { data, question, take, failed });
    this.asking = new Asking(data, "next_token", { question: () => question(), take, failed });
  }

  /** Ask now; an answer to an earlier question is not taken any more. */
  renew() {
    this.asking.renew();
    this.pending = this.#ask(++this.#turn);
    return this.pending;
  }

  async #ask(turn) {
    try {
      const answer = await ask(this.data, "next_token", this.question());
      if (turn !== this.#turn) return;
      this.failed("");
      this.take(answer);
    } catch (error) {
      if (turn === this.#turn) this.failed(error.message);
    }
  }

  /** Forget what is under way: the place has changed and its answer is known. */
  forget() {
    this.#turn += 1;
    this.asking.renew();
  }

  close() {
    this.#turn += 1;
    this.asking.close();
  }
}
