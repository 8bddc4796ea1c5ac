/** How numbers are written on the screen: 3 significant digits, a real minus, counts with thousands apart. */

const minus = (text) => text.replace(/^-/, "−");

/** @param {number} value @param {number} [digits] significant digits; NaN and missing are a dash */
export function significant(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e5)) {
    const [head, power] = value.toExponential(digits - 1).split("e");
    return minus(`${head.replace(/\.?0+$/, "")}e${Number(power)}`);
  }
  return minus(size >= 10 ** digits ? String(Math.round(value)) : value.toPrecision(digits));
}

/** A number that is itself the subject: 6 significant digits or 4 decimals, no trailing zeros. */
export function exact(value, digits = 6) {
  const size = Math.abs(value);
  const text = digits === 6 && size >= 100 && size < 1e5 ? minus(value.toFixed(4)) : significant(value, digits);
  return text.includes("e") ? text : text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/** A number a person set, without trailing zeros: 0.003, 1e-5. */
export function setting(value) {
  if (typeof value !== "number") return String(value);
  return significant(Number(value.toPrecision(3)), 3).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/** 12345 → "12,345" */
export function count(value) {
  return Number.isFinite(value) ? minus(String(Math.round(value))).replace(/\B(?=(\d{3})+(?!\d))/g, ",") : "–";
}

/** 62345 → "62.3 k" */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(value) >= size) return `${significant(value / size)} ${letter}`;
  }
  return significant(value);
}

/** Seconds → "9 s", "2 min 5 s", "1 h 3 min" */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
