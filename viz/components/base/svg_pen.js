/** Writes as SVG what is drawn: the part of a canvas's context that our charts use. */

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const short = (value) => String(Math.round(value * 100) / 100);
const ANCHORS = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
const BASELINES = { alphabetic: "auto", middle: "central", top: "hanging", hanging: "hanging", bottom: "text-after-edge" };

export class SvgPen {
  fillStyle = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  lineCap = "butt";
  lineJoin = "miter";
  globalAlpha = 1;
  font = "10px sans-serif";
  textAlign = "start";
  textBaseline = "alphabetic";
  imageSmoothingEnabled = true;
  #parts = [];
  #path = "";
  #dash = [];
  #matrix = new DOMMatrix();
  #clip = "";
  #stack = [];
  #nClips = 0;

  /** @param {CanvasRenderingContext2D} context measures text */
  constructor(width, height, context) {
    Object.assign(this, { width, height, context });
  }

  /** @param {string} background @param {string} title @returns {string} the whole file */
  finish(background, title) {
    const box = `0 0 ${short(this.width)} ${short(this.height)}`;
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" width="${short(this.width)}" height="${short(this.height)}">`
      + `<title>${escape(title)}</title><rect width="100%" height="100%" fill="${escape(background)}"/>${this.#parts.join("")}</svg>`;
  }

  save() {
    const { fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, globalAlpha, font, textAlign, textBaseline } = this;
    const kept = { fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, globalAlpha, font, textAlign, textBaseline };
    this.#stack.push([kept, this.#dash, this.#matrix, this.#clip]);
  }

