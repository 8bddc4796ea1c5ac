/** Makes and changes SVG elements. Text only ever enters as text. */

const SVG = "http://www.w3.org/2000/svg";

export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** Change only what differs, so that nothing is drawn again for nothing. */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (name === "text") {
      if (element.textContent !== text) element.textContent = text;
    } else if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
  return element;
}
