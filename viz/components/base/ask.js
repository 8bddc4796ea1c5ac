/** Asks about a run's insides: once, or again and again while the run trains. */

import { decode } from "./wire.js";

const SHORTEST = 100;          // milliseconds between two live questions
const LONGEST = 4000;
const IDLE = 300;              // while there is nothing to ask for
const OFTEN = 2000;            // between two answers for a run that moves on
const PATIENCE = 4000;         // before what failed is asked again: a run may have to be brought up first

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

/**
 * @param {{base: string, run: string, door?: string}} data `door`: the route that answers, "ask" if none is named
 * @param {string} what the look's name @param {object} question its fields
 * @returns {Promise<{header: object, arrays: object}>} rejects with one sentence
 */
export async function ask({ base, run, door = "ask" }, what, question = {}) {
  const answer = await fetch(`${base}/${door}/${run}/${what}`, { method: "POST", body: JSON.stringify(question) });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}. Try again.`);
  const message = decode(await answer.arrayBuffer());
  if (!message.header.ok) throw new Error(message.header.error);
  return message;
}

/** Goes on asking the same thing as often as the run's worker allows; the answers come in order. */
export class Asking {
  isOn = false;
  #turn = 0;
  #since = null;

  /**
   * @param {{base: string, run: string}} data @param {string} what
   * @param {{question: () => object|null, take: (answer: {header: object, arrays: object}) => void, failed: (sentence: string) => void}} needs
   *   `question` is asked for each time; null while nothing is wanted
   */
  constructor(data, what, { question, take, failed }) {
    Object.assign(this, { data, what, question, take, failed });
  }

  toggle(isOn) {
    if (isOn === this.isOn) return;
    this.isOn = isOn;
    this.renew();
  }

  /** The question has changed: ask at once, and take no answer to the old one. */
  renew() {
    this.#turn += 1;
    this.#since = null;
    if (this.isOn) this.#go(this.#turn);
  }

  async #go(turn) {
    while (turn === this.#turn) {
      const question = document.hidden ? null : this.question();
      const time = question ? await this.#ask(question, turn) : IDLE;
      await pause(Math.min(LONGEST, Math.max(SHORTEST, time)));
    }
  }

  /** @returns {Promise<number>} milliseconds until the next question */
  async #ask(question, turn) {
    try {
      const answer = await ask(this.data, this.what, { ...question, live: true, since: this.#since });
      if (turn !== this.#turn) return 0;
      this.failed("");
      if ("wait" in answer.header) return 1000 * answer.header.wait;
      this.#since = answer.header.step;
      this.take(answer);
      return 0;
    } catch (error) {
      if (turn === this.#turn) this.failed(error.message);
      return LONGEST;
    }
  }

  close() {
    this.isOn = false;
    this.#turn += 1;
  }
}

/** Asks one thing at a time: the newest question, and the same one again once the run has moved on. */
export class Latest {
  #isBusy = false;
  #isWanted = false;
  #turn = 0;
  #timer = 0;
  #last = -Infinity;

  /**
   * @param {{base: string, run: string}} data @param {string} what the look's name
   * @param {{question: () => object|null, take: (answer: object) => void, failed: (sentence: string) => void, isPatient?: boolean}} needs
   *   `isPatient`: what failed is asked again after a while
   */
  constructor(data, what, { question, take, failed, isPatient = false }) {
    Object.assign(this, { data, what, question, take, failed, isPatient });
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
      if (this.isPatient) this.again(PATIENCE);
    }
  }

  /** No answer is waited for any more. */
  close() {
    this.#turn += 1;
    this.#isWanted = false;
    clearTimeout(this.#timer);
  }
}
