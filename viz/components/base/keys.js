/** The keyboard: works wherever the focus is, but never in a text field and never with a modifier. */

import { make } from "./dom.js";

const TYPED = "input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable], [role=combobox], [role=textbox]";
const PRESSED = "button, a, summary, [role=button], [role=tab], [role=checkbox], [role=switch], input";   // their own Space
const MOVED = "[role=slider], [role=radio], [role=tab], input, [role=listbox], [role=menu]";              // their own arrows

/**
 * @param {HTMLElement} element inside it all sliders and buttons are ours
 * @param {Object<string, () => void>} act what each key does
 * @param {Painter} painter @returns {() => void} ends it
 */
export function listenToKeys(element, act, painter) {
  const listen = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !act[event.key]) return;
    if (isTaken(event, element)) return;
    event.preventDefault();
    act[event.key]();
    painter.flush();  // before the next frame begins, not in it
  };
  document.addEventListener("keydown", listen);
  return () => document.removeEventListener("keydown", listen);
}

/** Whether the element that has the focus, in whatever shadow root, does something of its own with this key. */
export function isTaken(event, own) {
  const path = event.composedPath().filter((node) => node instanceof Element);
  const isIn = (selector) => path.some((node) => node.matches(selector));
  if (isIn(TYPED) || isIn("dialog[open], [role=dialog]")) return true;
  if (event.key === " ") return isIn(PRESSED);
  return event.key.length > 1 && !path.includes(own) && isIn(MOVED);
}

/**
 * The overlay that lists the keys; Escape, ? or its button closes it.
 * @param {[string, string][]} help keys, and what they do
 */
export function keysDialog(help) {
  const rows = help.map(([keys, words]) => make("tr", {}, make("th", {}, ...keys.split(" ").map((key) => make("kbd", { text: key }))), make("td", { text: words })));
  const dialog = make("dialog.help", { "aria-label": "Keys" }, make("h3", { text: "Keys" }), make("table", {}, ...rows),
    make("button", { text: "Close", onclick: () => dialog.close() }));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "?") dialog.close();
    event.stopPropagation();
  });
  return dialog;
}
