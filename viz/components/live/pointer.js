/** Mouse, touch and keys on a plot: crosshair, zoom by wheel or box, pan, reset. Speaks only to the view. */

import { placeOn } from "../base/paint.js";
import { GUTTER } from "./plot.js";

const SMALLEST_BOX = 6;        // pixels; a shorter drag is a click

/**
 * @param {Plot} plot @param {{newest: () => number, zoomsValues: boolean, moved: () => void}} needs
 * `moved` is told when the crosshair moved by a key, so that the values are spoken.
 */
export function attachPointer(plot, { newest, zoomsValues, moved }) {
  const { element, view } = plot;
  let drag = null;
  const place = (event) => placeOn(element, event);
  const stepAt = (x) => Math.min(newest(), Math.max(1, Math.round(plot.x.value(x))));

  element.addEventListener("pointermove", (event) => {
    if (!plot.x) return;
    const [x, y] = place(event);
    if (drag?.isPan) {
      view.pan((drag.x - x) / (plot.x.end - plot.x.start));
      drag.x = x;
    } else if (drag) {
      plot.box = [drag.x, drag.y, clamp(x, plot.x.start, plot.x.end), zoomsValues ? clamp(y, plot.y.end, plot.y.start) : plot.y.end];
      view.onChange();
    } else if (newest() > 0) {
      view.set({ cursor: x < GUTTER.left - 8 ? null : stepAt(x) });
    }
  });
  element.addEventListener("pointerdown", (event) => {
    if (event.button > 1 || !plot.x) return;
    const [x, y] = place(event);
    const isPan = event.shiftKey || event.button === 1 || event.pointerType === "touch";
    drag = { x: clamp(x, plot.x.start, plot.x.end), y: zoomsValues ? clamp(y, plot.y.end, plot.y.start) : plot.y.start, isPan };
    if (!isPan || view.isZoomed) element.setPointerCapture(event.pointerId);
    if (event.button === 1) event.preventDefault();
  });
  const drop = () => {
    const box = plot.box;
    drag = plot.box = null;
    if (!box) return;
    const steps = [plot.x.value(Math.min(box[0], box[2])), plot.x.value(Math.max(box[0], box[2]))];
    const isTall = zoomsValues && Math.abs(box[3] - box[1]) >= SMALLEST_BOX;
    const values = isTall ? [plot.y.value(Math.max(box[1], box[3])), plot.y.value(Math.min(box[1], box[3]))] : view.values;
    if (Math.abs(box[2] - box[0]) >= SMALLEST_BOX) view.box(steps, values);
    else view.onChange();
  };
  element.addEventListener("pointerup", drop);
  element.addEventListener("pointercancel", drop);
  element.addEventListener("pointerleave", () => !drag && view.set({ cursor: null }));
  element.addEventListener("dblclick", () => view.reset());
  element.addEventListener("wheel", (event) => {
    // The page scrolls under a plain wheel until the plot was clicked: nobody gets stuck on the way down.
    if (!(event.ctrlKey || event.metaKey || element.matches(":focus")) || !plot.x) return;
    event.preventDefault();
    view.zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 100) * 0.003), plot.x.value(place(event)[0]));
  }, { passive: false });
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !newest()) return;
    const across = Math.max(1, Math.round((view.range[1] - view.range[0]) / 100));
    const act = {
      ArrowLeft: () => view.walk(event.shiftKey ? -across : -1, newest()),
      ArrowRight: () => view.walk(event.shiftKey ? across : 1, newest()),
      PageDown: () => view.pan(0.5),
      PageUp: () => view.pan(-0.5),
      Home: () => view.set({ cursor: 1 }),
      End: () => view.set({ cursor: newest() }),
      "+": () => view.zoom(0.7, view.cursor ?? newest()),
      "=": () => view.zoom(0.7, view.cursor ?? newest()),
      "-": () => view.zoom(1 / 0.7, view.cursor ?? newest()),
      0: () => view.reset(),
      Escape: () => view.set({ cursor: null }),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
    moved();
  });
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
