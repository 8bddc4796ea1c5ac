/** Pictures and their numbers as files: the menu that offers them, and a table as CSV. */

import { download, make } from "./dom.js";

/**
 * @param {string} title of the picture @param {Object<string, () => void>} acts what to do, by what a button says
 * @returns {HTMLElement} a button that opens the list of downloads
 */
export function saveMenu(title, acts) {
  const items = Object.entries(acts).map(([text, act]) => make("button", { type: "button", text, onclick: () => { menu.open = false; act(); } }));
  const menu = make("details.figure-menu", {},
    make("summary", { title: "Download this picture", "aria-label": `download: ${title}`, text: "⤓" }), make("div.figure-list", {}, ...items));
  menu.addEventListener("focusout", (event) => menu.contains(event.relatedTarget) || (menu.open = false));
  return menu;
}

/** @param {(string|number)[][]} rows a row of names and rows of numbers @param {string} file its name without an ending */
export function saveCsv(rows, file) {
  const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const lines = rows.map((row) => row.map(cell).join(","));
  download(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }), `${file}.csv`);
}

export function saveSvg(text, file) {
  download(new Blob([text], { type: "image/svg+xml" }), `${file}.svg`);
}

/** A canvas on the page's own background. */
export function savePng(canvas, background, file) {
  const whole = make("canvas", { width: canvas.width, height: canvas.height });
  const context = whole.getContext("2d");
  context.fillStyle = background;
  context.fillRect(0, 0, whole.width, whole.height);
  context.drawImage(canvas, 0, 0);
  whole.toBlob((blob) => download(blob, `${file}.png`));
}
