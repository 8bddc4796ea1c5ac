/** Which number stands under each column of pixels of the strip. Pure. */

const WIDEST_COLUMN = 6;       // pixels that a row's first number is drawn wide, as it has none before it

/**
 * The largest value of each row under each column of pixels. A value reaches back to where its row was measured before:
 * some are measured at every point, some once a second.
 * @param {RunHistory} history @param {string[]} names its columns, a row each @param {Scale} x steps to pixels
 * @returns {{cells: Float32Array, wide: number}} row by row; NaN where nothing was measured
 */
export function cellsOf(history, names, x) {
  const wide = Math.max(1, Math.floor(x.end - x.start));
  const cells = new Float32Array(wide * names.length).fill(NaN);
  const { data, width, length } = history.points;
  const columnOf = (point) => Math.min(wide - 1, Math.floor(x.pixel(data[point * width]) - x.start));
  const start = history.pointsUntil(x.low);
  const end = Math.min(length, history.pointsUntil(x.high) + 1);
  names.forEach((name, row) => {
    const valueAt = (point) => data[point * width + history.columns.get(name)];
    let before = start - 1;
    while (before >= 0 && Number.isNaN(valueAt(before))) before--;
    for (let i = start; i < end; i++) {
      const value = valueAt(i);
      if (Number.isNaN(value)) continue;
      const to = columnOf(i);
      const from = before < 0 ? to - WIDEST_COLUMN : before < start ? 0 : Math.min(to, columnOf(before) + 1);
      for (let at = Math.max(0, from); at <= to; at++) if (!(cells[row * wide + at] >= value)) cells[row * wide + at] = value;
      before = i;
    }
  });
  return { cells, wide };
}

/** Whether something was measured, and nothing but 0. */
export function isAllZero({ cells }) {
  return cells.some((value) => value === 0) && !cells.some((value) => value > 0);
}
