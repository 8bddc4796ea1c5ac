/** One WebSocket per run and page, shared by all components on it. Reconnects by itself and asks only for what is new. */

import { decode } from "../base/wire.js";
import { RunHistory } from "./history.js";

const FIRST_WAIT = 250;        // milliseconds; doubled at every failure in a row
const LONGEST_WAIT = 5000;
const SECONDS_TO_REPLY = 30;
const UNKNOWN_RUN = 4404;      // the close code for a run that is not there
const GRACE = 2000;            // milliseconds without a user before the socket is closed: a page change keeps it
const feeds = new Map();

/** The feed of a run; call `release()` once for each time it was opened. */
export function openFeed(base, run) {
  const key = `${base}/live/${run}`;
  if (!feeds.has(key)) feeds.set(key, new Feed(key));
  const feed = feeds.get(key);
  feed.users += 1;
  clearTimeout(feed.closing);
  return feed;
}

export class Feed {
  users = 0;
  history = new RunHistory();
  owner = false;
  link = "connecting";         // connecting | open | lost | gone
  reason = "";                 // what the server said when it refused
  #listeners = new Set();
  #wants = new Map();
  #replies = new Map();
  #lastId = 0;
  #failures = 0;
  #timer = 0;
  #socket = null;

  constructor(path) {
    this.path = path;
    this.hurry = () => this.#hurry();
    this.rewant = () => this.#sendWants();
    addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.rewant);
    this.#connect();
  }

  /** Whether there is no such run any more: nothing can be asked of it, and it does not come back. */
  get isGone() {
    return this.link === "gone" || this.history.status.state === "deleted";
  }

  /** @param {(kind: string) => void} listener told the kind of each frame, or "link" @returns {() => void} stop */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Say what a part of the screen looks at: {taps: [names], samples, probe}; null when it is not on screen. */
  want(part, wants) {
    if (JSON.stringify(this.#wants.get(part)) === JSON.stringify(wants ?? undefined)) return;
    if (wants) this.#wants.set(part, wants);
    else this.#wants.delete(part);
    this.#sendWants();
  }

  /** Send a command; resolves to the reply, its numbers under `arrays`; rejects with one sentence. */
  command(name, fields = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Error("Not connected at the moment; trying again by itself."));
    }
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ ...fields, id, do: name }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, { ok: false, error: "No answer came. Try again." }), SECONDS_TO_REPLY * 1000);
      this.#replies.set(id, { resolve, reject, timer });
    });
  }

  release() {
    this.users -= 1;
    if (this.users === 0) this.closing = setTimeout(() => this.#close(), GRACE);
  }

  #close() {
    feeds.delete(this.path);
    clearTimeout(this.#timer);
    removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.rewant);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #connect() {
    const after = this.history.seq === null ? "" : `?after=${this.history.seq}`;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.path}${after}`);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#socket === socket && this.#lost(code, reason);
    this.#socket = socket;
  }

  #receive(data) {
    const frame = decode(data);
    const { kind } = frame.header;
    if (kind === "hello") {
      this.owner = frame.header.owner;
      this.#failures = 0;
      this.reason = "";
      this.link = "open";
      this.#sendWants();
      this.#tell("link");
    } else if (kind === "reply") {
      this.#settle(frame.header.id, { ...frame.header, arrays: frame.arrays });
    } else {
      const result = this.history.apply(frame);
      if (result === "taken") this.#tell(kind);
      if (result === "gap") this.#startOver();
    }
  }

  #startOver() {
    this.history.seq = null;
    const socket = this.#socket;
    this.#connect();
    socket.close();
  }

  #lost(code, reason) {
    this.link = code === UNKNOWN_RUN ? "gone" : "lost";
    this.reason = reason;
    for (const id of [...this.#replies.keys()]) this.#settle(id, { ok: false, error: "The connection broke. Try again." });
    if (this.link === "gone") return void this.#tell("link");
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#connect(), wait * (0.7 + 0.6 * Math.random()));
    this.#tell("link");
  }

  #hurry() {
    if (this.link !== "lost") return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #settle(id, reply) {
    const waiting = this.#replies.get(id);
    if (!waiting) return;
    this.#replies.delete(id);
    clearTimeout(waiting.timer);
    if (reply.ok) waiting.resolve(reply);
    else waiting.reject(new Error(reply.error));
  }

  #sendWants() {
    if (this.link !== "open" || this.#socket?.readyState !== WebSocket.OPEN) return;
    const shown = document.hidden ? [] : [...this.#wants.values()];
    const taps = [...new Set(shown.flatMap((wants) => wants.taps ?? []))];
    const any = (name) => shown.some((wants) => wants[name]);
    this.#socket.send(JSON.stringify({ wants: { taps, samples: any("samples"), probe: any("probe") } }));
  }

  #tell(kind) {
    for (const listener of [...this.#listeners]) listener(kind);
  }
}
