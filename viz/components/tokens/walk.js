/** Where the page stands: after how many merges, which token is looked at, whether it plays. Tells whoever listens. */

export const SPEEDS = [1, 2, 4, 8, 16, 32];   // merges a second
const FIRST = "␣writ";         // the example of the field; where a text has no such token, the newest is shown

export class Walk {
  record = null;
  k = 0;
  token = null;                // null: the newest
  speed = 4;
  isPlaying = false;
  #listeners = new Set();
  #timer = 0;

  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  /** Take another record: everything learned at first, so that there is something to see. */
  open(record, { k = record.n, token = null } = {}) {
    this.pause();
    this.record = record;
    this.k = clamp(k, 0, record.n);
    const first = record.find(FIRST);
    this.token = token !== null && token < record.labels.length ? token : first >= 0 ? first : null;
    this.#tell();
  }

  /** The token that is looked at: the chosen one, else the newest, else the next. */
  get shown() {
    if (!this.record?.n) return null;
    return this.token ?? 255 + Math.max(1, this.k);
  }

  /** Stand after k merges. */
  goTo(k) {
    this.pause();
    this.#move(k);
  }

  step(by) {
    this.goTo(this.k + by);
  }

  choose(token) {
    this.token = token;
    this.#tell();
  }

  setSpeed(speed) {
    this.speed = speed;
    if (this.isPlaying) this.#schedule();
  }

  /** Play or pause; from the end it begins again. */
  toggle() {
    if (!this.record?.n) return;
    if (this.isPlaying) return this.pause();
    if (this.k === this.record.n) this.k = 0;
    this.isPlaying = true;
    this.#tell();
    this.#schedule();
  }

  pause() {
    clearTimeout(this.#timer);
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.#tell();
  }

  #schedule() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.k + 1 >= this.record.n) this.isPlaying = false;
      this.#move(this.k + 1);
      if (this.isPlaying) this.#schedule();
    }, 1000 / this.speed);
  }

  #move(k) {
    if (!this.record) return;
    const to = clamp(Math.round(k) || 0, 0, this.record.n);
    if (to === this.k) return;
    this.k = to;
    this.#tell();
  }

  close() {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
