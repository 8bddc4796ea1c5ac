/** Canvases that fit their box at any pixel ratio, colours from the theme, and one animation frame for all views. */

/** Draws the views that said they changed, once per animation frame, and nothing else. */
export class Painter {
  #waiting = new Set();
  #frame = 0;

  /** @param {{draw: () => void}} view */
  mark(view) {
    this.#waiting.add(view);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  /** Draw what is marked now: who pressed a key waits for the next frame anyway, and drawing fits before it. */
  flush() {
    if (!this.#frame) return;
    cancelAnimationFrame(this.#frame);
    this.#paint();
  }

  #paint() {
    this.#frame = 0;
    const views = [...this.#waiting];
    this.#waiting.clear();
    for (const view of views) view.draw();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#waiting.clear();
  }
}

/** A canvas that fills its parent; `width` and `height` are CSS pixels. */
export class Surface {
  width = 0;
  height = 0;

  /** @param {HTMLElement} parent @param {() => void} onResize */
  constructor(parent, onResize) {
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    parent.append(this.canvas);
    this.context = this.canvas.getContext("2d");
    this.observer = new ResizeObserver(() => this.#fit(parent) && onResize());
    this.observer.observe(parent);
    this.#fit(parent);
  }

  #fit(parent) {
    const ratio = (window.devicePixelRatio || 1) * zoomOf(parent);
    const [width, height] = [parent.clientWidth, parent.clientHeight];
    if (width === this.width && height === this.height && ratio === this.ratio) return false;
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    return true;
  }

  /** Clear and return the context, scaled to CSS pixels. */
  begin() {
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    return this.context;
  }

  close() {
    this.observer.disconnect();
  }
}

/** How much larger than written an element is shown: more than 1 before a class. To ask may cost a layout. */
export function zoomOf(element) {
  return element.currentCSSZoom ?? 1;
}

/** Where on an element a pointer is, in the element's own CSS pixels. */
export function placeOn(element, { clientX, clientY }) {
  const [{ left, top }, zoom] = [element.getBoundingClientRect(), zoomOf(element)];
  return [(clientX - left) / zoom, (clientY - top) / zoom];
}

/** The theme's colours as an element sees them: `theme.color("train")`, `theme.ramp("gradient")`, `theme.font(12)`. */
export class Theme {
  #known = new Map();

  constructor(element) {
    this.style = getComputedStyle(element);
  }

  color(name) {
    if (!this.#known.has(name)) this.#known.set(name, this.style.getPropertyValue(`--gb-${name}`).trim());
    return this.#known.get(name);
  }

  /** @returns {Uint8ClampedArray} 256 colours of 3 bytes, low to high */
  ramp(name) {
    const key = `ramp ${name}`;
    if (!this.#known.has(key)) {
      this.#known.set(key, rampOf(this.style.getPropertyValue(`--gb-ramp-${name}`).split(",").map(rgb)));
    }
    return this.#known.get(key);
  }

  font(size, family = "font", weight = 400) {
    return `${weight} ${size}px ${this.color(family)}`;
  }
}

/** Any CSS colour → [red, green, blue], 0 to 255. */
export function rgb(color) {
  const context = (rgb.context ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = color.trim();
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/** Whether text on this element's background must be light. */
export function isDark(element) {
  const background = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  if (!background) return matchMedia("(prefers-color-scheme: dark)").matches;
  const [red, green, blue] = rgb(background);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}

function rampOf(stops) {
  const ramp = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const [low, high] = [stops[Math.floor(at)], stops[Math.ceil(at)]];
    for (let c = 0; c < 3; c++) ramp[3 * i + c] = low[c] + (high[c] - low[c]) * (at - Math.floor(at));
  }
  return ramp;
}
