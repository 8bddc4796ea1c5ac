/** Scales of axes: values to pixels and back, ticks at round numbers, limits that grow in calm steps. Pure. */

const ROUND = [1, 2, 5, 10];

/** A linear or logarithmic axis from `low` to `high`, drawn from pixel `start` to pixel `end`. */
export class Scale {
  constructor(low, high, start, end, isLog = false) {
    Object.assign(this, { low, high, start, end, isLog });
    this.from = isLog ? Math.log10(low) : low;
    this.to = isLog ? Math.log10(high) : high;
  }

  pixel(value) {
    const at = this.isLog ? Math.log10(Math.max(value, 1e-30)) : value;
    return this.start + ((at - this.from) / (this.to - this.from)) * (this.end - this.start);
  }

  value(pixel) {
    const at = this.from + ((pixel - this.start) / (this.end - this.start)) * (this.to - this.from);
    return this.isLog ? 10 ** at : at;
  }

  ticks(n) {
    return this.isLog ? logTicks(this.low, this.high, n) : linearTicks(this.low, this.high, n);
  }
}

/** The smallest of 1, 2, 5 × 10^k that is not below a value. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return ROUND.find((step) => step * power >= value * (1 - 1e-9)) * power;
}

export function linearTicks(low, high, n) {
  const step = roundUp((high - low) / Math.max(1, n));
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

export function logTicks(low, high, n) {
  const decades = Math.log10(high / low);
  if (decades < 0.7) return linearTicks(low, high, n);
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const every = Math.max(1, Math.ceil(decades / Math.max(2, n)));
  const within = [[1, 2, 5], [1, 3]].find((digits) => digits.length * decades <= Math.max(3, n)) ?? [1];
  const ticks = [];
  for (let power = first; power <= last; power += every) {
    for (const digit of within) ticks.push(Number((digit * 10 ** power).toPrecision(12)));
  }
  return ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
}

/** Limits that contain [low, high] at round numbers, so that they change rarely and by much. */
export function calmLimits(low, high, isLog) {
  if (!(high >= low)) return isLog ? [0.1, 10] : [0, 1];
  if (isLog) return calmLog(low, high);
  const step = roundUp(Math.max(high - low, Math.abs(high) * 1e-3, 1e-12) / 4);
  const floor = Math.floor(low / step + 1e-9) * step;
  return [floor, Math.max(Math.ceil(high / step - 1e-9) * step, floor + step)];
}

function calmLog(low, high) {
  const down = (value) => {
    const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
    return [5, 2, 1].find((step) => step * power <= value * (1 + 1e-9)) * power;
  };
  const [floor, ceiling] = [down(low), roundUp(high)];
  return floor < ceiling ? [floor, ceiling] : [floor / 2, ceiling * 2];
}

/** How far the step axis reaches: a round number past the newest step, but not past the end of the run. */
export function calmSteps(step, nSteps) {
  const power = 10 ** Math.max(1, Math.floor(Math.log10(Math.max(step, 1))));
  const reach = [1, 2, 3, 5, 7.5, 10].map((part) => part * power).find((end) => end >= step);
  const end = step < nSteps ? Math.min(Math.max(reach, Math.min(100, nSteps)), nSteps) : Math.max(step, 1);
  return end;
}
