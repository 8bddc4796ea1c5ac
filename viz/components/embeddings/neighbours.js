/** What lies near what, in the full space of all channels: cosine similarity of rows. Pure. */

/** @returns {Float64Array} the length of each row of a table (n, d) */
export function lengths({ data, shape: [n, d] }) {
  const found = new Float64Array(n);
  for (let row = 0; row < n; row++) found[row] = Math.sqrt(dot(data, row, row, d));
  return found;
}

function dot(data, one, other, d) {
  let sum = 0;
  for (let i = 0, a = one * d, b = other * d; i < d; i++) sum += data[a + i] * data[b + i];
  return sum;
}

/** Cosine similarity of one row with every row, −1 to 1; NaN with a row of zeros, which points nowhere. (n,) */
export function cosines(table, row, long = lengths(table)) {
  const [n, d] = table.shape;
  return Float64Array.from({ length: n }, (_, other) => dot(table.data, row, other, d) / (long[row] * long[other]));
}

/** The other rows by cosine similarity, the most similar first; equal ones in their order. [{row, cosine}] */
export function ranked(table, row) {
  return [...cosines(table, row)]
    .map((cosine, other) => ({ row: other, cosine }))
    .filter(({ row: other, cosine }) => other !== row && !Number.isNaN(cosine))
    .sort((a, b) => b.cosine - a.cosine);
}

/** Cosine similarity of some rows with each other, in this order: (m, m). */
export function similarities(table, rows) {
  const long = lengths(table);
  const d = table.shape[1];
  const found = new Float32Array(rows.length ** 2);
  rows.forEach((one, i) => {
    for (let j = i; j < rows.length; j++) {
      const value = dot(table.data, one, rows[j], d) / (long[one] * long[rows[j]]);
      found[i * rows.length + j] = found[j * rows.length + i] = value;
    }
  });
  return found;
}

/** The two components along which a table is most a wave of k periods: its circle lies there. */
export function circlePlane({ data, shape: [n, c] }, rows, wave) {
  const along = Array.from({ length: c }, (_, axis) => {
    const column = { data: Float32Array.from({ length: n }, (_, row) => data[row * c + axis]), shape: [n, 1] };
    const size = column.data.reduce((sum, value) => sum + value ** 2, 0);
    return [waves(column, rows)[wave - 1] * size, axis];
  });
  return along.sort((a, b) => b[0] - a[0]).slice(0, 2).map(([, axis]) => axis).sort((a, b) => a - b);
}

/**
 * How much of a table is a wave of k periods around its rows (which stand on a circle, as numbers modulo m do): shares of
 * k = 1 … ⌊m/2⌋, of all that is not the same for every row. They sum to 1.
 * @param {number[]} rows the rows that stand for 0, 1, 2, …
 */
export function waves({ data, shape: [, d] }, rows) {
  const m = rows.length;
  const power = Array.from({ length: Math.floor(m / 2) }, (_, k) => {
    let sum = 0;
    for (let channel = 0; channel < d; channel++) {
      let [real, imaginary] = [0, 0];
      rows.forEach((row, i) => {
        const angle = (2 * Math.PI * (((k + 1) * i) % m)) / m;
        real += data[row * d + channel] * Math.cos(angle);
        imaginary += data[row * d + channel] * Math.sin(angle);
      });
      sum += (real ** 2 + imaginary ** 2) * (2 * (k + 1) === m ? 1 : 2);
    }
    return sum;
  });
  const whole = power.reduce((sum, each) => sum + each, 0) || 1;
  return power.map((each) => each / whole);
}
