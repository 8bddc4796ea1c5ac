/** Follows a run while it trains: asks for a fresh trace as often as its worker allows, and shows each. */

const SHORTEST = 120;          // milliseconds between two questions
const LONGEST = 4000;
const IDLE = 300;              // while there is nothing new to ask for

const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

export class Following {
  isOn = false;
  #turn = 0;

  /** `row` is the text to ask for, null while nothing is new. @param {{row: () => object|null, store: TraceStore, show: (hash: string) => Promise<void>, failed: (sentence: string) => void}} needs */
  constructor({ base, run }, { row, store, show, failed }) {
    Object.assign(this, { address: `${base}/traces/${run}/follow`, row, store, show, failed });
  }

  toggle(isOn) {
    if (isOn === this.isOn) return;
    this.isOn = isOn;
    this.#turn += 1;
    if (isOn) this.#follow(this.#turn);
  }

  async #follow(turn) {
    while (turn === this.#turn) {
      const row = document.hidden ? null : this.row();
      const pause = row ? await this.#ask(row, turn) : IDLE;
      await wait(Math.min(LONGEST, Math.max(SHORTEST, pause)));
    }
  }

  /** @returns {Promise<number>} milliseconds until the next question */
  async #ask(row, turn) {
    const step = this.store.manifest.step;
    try {
      const answer = await fetch(this.address, { method: "POST", body: JSON.stringify({ ...row, step }) });
      const { manifest, wait: seconds, error } = answer.ok ? await answer.json() : { error: `The server answered ${answer.status}.` };
      if (turn !== this.#turn) return 0;
      if (error) this.failed(error);
      if (manifest) await this.show(manifest);
      return error || (manifest && this.store.manifest.step === step) ? LONGEST : 1000 * (seconds ?? 0);
    } catch {
      return LONGEST;          // the server is away; the feed says so
    }
  }

  close() {
    this.#turn += 1;
  }
}
