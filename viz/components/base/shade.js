/** Which ink is read on which colour. Pure. */

const PALE = 0.2;              // relative luminance from which on dark ink is read better

/** A colour along a ramp and the ink that is read on it. @param {Theme} theme @param {string} ramp its name @param {number} share 0 … 1 */
export function shade(theme, ramp, share) {
  const colors = theme.ramp(ramp);
  const at = 3 * Math.round(255 * Math.min(1, Math.max(0, share || 0)));
  const [red, green, blue] = [colors[at], colors[at + 1], colors[at + 2]];
  const light = 0.2126 * (red / 255) ** 2.2 + 0.7152 * (green / 255) ** 2.2 + 0.0722 * (blue / 255) ** 2.2;
  return { fill: `rgb(${red} ${green} ${blue})`, ink: theme.color(light > PALE ? "ink-dark" : "ink-light") };
}
