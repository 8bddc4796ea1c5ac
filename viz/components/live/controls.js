/** The head of the Train page: what the run is, how far it is, its buttons, and one line that says what is going on. */

import { disable, make, setText } from "../base/dom.js";
import { count, duration, short, significant } from "../base/numbers.js";

const WATCHING = "You are watching. Fork to get your own copy.";
const NOT_CONNECTED = "Reconnecting…";
const ONCE = new Set(["reset", "fork"]);  // a burst of them would keep a Pause behind it waiting
const GONE = "This run is no longer there.";
const FIELDS = "input, textarea, select, button, a, summary, [contenteditable], [role=slider], [role=tab], [role=combobox]";

export class Controls {
  /** @param {HTMLElement} parent @param {{feed: Feed, painter: Painter, opened: (run: string) => void}} needs */
  constructor(parent, { feed, painter, opened }) {
    Object.assign(this, { feed, painter, opened });
    this.history = null;
    this.error = "";
    this.pending = new Set();
    this.title = make("div.title");
    this.numbers = make("div.numbers");
    this.step = make("span");
    this.loss = make("span.loss");
    this.numbers.append(this.step, this.loss);
    this.buttons = this.#buttons();
    this.speed = make("div.speed");
    this.bar = make("div.bar-of-progress", { role: "progressbar", "aria-label": "progress", "aria-valuemin": 0, "aria-valuemax": 100 }, make("i"));
    this.line = make("div.line", { role: "status" });
    parent.append(
      make("div.row", {}, this.title, this.numbers), this.buttons, this.bar, make("div.row.last", {}, this.line, this.speed),
    );
    this.onKey = (event) => this.#key(event);
    document.addEventListener("keydown", this.onKey);
  }

  show(history) {
    this.history = history;
    this.painter.mark(this);
  }

  #buttons() {
    const button = (text, act) => make("button", { text, onclick: act });
    this.toggle = make("button.primary", { text: "▶ Start", onclick: () => this.#toggle() });
    this.one = button("+1 step", () => this.send("step", { n: 1 }));
    this.hundred = button("+100", () => this.send("step", { n: 100 }));
    this.reset = button("⟲ Reset", () => this.send("reset"));
    this.back = make("select", { "aria-label": "Back to an earlier step", onchange: () => {
      const step = Number(this.back.value);
      this.back.selectedIndex = 0;
      this.send("undo", { step });
    } });
    this.fork = button("Fork", () => this.#fork());
    return make("div.buttons", {}, this.toggle, this.one, this.hundred, this.reset, this.back, this.fork);
  }

  /** Send a command and show its refusal, if any, in the line. What asks for the same again is not sent twice at a time. */
  async send(name, fields = {}) {
    if (ONCE.has(name) && this.pending.has(name)) return null;
    this.pending.add(name);
    try {
      const reply = await this.feed.command(name, fields);
      this.error = "";
      return reply;
    } catch (refusal) {
      this.error = refusal.message;
      return null;
    } finally {
      this.pending.delete(name);
      this.painter.mark(this);
    }
  }

  #toggle() {
    return this.send(this.isTraining ? "pause" : "start");
  }

  async #fork() {
    const reply = await this.send("fork");
    if (reply?.run) this.opened(reply.run);
  }

