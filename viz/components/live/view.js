/** Which part of the curves is looked at: zoom, scales, smoothing, the step under the crosshair. Shared by the plots. Pure. */

const CLOSEST = 4;             // steps across the whole width

export class ChartView {
  steps = null;                // [first, last] when zoomed, null = the whole run so far
  values = null;               // [low, high] of the main plot when zoomed
  cursor = null;               // step under the crosshair
  isLogX = false;
  isLogY = false;
  span = 21;                   // steps that smoothing averages over; odd
  limits = [0, 100];           // what `null` means at the moment

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  get range() {
    return this.steps ?? this.limits;
  }

  get isZoomed() {
    return this.steps !== null || this.values !== null;
  }

  set(changes) {
    Object.assign(this, changes);
    this.onChange();
  }

  /** Zoom about a step: factor < 1 comes closer. */
  zoom(factor, about) {
    const [low, high] = this.#unrolled();
    const at = this.isLogX ? Math.log10(Math.max(about, 1)) : about;
    this.#take(at - (at - low) * factor, at + (high - at) * factor);
  }

  /** Move by a share of the width; positive goes to later steps. */
  pan(share) {
    const [low, high] = this.#unrolled();
    const by = (high - low) * share;
    this.#take(low + by, high + by);
  }

  box(steps, values) {
    const [first, last] = steps;
    if (last - first >= CLOSEST / 2) this.set({ steps, values });
  }

  reset() {
    this.set({ steps: null, values: null });
  }

  /** Move the crosshair by some steps; it starts at the newest. */
  walk(by, newest) {
    const from = this.cursor ?? newest + (by > 0 ? 0 : -by);
    this.set({ cursor: Math.min(newest, Math.max(1, Math.round(from + by))) });
  }

  #unrolled() {
    return this.isLogX ? this.range.map((step) => Math.log10(Math.max(step, 1))) : this.range;
  }

  #take(low, high) {
    let steps = this.isLogX ? [10 ** low, 10 ** high] : [low, high];
    const [first, last] = this.isLogX ? [Math.max(1, this.limits[0]), this.limits[1]] : this.limits;
    if (steps[1] - steps[0] >= last - first) return this.reset();
    if (steps[1] - steps[0] < CLOSEST) return undefined;
    if (!this.isLogX && steps[0] < first) steps = [first, first + steps[1] - steps[0]];
    if (!this.isLogX && steps[1] > last) steps = [last - (steps[1] - steps[0]), last];
    return this.set({ steps });
  }
}