  restore() {
    const [kept, dash, matrix, clip] = this.#stack.pop();
    Object.assign(this, kept);
    [this.#dash, this.#matrix, this.#clip] = [dash, matrix, clip];
  }

  translate(x, y) { this.#matrix = this.#matrix.translate(x, y); }
  rotate(angle) { this.#matrix = this.#matrix.rotate((angle * 180) / Math.PI); }
  scale(x, y) { this.#matrix = this.#matrix.scale(x, y); }
  setLineDash(dash) { this.#dash = dash; }
  measureText(text) { this.context.font = this.font; return this.context.measureText(text); }
  clearRect() {}

  beginPath() { this.#path = ""; }
  closePath() { this.#path += "Z"; }
  moveTo(x, y) { this.#path += `M${this.#at(x, y)}`; }
  lineTo(x, y) { this.#path += `${this.#path ? "L" : "M"}${this.#at(x, y)}`; }
  quadraticCurveTo(a, b, x, y) { this.#path += `Q${this.#at(a, b)} ${this.#at(x, y)}`; }
  bezierCurveTo(a, b, c, d, x, y) { this.#path += `C${this.#at(a, b)} ${this.#at(c, d)} ${this.#at(x, y)}`; }
  rect(x, y, width, height) { this.moveTo(x, y); this.lineTo(x + width, y); this.lineTo(x + width, y + height); this.lineTo(x, y + height); this.closePath(); }

  roundRect(x, y, width, height, radius) {
    const r = Math.min(radius, width / 2, height / 2);
    const [right, bottom] = [x + width, y + height];
    this.moveTo(x + r, y);
    this.lineTo(right - r, y);
    this.quadraticCurveTo(right, y, right, y + r);
    this.lineTo(right, bottom - r);
    this.quadraticCurveTo(right, bottom, right - r, bottom);
    this.lineTo(x + r, bottom);
    this.quadraticCurveTo(x, bottom, x, bottom - r);
    this.lineTo(x, y + r);
    this.quadraticCurveTo(x, y, x + r, y);
    this.closePath();
  }

  arc(x, y, radius, from, to) {
    const whole = Math.abs(to - from) >= 2 * Math.PI - 1e-6;
    const point = (angle) => this.#at(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    const size = Math.abs(this.#matrix.a) * radius;
    const sweep = (end, isLarge) => `A${short(size)} ${short(size)} 0 ${isLarge ? 1 : 0} ${to > from ? 1 : 0} ${point(end)}`;
    this.#path += `${this.#path && !whole ? "L" : "M"}${point(from)}`;
    this.#path += whole ? `${sweep(from + Math.PI, false)}${sweep(from, false)}Z` : sweep(to, Math.abs(to - from) > Math.PI);
  }

  clip() {
    const name = `clip${++this.#nClips}`;
    this.#parts.push(`<clipPath id="${name}"><path d="${this.#path}"/></clipPath>`);
    this.#clip = ` clip-path="url(#${name})"`;
  }

  fill() { this.#shape(this.#filled()); }
  stroke() { this.#shape(this.#stroked()); }

  fillRect(x, y, width, height) { this.#drawn(() => { this.rect(x, y, width, height); this.fill(); }); }
  strokeRect(x, y, width, height) { this.#drawn(() => { this.rect(x, y, width, height); this.stroke(); }); }

  fillText(text, x, y) { this.#words(text, x, y, this.#filled()); }
  strokeText(text, x, y) { this.#words(text, x, y, this.#stroked()); }

  /** A canvas, or a part of one, as a picture inside the file. */
  drawImage(source, ...at) {
    const [sx, sy, sw, sh, x, y, width, height] = at.length === 8 ? at : [0, 0, source.width, source.height, ...at];
    const part = document.createElement("canvas");
    Object.assign(part, { width: sw, height: sh });
    part.getContext("2d").drawImage(source, sx, sy, sw, sh, 0, 0, sw, sh);
    const corner = this.#matrix.transformPoint(new DOMPoint(x, y));
    const [wide, tall] = [width * this.#matrix.a, height * this.#matrix.d];
    const sharp = this.imageSmoothingEnabled ? "" : ' style="image-rendering: pixelated"';
    const place = `x="${short(corner.x)}" y="${short(corner.y)}" width="${short(wide)}" height="${short(tall)}"`;
    const picture = `preserveAspectRatio="none" href="${part.toDataURL()}"`;
    this.#parts.push(`<image ${place} ${picture}${sharp}${this.#alpha()}${this.#clip}/>`);
  }

  #drawn(work) {
    const path = this.#path;
    this.#path = "";
    work();
    this.#path = path;
  }

  #filled() { return `fill="${this.#color(this.fillStyle)}"`; }

  #stroked() {
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.join(" ")}"` : "";
    const ends = `stroke-linecap="${this.lineCap}" stroke-linejoin="${this.lineJoin}"`;
    return `fill="none" stroke="${this.#color(this.strokeStyle)}" stroke-width="${short(this.lineWidth)}" ${ends}${dash}`;
  }

  /** A clip is of the picture, not of the words' own coordinates: it stands on a group around them. */
  #words(text, x, y, paint) {
    const { a, b, c, d, e, f } = this.#matrix.translate(x, y);
    const place = `transform="matrix(${[a, b, c, d, e, f].map(short).join(" ")})"`;
    const style = `text-anchor="${ANCHORS[this.textAlign]}" dominant-baseline="${BASELINES[this.textBaseline]}" style="font: ${escape(this.font)}"`;
    const words = `<text ${place} ${style} ${paint}${this.#alpha()}>${escape(text)}</text>`;
    this.#parts.push(this.#clip ? `<g${this.#clip}>${words}</g>` : words);
  }

  #shape(paint) { this.#parts.push(`<path d="${this.#path}" ${paint}${this.#alpha()}${this.#clip}/>`); }
  #alpha() { return this.globalAlpha < 1 ? ` opacity="${short(this.globalAlpha)}"` : ""; }
  #color(style) { return typeof style === "string" ? escape(style) : "none"; }

  #at(x, y) {
    const point = this.#matrix.transformPoint(new DOMPoint(x, y));
    return `${short(point.x)} ${short(point.y)}`;
  }
}
