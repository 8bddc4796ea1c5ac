/** What one run has shown so far, kept up to date by the frames of its stream. Knows neither sockets nor the screen. */

/** Float32 rows that grow at the end and are cut there. */
export class Rows {
  /** @param {Float32Array} data @param {number} width numbers a row */
  constructor(data = new Float32Array(0), width = 1) {
    this.width = width;
    this.data = Float32Array.from(data);
    this.length = width ? data.length / width : 0;
  }

  append(data) {
    const used = this.length * this.width;
    if (used + data.length > this.data.length) {
      const grown = new Float32Array(Math.max(2 * used, used + data.length, 1024));
      grown.set(this.data.subarray(0, used));
      this.data = grown;
    }
    this.data.set(data, used);
    this.length = (used + data.length) / this.width;
  }

  cut(length) {
    this.length = Math.min(this.length, length);
  }
}

export class RunHistory {
  constructor() {
    this.seq = null;           // of the newest frame taken in
    this.rewinds = 0;          // how often something that was already drawn changed
    this.run = null;
    this.columns = new Map();  // name → place in a row of `points`
    this.points = new Rows();
    this.losses = new Rows();  // of step 1, 2, …: one number a step
    this.events = [];
    this.samples = [];         // recorded: {step, texts}
    this.said = null;          // the newest, recorded or not
    this.ghosts = [];          // {label, losses}
    this.probe = null;         // {header, arrays}
    this.status = { state: "starting", sentence: "", snapshots: [], divergence: null };
    this.train = {};
    this.nSteps = 0;
  }

  get step() {
    return this.losses.length;
  }

  /**
   * Take a frame in.
   * @returns {"taken"|"old"|"gap"} "old" was known already; after "gap" only a snapshot helps
   */
  apply({ header, arrays }) {
    if (header.kind === "snapshot" ? header.seq < this.seq : header.seq <= this.seq) return "old";
    if (this.seq === null && header.kind !== "snapshot") return "gap";
    const result = this[`_${header.kind}`]?.(header, arrays) ?? "taken";
    if (result === "taken") this.seq = header.seq;
    return result;
  }

  _snapshot(header, arrays) {
    this.rewinds += 1;
    this.run = header.run;
    this.columns = new Map(header.run.columns.map((name, i) => [name, i]));
    this.points = new Rows(arrays.points.data, this.columns.size);
    this.losses = new Rows(arrays.losses.data);
    this.events = header.events;
    this.samples = header.samples;
    this.said = header.samples.at(-1) ?? null;
    this.ghosts = header.ghosts.map(({ array, label }) => ({ label, losses: arrays[array].data }));
    this.nSteps = header.run.n_steps;
    this._take(header);
  }

  _points(header, arrays) {
    if (header.first_step > this.step + 1) return "gap";
    const skipped = this.step + 1 - header.first_step;
    this.losses.append(arrays.losses.data.subarray(skipped));
    const known = this.points.length ? this.lastOf("step") : 0;
    const width = this.columns.size;
    const rows = arrays.points.data;
    let first = 0;
    while (first < rows.length && rows[first] <= known) first += width;
    this.points.append(rows.subarray(first));
    return "taken";
  }

  _event(header) {
    this.events = [...this.events, header.event];
  }

  _rewind(header) {
    this.rewinds += 1;
    if (header.ghost) {
      const losses = this.losses.data.slice(0, this.losses.length);
      this.ghosts = [...this.ghosts, { label: header.label ?? "before", losses }].slice(-3);
    }
    this.losses.cut(header.step);
    this.points.cut(this.pointsUntil(header.step));
    this.events = header.events ?? this.events.filter((event) => event.step <= header.step);
    this.samples = header.samples ?? this.samples.filter((sample) => sample.step <= header.step);
    this.said = this.samples.at(-1) ?? null;
  }

  _state(header) {
    this.nSteps = header.n_steps;
    this._take(header);
  }

  _samples(header) {
    this.said = { step: header.step, texts: header.texts };
    if (header.recorded) this.samples = [...this.samples, this.said];
  }

  _probe(header, arrays) {
    this.probe = { header, arrays };
  }

  _take(header) {
    const { state, sentence, snapshots, divergence } = header;
    this.status = { state, sentence, snapshots: snapshots ?? [], divergence: divergence ?? null };
    this.train = header.train ?? header.run?.config ?? this.train;
  }

  /** How many points there are up to and including a step. */
  pointsUntil(step) {
    let [low, high] = [0, this.points.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.points.data[middle * this.points.width] <= step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** One number of one point; NaN where it was not measured or the column is unknown. */
  at(row, column) {
    const place = this.columns.get(column);
    return place === undefined || row < 0 || row >= this.points.length
      ? NaN : this.points.data[row * this.points.width + place];
  }

  /** The newest measured value of a column, at or before a row. */
  lastOf(column, row = this.points.length - 1) {
    for (let i = row; i >= 0; i--) {
      const value = this.at(i, column);
      if (!Number.isNaN(value)) return value;
    }
    return NaN;
  }

  /** Steps a second over the last few points, by the clock of the training itself. */
  stepsPerSecond() {
    const last = this.points.length - 1;
    const first = Math.max(0, last - 20);
    return (this.at(last, "step") - this.at(first, "step")) / (this.at(last, "seconds") - this.at(first, "seconds"));
  }

  /** Mean loss of the last `n` steps, in nats. */
  recentLoss(n = 20) {
    const first = Math.max(0, this.step - n);
    let sum = 0;
    for (let i = first; i < this.step; i++) sum += this.losses.data[i];
    return sum / (this.step - first);
  }
}
