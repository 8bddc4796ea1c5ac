/** The keyboard of the graph: works wherever the focus is, but never in a field and never with a modifier. */

const TYPED = "input:not([type=range]), textarea, select, [contenteditable], [role=combobox], [role=textbox]";
const PRESSED = "button, a, summary, [role=button], [role=tab], [role=radio]";

/** @param {Record<string, () => void>} act by key @returns {() => void} ends it */
export function attachKeys(act) {
  const listen = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !act[event.key]) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    const isIn = (selector) => path.some((node) => node.matches(selector));
    if (isIn(TYPED) || isIn("dialog[open], [role=dialog]")) return;
    if ([" ", "Enter"].includes(event.key) && isIn(PRESSED)) return;
    if (event.key.startsWith("Arrow") && isIn("input, [role=slider], [role=radiogroup], [role=tablist], [role=radio]")) return;
    event.preventDefault();
    act[event.key]();
  };
  document.addEventListener("keydown", listen);
  return () => document.removeEventListener("keydown", listen);
}
