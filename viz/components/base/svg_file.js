/** Makes files of pictures that are SVG on the page already: all of them, however they are panned and zoomed. */

const DRAWN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "opacity",
  "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"];
const [MARGIN, LARGEST] = [16, 8000];  // pixels around the picture, and of a PNG's side

/**
 * The whole picture as an SVG file of its own: every style is written on its element.
 * @param {SVGSVGElement} svg whose first group is moved by pan and zoom @param {{width: number, height: number}} size of that group, unzoomed
 */
export function toSvg(svg, { width, height }, background) {
  const copy = svg.cloneNode(true);
  const [own, theirs] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  own.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of DRAWN) theirs[i].setAttribute(name, style.getPropertyValue(name));
    theirs[i].removeAttribute("class");
  });
  copy.querySelector("g").setAttribute("transform", `translate(${MARGIN} ${MARGIN})`);
  const [wide, tall] = [width, height].map((size) => Math.ceil(size + 2 * MARGIN));
  const size = { xmlns: "http://www.w3.org/2000/svg", width: wide, height: tall, viewBox: `0 0 ${wide} ${tall}` };
  for (const [name, value] of Object.entries(size)) copy.setAttribute(name, value);
  copy.removeAttribute("class");
  const ground = document.createElementNS(size.xmlns, "rect");
  for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: background })) ground.setAttribute(name, value);
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy);
}

/** The same as a PNG file, twice as fine where that is not too large. @returns {Promise<Blob>} */
export async function rasterised(text, { width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const scale = Math.min(2, LARGEST / (height + 2 * MARGIN), LARGEST / (width + 2 * MARGIN));
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.ceil((width + 2 * MARGIN) * scale), height: Math.ceil((height + 2 * MARGIN) * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done));
}
