/** Which ink is read on which colour. Pure. */

/** A colour along a ramp and the ink that is read on it. @param {Uint8ClampedArray} ramp @param {number} share 0 … 1 */
export function shade(ramp, share) {
  const at = 3 * Math.round(255 * Math.min(1, Math.max(0, share || 0)));
  const [red, green, blue] = [ramp[at], ramp[at + 1], ramp[at + 2]];
  const light = 0.2126 * (red / 255) ** 2.2 + 0.7152 * (green / 255) ** 2.2 + 0.0722 * (blue / 255) ** 2.2;
  return { fill: `rgb(${red} ${green} ${blue})`, ink: light > 0.2 ? "#111827" : "#FFFFFF" };
}
