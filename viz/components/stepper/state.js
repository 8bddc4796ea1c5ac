/** What is looked at: operation, cell, head, voices, and the way that led there. Knows the trace, and no screen. */

export const VOICES = ["words", "formula", "code"];
const NAMES = ["op", "cell", "head", "view"];   // of the URL's parameters that are ours

/** @typedef {{tensor: string, index: number[]}} Cell */

export class StepState {
  operation = 0;
  /** @type {Cell|null} the cell whose origin is asked for */ cell = null;
  head = 0;
  voices = [...VOICES];
  /** @type {{operation: number, cell: Cell|null}[]} where `follow` came from, oldest first: the breadcrumb */ trail = [];
  #listeners = new Set();

  /** @param {import("./trace.js").TraceStore} store */
  constructor(store) {
    this.store = store;
  }

  /** The operation looked at, or undefined before there is a trace. */
  get current() {
    return this.store.operation(this.operation);
  }

  /** Go to another operation; the cell and the way to it are left behind. */
  go(i) {
    const operation = Math.min(Math.max(0, i), this.store.n - 1);
    if (operation === this.operation || operation < 0) return;
    this.#change({ operation, cell: null, trail: [] });
  }

  /** Look at a cell of a tensor on the screen, or at none. A new question: the way begins here. */
  pick(cell) {
    this.#change({ cell, trail: [], ...(cell && this.#headOf(cell)) });
  }

  /** Go where a number came from: the operation that made it, with this cell. Parameters have none: there the cell changes. */
  follow(cell) {
    const producer = this.store.producerOf(cell.tensor);
    const trail = [...this.trail, { operation: this.operation, cell: this.cell }];
    this.#change({ operation: producer?.i ?? this.operation, cell, trail, ...this.#headOf(cell) });
  }

  /** Back along the way, by one or more. */
  back(n = 1) {
    const place = this.trail.at(-n);
    if (place) this.#change({ ...place, trail: this.trail.slice(0, -n) });
  }

  setHead(head) {
    this.#change({ head: Math.min(Math.max(0, head), this.nHeads - 1) });
  }

  /** Show or hide one of the three voices; one always stays. */
  toggleVoice(voice) {
    const shown = VOICES.filter((name) => this.voices.includes(name) !== (name === voice));
    if (shown.length) this.#change({ voices: shown });
  }

  get nHeads() {
    return this.store.manifest?.config.n_heads ?? 1;
  }

  /** Another trace was opened: the same operation and cell there, or the nearest thing. */
  hold(name) {
    const operation = this.store.producerOf(name)?.i ?? Math.min(this.operation, this.store.n - 1);
    const cell = this.cell && this.#isCell(this.cell) ? this.cell : null;
    this.#change({ operation: Math.max(0, operation), cell, trail: [], head: Math.min(this.head, this.nHeads - 1) });
  }

  /** @param {(changed: Set<string>) => void} listener told after each change, with the names of what changed */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The query string `search` with this state in it; every parameter that is not ours stays as it is. */
  toQuery(search) {
    const others = search.replace(/^\?/, "").split("&").filter((pair) => pair && !NAMES.includes(pair.split("=")[0]));
    const own = { op: this.current?.name ?? "", cell: cellText(this.cell, this.current?.name), head: this.head || "",
      view: this.voices.length < VOICES.length ? this.voices.join(",") : "" };
    const written = Object.entries(own).filter(([, value]) => value !== "").map(([name, value]) => `${name}=${encode(value)}`);
    return [...others, ...written].join("&");
  }

  /** Take over what a query string says; what does not fit this trace is left out. */
  fromQuery(search) {
    const asked = new URLSearchParams(search);
    const producer = this.store.producerOf(asked.get("op") ?? "");
    const named = cellOf(asked.get("cell"), producer?.name);
    const cell = named && this.#isCell(named) ? named : null;
    const voices = VOICES.filter((voice) => (asked.get("view") ?? "").split(",").includes(voice));
    const head = Number(asked.get("head"));
    this.#change({
      operation: producer?.i ?? 0,
      cell,
      head: Number.isInteger(head) && head >= 0 && head < this.nHeads ? head : 0,
      ...(cell && this.#headOf(cell)),
      voices: voices.length ? voices : [...VOICES],
      trail: [],
    });
  }

  #isCell({ tensor, index }) {
    if (!this.store.has(tensor)) return false;
    const { shape } = this.store.spec(tensor);
    return index.length === shape.length && index.every((at, axis) => Number.isInteger(at) && at >= 0 && at < shape[axis]);
  }

  /** The head that a cell lies in, where its tensor has heads. */
  #headOf({ tensor, index }) {
    const axis = this.store.spec(tensor).axes.indexOf("head");
    return axis < 0 ? {} : { head: index[axis] };
  }

  #change(values) {
    const changed = new Set(Object.keys(values).filter((name) => JSON.stringify(values[name]) !== JSON.stringify(this[name])));
    if (!changed.size) return;
    Object.assign(this, values);
    for (const listener of this.#listeners) listener(changed);
  }
}

/** "2,3,1", with the tensor's name before it where it is not the operation's own output, or a scalar. */
function cellText(cell, output) {
  return cell ? [...(cell.tensor === output && cell.index.length ? [] : [cell.tensor]), ...cell.index].join(",") : "";
}

function cellOf(text, output) {
  if (!text) return null;
  const parts = text.split(",");
  const tensor = /^\d+$/.test(parts[0]) ? output : parts.shift();
  return tensor ? { tensor, index: parts.map(Number) } : null;
}

function encode(value) {
  return encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%3A", ":");
}
