/** Trying things on one text, on a what-if fork of the run and never on the run. Knows commands and numbers, no screen. */

import { openFeed } from "../live/feed.js";
import { flatOf } from "../stepper/operands.js";
import { scoresIn, scoresOf } from "./scores.js";

const PAUSE = 250;             // milliseconds without another edit, before a new trace is asked for
const GONE = /no such run/i;

export class Trial {
  whatIf = "";                 // the fork's id, "" before the first try
  /** @type {Scores|null} how the text was read before the last try */ before = null;
  reply = null;                // of the last try
  kind = "";                   // learn | edit | unedit
  cell = null;                 // the cell that was chosen when it was tried, with its value then
  nEdits = 0;
  error = "";
  isBusy = false;
  waiting = null;              // the newest edit that came while another was under way
  #now = null;                 // {version, scores}
  #feed = null;
  #row = "";
  #asked = null;               // the fork that Python has been told of and does not know yet
  #turn = 0;

  /** @param {{store: TraceStore, state: StepState, tell: (name: string, value: any) => void, changed: () => void}} needs */
  constructor(data, { store, state, tell, changed }) {
    Object.assign(this, { data, store, state, tell, changed });
    this.runFeed = openFeed(data.base, data.run);
    this.#use(data.what_if);
  }

  /** What Python says now. Until it knows of our fork it may still speak of none. */
  update(data) {
    this.data = data;
    if (this.#asked !== null && data.what_if !== this.#asked) return;
    this.#asked = null;
    if (data.what_if !== this.whatIf) this.#use(data.what_if);
  }

  #use(whatIf) {
    this.#feed?.release();
    this.#feed = null;
    this.whatIf = whatIf;
    this.nEdits = 0;
    this.#forget();
    if (whatIf) this.#ask("score", {}).then(({ n_edits: n }) => { this.nEdits = n; this.changed(); }, () => {});
  }

  #forget() {
    Object.assign(this, { before: null, reply: null, kind: "", cell: null, error: "" });
    this.#now = null;
  }

  /** The text as a worker takes it, or null while there is none. */
  get row() {
    const weights = this.store.n ? this.store.tensor("weights") : null;
    const { tokens, targets } = this.store.manifest ?? {};
    return weights && { tokens, targets, weights: [...weights.data] };
  }

  /** @returns {Scores|null} how the text is read now: as the last try left it, or as the trace shows it */
  get now() {
    const { version } = this.store;
    if (this.#now?.version !== version) this.#now = { version, scores: this.store.n ? scoresOf(this.store) : null };
    this.#now.scores ??= this.store.n ? scoresOf(this.store) : null;
    return this.#now.scores;
  }

  /** Another trace is shown. What was tried on another text is no longer told. */
  opened() {
    const row = JSON.stringify(this.store.manifest.tokens);
    if (this.#row && row !== this.#row) this.#forget();
    this.#row = row;
  }

  learn() {
    return this.#try("learn", {}, true);
  }

  /** Edit a weight: {name, index, value or by}. While something is under way only the newest waits. `isLast`: show a new trace. */
  async edit(fields, isLast) {
    if (this.isBusy) this.waiting = { fields, isLast };
    else await this.#try("edit", fields, isLast);
  }

  unedit(all = false) {
    return this.#try("unedit", { all }, true);
  }

  async adopt() {
    const run = this.whatIf;
    if (run && await this.#guard(async () => (await this.#opened()).command("adopt"))) this.tell("opened", run);
  }

  back() {
    clearTimeout(this.telling);
    this.#use("");
    this.#tellFork("");
    this.changed();
  }

  async #try(name, fields, isLast) {
    if (this.isBusy || !this.row) return;
    const cell = this.#chosen();
    const reply = await this.#guard(() => this.#ask(name, fields));
    if (!reply) return;
    reply.version = this.store.version;
    Object.assign(this, { reply, kind: name, nEdits: reply.n_edits, before: scoresIn(reply, "before") });
    this.cell = isLast ? cell : this.cell;
    this.#now = { version: this.store.version, scores: scoresIn(reply, "after") };
    const { waiting } = this;
    this.waiting = null;
    clearTimeout(this.telling);
    if (isLast && !waiting) this.telling = setTimeout(() => this.#tellFork(this.whatIf), name === "edit" ? PAUSE : 0);
    this.changed();
    if (waiting) await this.edit(waiting.fields, waiting.isLast);
  }

  /** Do something, one at a time; a refusal becomes `error`, and the answer null. */
  async #guard(act) {
    this.isBusy = true;
    this.error = "";
    this.changed();
    try {
      return await act();
    } catch (refusal) {
      this.error = refusal.message;
      if (GONE.test(this.error) && this.whatIf) {
        this.back();
        this.error = "The what-if fork is gone, as nobody had looked at it for a while: this is the run again.";
      }
      return null;
    } finally {
      this.isBusy = false;
      this.changed();
    }
  }

  async #ask(name, fields) {
    if (!this.whatIf) {
      const { run } = await (await isOpen(this.runFeed)).command("fork", { what_if: true });
      this.whatIf = run;
    }
    return (await this.#opened()).command(name, { ...(this.row ?? {}), ...fields });
  }

  #opened() {
    this.#feed ??= openFeed(this.data.base, this.whatIf);
    return isOpen(this.#feed);
  }

  #tellFork(whatIf) {
    this.#asked = whatIf;
    this.tell("tried", { what_if: whatIf, turn: ++this.#turn });
  }

  #chosen() {
    const { cell } = this.state;
    const tensor = cell && this.store.tensor(cell.tensor);
    return tensor ? { ...cell, value: tensor.data[flatOf(tensor.shape, cell.index)], version: this.store.version } : null;
  }

  close() {
    clearTimeout(this.telling);
    this.#feed?.release();
    this.runFeed.release();
  }
}

/** The feed itself, as soon as it is connected; fails with what the server said. */
function isOpen(feed) {
  if (feed.link === "open") return Promise.resolve(feed);
  return new Promise((resolve, reject) => {
    const stop = feed.listen(() => {
      if (feed.link === "connecting") return;
      stop();
      if (feed.link === "open") resolve(feed);
      else reject(new Error(feed.reason || "Not connected at the moment; trying again by itself."));
    });
  });
}
