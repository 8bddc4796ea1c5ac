/** Makes elements, and styles a shadow root once. Text only ever enters as text, never as markup. */

const sheets = new Map();

/**
 * @param {string} tag "button.primary" makes a button of that class
 * @param {object} [attributes] `on*` are listeners, `text` is the text, the rest are attributes (false and null: none)
 * @param {...(Node|string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") element.textContent = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.startsWith("aria-")) element.setAttribute(key, String(value));
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Set text only when it differs, so that nothing is laid out again for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Disable a button and say why, or enable it. */
export function disable(button, reason, hint = "") {
  button.disabled = Boolean(reason);
  const title = reason || hint;
  if (button.title !== title) button.title = title;
}

/** Fetch style sheets that lie beside this module (once per page) and adopt them in a root. */
export async function adoptStyles(root, ...names) {
  const loading = names.map((name) => {
    const url = new URL(name, import.meta.url).href;
    if (!sheets.has(url)) sheets.set(url, load(url));
    return sheets.get(url);
  });
  root.adoptedStyleSheets = await Promise.all(loading);
}

async function load(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return new CSSStyleSheet().replace(await answer.text());
}

/** Offer a blob as a download. */
export function download(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
