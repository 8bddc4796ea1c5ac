/** The keys of the Step page. */

import { keysDialog, listenToKeys } from "../base/keys.js";

const PARTS = { f: "forward", l: "loss", b: "backward", u: "update" };

const HELP = [
  ["→ ←", "next and previous operation (so do Page Down and Page Up, a presenter's clicker)"],
  ["↑ ↓", "next and previous block"],
  ["Space", "play or pause"],
  ["Home End", "first and last operation"],
  ["f l b u", "to forward, loss, backward, update"],
  ["?", "these keys"],
];

/**
 * @param {HTMLElement} element the stepper: inside it all sliders and buttons are ours
 * @param {Timeline} timeline @param {() => void} help @returns {() => void} ends it
 */
export function attachKeys(element, timeline, help) {
  const act = {
    ArrowRight: () => timeline.walk(1), ArrowLeft: () => timeline.walk(-1),
    PageDown: () => timeline.walk(1), PageUp: () => timeline.walk(-1),
    ArrowUp: () => timeline.walkBlock(1), ArrowDown: () => timeline.walkBlock(-1),
    Home: () => timeline.goTo(0), End: () => timeline.goTo(Infinity),
    " ": () => timeline.play(), "?": help,
    ...Object.fromEntries(Object.entries(PARTS).map(([key, part]) => [key, () => timeline.goToPart(part)])),
  };
  return listenToKeys(element, act, timeline.painter);
}

/** The overlay that lists them. */
export function helpDialog() {
  return keysDialog(HELP);
}
