/** Pan and zoom of an SVG scene: pointer, wheel, buttons. A wheel scrolls, with Ctrl (or two fingers) it zooms. */

const CLOSEST = 2.5, FARTHEST = 0.12, READABLE = 0.62, LARGEST = 1.7;
const MARGIN = 14;
const FOOT = 26;               // pixels below, where the picture says what it is of

export class Camera {
  /** @param {SVGSVGElement} svg @param {SVGGElement} scene @param {() => void} moved */
  constructor(svg, scene, moved) {
    Object.assign(this, { svg, scene, moved, x: 0, y: 0, k: 1, size: { width: 1, height: 1 }, top: null });
    this.#listen();
  }

  get view() {
    return { width: this.svg.clientWidth || 1, height: Math.max(1, this.svg.clientHeight - FOOT) };
  }

  /** How much smaller all of it would have to be drawn, and how much smaller its width, to be in sight. */
  get #shares() {
    const { width, height } = this.view;
    const wide = (width - 2 * MARGIN) / this.size.width;
    return { wide, whole: Math.min(wide, (height - 2 * MARGIN) / this.size.height) };
  }

  #listen() {
    let held = null;
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      held = { x: event.clientX, y: event.clientY, id: event.pointerId, far: false };
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (held?.id !== event.pointerId) return;
      const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
      if (!held.far && Math.hypot(dx, dy) < 4) return;
      if (!held.far) this.svg.setPointerCapture(held.id);
      Object.assign(held, { x: event.clientX, y: event.clientY, far: true });
      this.svg.classList.add("dragged");
      this.by(dx, dy);
    });
    const end = () => {
      if (held?.far) setTimeout(() => this.svg.classList.remove("dragged"), 0);
      held = null;
    };
    this.svg.addEventListener("pointerup", end);
    this.svg.addEventListener("pointercancel", end);
    this.svg.addEventListener("wheel", (event) => {
      const box = this.svg.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY * 0.004), event.clientX - box.left, event.clientY - box.top);
      else if (!this.by(event.shiftKey ? -event.deltaY : -event.deltaX, event.shiftKey ? 0 : -event.deltaY)) return;
      event.preventDefault();
    }, { passive: false });
  }

  get isDragging() {
    return this.svg.classList.contains("dragged");
  }

  /** Whether anything moved: at the end of the picture a wheel goes on to the page. */
  by(dx, dy) {
    const { x, y } = this;
    this.x += dx;
    this.y += dy;
    this.#apply();
    return this.x !== x || this.y !== y;
  }

  zoom(factor, x = this.view.width / 2, y = this.view.height / 2) {
    const k = Math.min(CLOSEST, Math.max(FARTHEST, this.k * factor));
    this.x = x - ((x - this.x) * k) / this.k;
    this.y = y - ((y - this.y) * k) / this.k;
    this.k = k;
    this.#apply();
  }

  /** All of it, or, where that would be too small to read, its whole width from the top; wider still, around its topmost item. */
  fit(isWhole = false) {
    const { width, height } = this.view;
    const { wide, whole } = this.#shares;
    this.k = isWhole || whole >= READABLE ? Math.min(LARGEST, whole) : Math.max(Math.min(wide, 1), READABLE);
    const middle = wide < this.k && this.top ? this.top.x + this.top.width / 2 : this.size.width / 2;
    this.x = width / 2 - middle * this.k;
    this.y = Math.max(MARGIN, (height - this.size.height * this.k) / 2);
    this.#apply();
  }

  /** Zoom out around a place until all of it or else the whole width can be seen, but no further than can be read. */
  contain({ x, y, width, height }) {
    const { wide, whole } = this.#shares;
    const k = whole >= READABLE ? whole : Math.max(READABLE, wide);
    if (k < this.k) this.zoom(k / this.k, this.x + (x + width / 2) * this.k, this.y + (y + height) * this.k);
  }

  /** Bring a place of the scene into sight; nothing moves where it is seen already. */
  reveal({ x, y, width, height }) {
    const { width: w, height: h } = this.view;
    const [left, top] = [this.x + x * this.k, this.y + y * this.k];
    const [right, bottom] = [left + width * this.k, top + height * this.k];
    const dx = left < MARGIN ? MARGIN - left : right > w - MARGIN ? Math.max(MARGIN - left, w - MARGIN - right) : 0;
    const dy = top < 2 * MARGIN ? 3 * MARGIN - top : bottom > h - 2 * MARGIN ? h - 3 * MARGIN - bottom : 0;
    if (dx || dy) this.by(dx, dy);
  }

  /** Keep what is there in sight: at least a part of the scene stays in the middle. */
  #apply() {
    const { width, height } = this.view;
    const [w, h] = [this.size.width * this.k, this.size.height * this.k];
    this.x = w <= width ? within(this.x, w, width) : Math.min(MARGIN * 4, Math.max(this.x, width - w - MARGIN * 4));
    this.y = h <= height ? within(this.y, h, height) : Math.min(MARGIN, Math.max(this.y, height - h - MARGIN));
    this.scene.setAttribute("transform", `translate(${this.x.toFixed(2)} ${this.y.toFixed(2)}) scale(${this.k.toFixed(4)})`);
    this.moved();
  }
}

/** A place at which all of `size` is in sight, off the edges where there is room for it. */
function within(at, size, room) {
  const margin = Math.min(MARGIN, (room - size) / 2);
  return Math.min(Math.max(at, margin), room - size - margin);
}
