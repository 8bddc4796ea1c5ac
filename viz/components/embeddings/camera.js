/** From points to pixels: a plane seen from above, or a space seen from where the visitor turned it. Pure. */

const FAR = 3.2;               // the eye's distance, in radii of the picture: near things look a little larger
export const START = { yaw: 0.6, pitch: 0.4 };
const MARGIN = 34;             // pixels around what is farthest out
const STEEPEST = Math.PI / 2;

/** Turned by some radians; the pitch stops when we look from straight above or below. */
export function turned({ yaw, pitch }, right, up) {
  return { yaw: yaw + right, pitch: Math.min(STEEPEST, Math.max(-STEEPEST, pitch + up)) };
}

/** The two or three numbers of a point as seen: x to the right, y up, z towards us (0 on a plane), not yet in pixels. */
export function seen(point, at, k, { yaw, pitch }) {
  const [x, y] = [point[at], point[at + 1]];
  if (k === 2) return [x, y, 0];
  const z = point[at + 2];
  const [cosine, sine] = [Math.cos(yaw), Math.sin(yaw)];
  const [right, away] = [x * cosine - z * sine, x * sine + z * cosine];
  const [up, down] = [Math.cos(pitch), Math.sin(pitch)];
  return [right, y * up - away * down, y * down + away * up];
}

/** Maps points onto a picture of `width` × `height` pixels in which `radius` still fits; one unit is as long every way. */
export class Camera {
  constructor({ width, height, radius, k, angles }) {
    Object.assign(this, { k, angles, radius });
    this.unit = Math.max(1, Math.min(width, height) / 2 - MARGIN) / (radius || 1);
    this.center = [width / 2, height / 2];
  }

  /** @returns {[number, number, number, number]} x, y, depth (larger is nearer), and the size that depth gives things */
  place(points, at) {
    const [x, y, z] = seen(points, at, this.k, this.angles);
    const size = this.k === 2 ? 1 : FAR / (FAR - z / (this.radius || 1));
    return [this.center[0] + x * this.unit * size, this.center[1] - y * this.unit * size, z, size];
  }
}

/** The radius around the origin that holds all points (n, k). */
export function radiusOf(points, k) {
  let most = 0;
  for (let at = 0; at < points.length; at += k) {
    let square = 0;
    for (let i = 0; i < k; i++) square += points[at + i] ** 2;
    most = Math.max(most, square);
  }
  return Math.sqrt(most);
}

/** The point within `most` pixels of a place that is nearest to it, as its row; null where there is none. */
export function nearest(places, x, y, most) {
  let best = null;
  let least = most ** 2;
  places.forEach(([px, py], row) => {
    const square = (px - x) ** 2 + (py - y) ** 2;
    if (square <= least) [best, least] = [row, square];
  });
  return best;
}
