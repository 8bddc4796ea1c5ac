/** Long series made small enough to draw: smoothing, extremes, one pair of extremes per pixel. Pure. */

const SHARE = 8;               // a mean never spans more than an eighth of the series to either side

/** The mean of a growing series over `span` values around each (fewer at both ends; what is not finite is left out). */
export class Smoother {
  values = new Float32Array(0);
  length = 0;
  #sums = new Float64Array(1);
  #counts = new Int32Array(1);
  #half = -1;
  #rewinds = -1;

  /** @param {Rows} rows @param {number} span odd; 1 = no smoothing @param {number} rewinds changes when old values did */
  update(rows, span, rewinds) {
    const half = Math.min(Math.floor(span / 2), Math.floor(rows.length / SHARE));
    if (half !== this.#half || rewinds !== this.#rewinds || rows.length < this.length) this.length = 0;
    [this.#half, this.#rewinds] = [half, rewinds];
    this.#grow(rows.length);
    for (let i = this.length; i < rows.length; i++) {
      const value = rows.data[i];
      const isKnown = Number.isFinite(value);
      this.#sums[i + 1] = this.#sums[i] + (isKnown ? value : 0);
      this.#counts[i + 1] = this.#counts[i] + isKnown;
    }
    for (let i = Math.max(0, this.length - half); i < rows.length; i++) {
      const first = i - Math.min(half, i);
      const end = Math.min(rows.length, i + Math.min(half, i) + 1);
      const n = this.#counts[end] - this.#counts[first];
      this.values[i] = n ? (this.#sums[end] - this.#sums[first]) / n : NaN;
    }
    this.length = rows.length;
    return this.values;
  }

  #grow(length) {
    if (this.values.length >= length) return;
    const room = Math.max(2 * this.values.length, length, 1024);
    const grown = (Type, old, size) => {
      const array = new Type(size);
      array.set(old);
      return array;
    };
    this.values = grown(Float32Array, this.values, room);
    this.#sums = grown(Float64Array, this.#sums, room + 1);
    this.#counts = grown(Int32Array, this.#counts, room + 1);
  }
}

/** [smallest, largest] finite value of data[first … end − 1]; [Infinity, −Infinity] if there is none. */
export function extremes(data, first, end, positive = false) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = Math.max(0, first); i < end; i++) {
    const value = data[i];
    if (!(value < Infinity && value > -Infinity) || (positive && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/**
 * A path through a series with one number a step, with at most two points a pixel: its extremes there, in order.
 * @param {Float32Array} data of step 1, 2, … @param {number} length @param {Scale} x of steps
 * @param {(step: number, value: number) => void} line called for each point; value NaN lifts the pen
 */
export function throughPixels(data, length, x, line) {
  const last = Math.min(length, Math.ceil(x.high) + 1);
  let step = Math.max(1, Math.floor(x.low));
  if (last - step < 2 * Math.abs(x.end - x.start)) {
    for (; step <= last; step++) line(step, data[step - 1]);
    return;
  }
  for (let pixel = Math.floor(x.pixel(step)); step <= last; pixel++) {
    const end = Math.min(last, Math.max(step, Math.ceil(x.value(pixel + 1)) - 1));
    let [lowest, highest] = [-1, -1];
    for (let s = step; s <= end; s++) {
      const value = data[s - 1];
      if (Number.isNaN(value)) continue;
      if (lowest < 0 || value < data[lowest - 1]) lowest = s;
      if (highest < 0 || value > data[highest - 1]) highest = s;
    }
    if (lowest < 0) line(end, NaN);
    else {
      line(Math.min(lowest, highest), data[Math.min(lowest, highest) - 1]);
      if (lowest !== highest) line(Math.max(lowest, highest), data[Math.max(lowest, highest) - 1]);
    }
    step = end + 1;
  }
}

/** The history as a table: a row of names and one row a step; columns of points stand at the steps they were taken. */
export function tableOf(history) {
  const columns = [...history.columns.keys()].filter((name) => name !== "step" && name !== "loss");
  const rows = [["step", "loss", ...columns]];
  const write = (value) => (Number.isNaN(value) ? "" : Number(value.toPrecision(7)));
  let row = 0;
  for (let step = 1; step <= history.step; step++) {
    while (row < history.points.length && history.at(row, "step") < step) row++;
    const here = history.at(row, "step") === step;
    rows.push([step, write(history.losses.data[step - 1]), ...columns.map((c) => (here ? write(history.at(row, c)) : ""))]);
  }
  return rows;
}
