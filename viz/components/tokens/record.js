/** What was learned from a text, and the text's tokens after any number of merges. Pure: it knows no screen. */

export const N_BYTES = 256;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

/**
 * The tokens of a text after k merges. A border of 0 always stays; border b goes with merge b, counted from 1; the last
 * merge inside a token names it.
 * @param {Uint8Array} bytes @param {ArrayLike<number>} borders before each byte
 * @returns {{id: number, start: number, end: number}[]} of the bytes from `from` (where a token begins) until `to` at most
 */
function tokensOf(bytes, borders, k, from = 0, to = bytes.length) {
  const tokens = [];
  let token = null;
  for (let i = from; i < bytes.length; i++) {
    const border = borders[i];
    if (token && border > 0 && border <= k) {
      token.id = Math.max(token.id, N_BYTES - 1 + border);
      token.end = i + 1;
    } else {
      if (i >= to) break;
      token = { id: bytes[i], start: i, end: i + 1 };
      tokens.push(token);
    }
  }
  return tokens;
}

/** One text's bytes and borders. */
export class Cut {
  /** @param {{text: string, borders: number[]}} text */
  constructor({ text, borders }) {
    this.text = text;
    this.bytes = new TextEncoder().encode(text);
    this.borders = borders;
  }

  tokens(k, from, to) {
    return tokensOf(this.bytes, this.borders, k, from, to);
  }

  /** Where a token begins at or before a byte, whatever was merged. */
  firmStart(at) {
    let i = Math.min(at, this.bytes.length - 1);
    while (i > 0 && this.borders[i] !== 0) i -= 1;
    return Math.max(0, i);
  }

  /** The characters of the text as places in its bytes. */
  characters() {
    let at = 0;
    return [...this.text].map((text) => {
      const start = at;
      const code = text.codePointAt(0);
      at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      return { text, code, start, end: at };
    });
  }
}

/** The merges in the order in which they were learned, and the text that they were learned from. */
export class LearnedRecord {
  constructor(record) {
    Object.assign(this, record);      // text, characters, borders, pairs, counts, lengths, ranked, labels
    this.n = this.pairs.length;
    this.cut = new Cut(record);
    this.nCharacters = this.cut.characters().length;
    this.characterIds = new Map(record.characters.map((character, id) => [character, id]));
    this.places = this.pairs.map(() => []);
    record.borders.forEach((border, i) => border > 0 && this.places[border - 1].push(i));
  }

  label(id) {
    return this.labels[id] ?? "";
  }

  /** A label inside a sentence: one that is written from right to left must not turn what stands around it. */
  inWords(id) {
    const label = this.label(id);
    return RIGHT_TO_LEFT.test(label) ? `\u2068${label}\u2069` : label;
  }

  /** Two tokens side by side: "␣w + rit". */
  pairInWords([a, b]) {
    return `${this.inWords(a)} + ${this.inWords(b)}`;
  }

  /** The two tokens that a token was made of; null for a byte. */
  parts(id) {
    return this.pairs[id - N_BYTES] ?? null;
  }

  /** The tokens that were made with a token, in the order in which they were learned. */
  users(id) {
    const found = [];
    this.pairs.forEach((pair, i) => pair.includes(id) && found.push(N_BYTES + i));
    return found;
  }

  /** The token of this label, or -1: a word with the space before it is "␣word". */
  find(label) {
    return this.labels.indexOf(label, N_BYTES);
  }

  /** Characters of the text for each of its tokens after k merges: how much shorter it has become. */
  compression(k) {
    return this.lengths[k] ? this.nCharacters / this.lengths[k] : 0;
  }
}