  async #cure(changes) {
    if (await this.send("set", { changes })) await this.send("start");
  }

  async #more(n) {
    if (await this.send("extend", { n })) await this.send("start");
  }

  #key(event) {
    const from = event.composedPath()[0];
    if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (from instanceof Element && from.closest(FIELDS)) return;
    event.preventDefault();
    if (!this.toggle.disabled) this.#toggle();
  }

  get isTraining() {
    return ["training", "starting", "waiting"].includes(this.feed.history.status.state);
  }

  draw() {
    this.#numbers();
    this.#enable();
    this.#say();
  }

  /** What is drawn may be the shipped run; what the buttons do is always about the run itself. */
  #numbers() {
    const history = this.feed.history.run ? this.feed.history : this.history;
    if (!history?.run) return;
    const { run } = history;
    const parts = [run.title || run.dataset, plural(run.n_layers, "layer"), plural(run.n_heads, "head"), `width ${run.config.d_model}`, `${count(run.n_parameters)} parameters`];
    setText(this.title, run.n_parameters ? parts.join(" · ") : run.name);
    if (history !== this.feed.history) return;
    setText(this.step, `step ${count(history.step)} / ${count(history.nSteps)}`);
    setText(this.loss, history.step ? `loss ${significant(history.recentLoss())}` : "");
    const pace = history.stepsPerSecond();
    const left = (history.nSteps - history.step) / pace;
    const rate = history.lastOf("tokens_per_second");
    const isRunning = this.feed.history.status.state === "training";
    setText(this.speed, isRunning && Number.isFinite(rate) && left > 0 ? `${short(rate)} tok/s · ${duration(left)} left` : "");
    const share = history.nSteps ? Math.min(100, (100 * history.step) / history.nSteps) : 0;
    this.bar.firstChild.style.transform = `scaleX(${share / 100})`;
    this.bar.setAttribute("aria-valuenow", Math.round(share));
  }

  #enable() {
    const { feed } = this;
    const { state, snapshots } = feed.history.status;
    const lost = feed.isGone ? GONE : feed.link !== "open" ? NOT_CONNECTED : "";
    const barred = lost || (feed.owner ? "" : WATCHING);
    const isDone = state === "finished" ? "All steps are done: train more, or reset." : "";
    setText(this.toggle, this.isTraining ? "❚❚ Pause" : "▶ Start");
    disable(this.toggle, barred || isDone, "Space");
    for (const button of [this.one, this.hundred]) disable(button, barred || isDone);
    disable(this.reset, barred, "Step 0 again, with the same seed; this curve stays as a ghost");
    disable(this.back, barred || (snapshots.length ? "" : "No earlier state is kept yet."), "Go back to a kept state");
    disable(this.fork, lost, "A copy of your own, from here on");
    const offered = snapshots.join();
    if (offered === this.offered) return;
    this.offered = offered;
    this.back.replaceChildren(make("option", { text: "⤺ Back to…", value: "" }),
      ...[...snapshots].reverse().map((step) => make("option", { text: `step ${count(step)}`, value: step })));
  }

  #say() {
    const { feed } = this;
    const { state, sentence, divergence } = feed.history.status;
    const key = JSON.stringify([feed.link, feed.reason, feed.owner, state, sentence, divergence, this.error, feed.history.nSteps]);
    if (key === this.said) return;
    this.said = key;
    this.line.className = `line ${feed.link === "open" ? state : "lost"}`;
    const words = [make("i.dot"), make("span", { text: this.error || this.#sentence() })];
    if (feed.link === "open" && feed.owner) words.push(...this.#offers());
    this.line.replaceChildren(...words);
  }

  #sentence() {
    const { feed } = this;
    const { state, sentence } = feed.history.status;
    if (feed.link === "lost" || feed.link === "gone") return feed.reason || NOT_CONNECTED;
    if (feed.link === "connecting" || !feed.history.run) return "Connecting…";
    const words = {
      starting: "Starting: the model is being made.",
      training: "Training.",
      paused: "Paused. Everything is saved.",
      finished: `Finished after ${count(feed.history.step)} steps.`,
      waiting: "Waiting for a free place.",
      failed: "The run stopped.",
      diverged: "The training diverged.",
    }[state] ?? state;
    return [sentence || words, feed.owner ? "" : WATCHING].filter(Boolean).join(" ");
  }

  /** What helps in this state, as buttons. */
  #offers() {
    const { state, sentence, divergence } = this.feed.history.status;
    const offer = (text, act) => make("button.offer", { text, onclick: act });
    if (state === "finished") return [offer("Train 1,000 more", () => this.#more(1000))];
    if (state === "failed") return [offer("Try again", () => this.send("start"))];
    if (state !== "diverged" || !divergence) return [];
    const isNews = divergence.tensor && !sentence.includes(divergence.tensor);
    const broke = isNews
      ? [make("span.broke", {}, "first to break: ", make("code", { text: divergence.tensor }), ` at step ${count(divergence.step)}`)] : [];
    return [...broke, ...divergence.cures.map(({ text, changes }) => offer(text, () => this.#cure(changes)))];
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
  }
}

function plural(n, noun) {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
