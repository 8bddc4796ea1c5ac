/** Formulas as MathML nodes. Nothing but MathML's own elements and a few harmless attributes gets through. */

const MATHML = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(("math mrow mi mn mo mtext mspace ms msub msup msubsup munder mover munderover mfrac msqrt mroot "
  + "mtable mtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts none").split(" "));
const ATTRIBUTES = new Set(("display mathvariant displaystyle scriptlevel stretchy symmetric fence separator form lspace rspace "
  + "minsize maxsize movablelimits largeop accent accentunder linethickness columnalign rowspacing columnspacing width height depth").split(" "));
const known = new Map();

/** @param {string} text `<math>…</math>` @returns {Node[]} what may stand on the page; the text itself where it is no XML */
export function mathOf(text) {
  if (!known.has(text)) known.set(text, parse(text));
  return known.get(text).map((node) => node.cloneNode(true));
}

function parse(text) {
  if (!text) return [];
  const parsed = new DOMParser().parseFromString(text, "application/xml");
  if (parsed.querySelector("parsererror")) return [document.createTextNode(text)];
  const copy = copied(parsed.documentElement);
  return copy ? [copy] : [];
}

function copied(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || !ELEMENTS.has(node.localName)) return null;
  const copy = document.createElementNS(MATHML, node.localName);
  for (const { name, value } of node.attributes) if (ATTRIBUTES.has(name)) copy.setAttribute(name, value);
  copy.append(...[...node.childNodes].map(copied).filter(Boolean));
  return copy;
}
