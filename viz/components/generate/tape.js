/** The text so far, token by token: the prompt, what was written after it and how, and the way back. Pure. */

/**
 * @typedef {{logits: Float32Array, step: number}} Distribution what the model of a step says comes next
 * @typedef {{token: number, how: "drawn"|"chosen", from: Distribution, rule: object, u: number|null, chance: number}} Entry
 *   `chance` is the token's probability by `rule`; `u` is the random number that it was drawn with
 */
export class Tape {
  /** @type {Entry[]} */ written = [];
  /** @type {Distribution|null} what comes next; null until the model has said it */ now = null;
  #past = [];

  /** @param {number[]} prompt token ids */
  constructor(prompt) {
    this.prompt = prompt;
  }

  get tokens() {
    return [...this.prompt, ...this.written.map(({ token }) => token)];
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** Write a token after what stands here. @param {{token, how, rule, u, chance}} what */
  write(what) {
    this.#go([...this.written, { ...what, from: this.now }], null);
  }

  /** Go back to before token `i` of what was written, and write another one there by hand. */
  branch(i, token, chance) {
    const { from, rule } = this.written[i];
    this.#go([...this.written.slice(0, i), { token, how: "chosen", from, rule, u: null, chance }], null);
  }

  /** Go back to the end of the prompt. */
  clear() {
    if (this.written.length) this.#go([], this.written[0].from);
  }

  /** Take the last change back; everything is as it was, what came next too. */
  undo() {
    if (!this.canUndo) return;
    const { written, now } = this.#past.pop();
    Object.assign(this, { written, now });
  }

  /** What the model says comes next. */
  take(distribution) {
    this.now = distribution;
  }

  #go(written, now) {
    this.#past.push({ written: this.written, now: this.now });
    Object.assign(this, { written, now });
  }
}
