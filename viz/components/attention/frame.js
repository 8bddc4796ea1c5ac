/** One answer of the look "attention": every head's pattern, and of one head everything between q, k and the pattern. Pure. */

const SHADES = 255;
export const ASKED = "The run is asked what its heads look at…";

/** Also what `explain.js` and `expression.js` call a store, as far as the chain of one head goes. */
export class Frame {
  #tensors = new Map();

  /** @param {{header: object, arrays: Object<string, {data: Float32Array|Uint8Array, shape: number[]}>}} answer */
  constructor({ header, arrays }) {
    Object.assign(this, { header, arrays });
    this.labels = header.labels;
    this.n = header.labels.length;
    this.own = `blocks.${header.layer}.attn.`;
    this.manifest = { labels: header.labels, vocabulary: [], config: {} };
  }

  /** Whether the numbers of a head are here. Of the others there are shades: enough to draw, too few to say a number. */
  isExact(layer, head) {
    return layer === this.header.layer && head === this.header.head;
  }

  /** The attention of one head, (query, key) → a share from 0 to 1: exact where it is here, else one of 256 shades. */
  pattern(layer, head) {
    const { n, header } = this;
    if (this.isExact(layer, head)) {
      const { data } = this.arrays[`${this.own}pattern`];
      return (query, key) => data[query * n + key];
    }
    const { data } = this.arrays.patterns;
    const start = (layer * header.n_heads + head) * n * n;
    return (query, key) => data[start + query * n + key] / SHADES;
  }

  /** Why there are no numbers of a head, in a sentence; "" where they are here. @param {Frame|null} frame */
  static missing(frame, { layer, head }) {
    if (!frame) return ASKED;
    return frame.isExact(layer, head) ? "" : `The numbers of head ${layer}.${head} are on their way. So far there are only its shades.`;
  }

  entropy(layer, head) {
    return this.arrays.entropy.data[layer * this.header.n_heads + head];
  }

  /** The operation whose output is this tensor; null for what the chain starts from. */
  producerOf(name) {
    return this.header.operations.find((operation) => operation.name === name) ?? null;
  }

  spec(name) {
    const { shape } = this.arrays[name];
    const axes = this.header.axes[name];
    return { axes, role: "value", dtype: "float32", shape: axes[0] === "head" ? [this.header.n_heads, ...shape] : shape };
  }

  /** A tensor as a trace holds it. Of the other heads there are no numbers here, and none are asked for. */
  tensor(name) {
    if (!this.#tensors.has(name)) this.#tensors.set(name, this.#make(name));
    return this.#tensors.get(name);
  }

  #make(name) {
    const { data: own } = this.arrays[name];
    const spec = this.spec(name);
    if (spec.axes[0] !== "head") return { name, ...spec, data: own };
    const data = new Float32Array(spec.shape[0] * own.length).fill(NaN);
    data.set(own, this.header.head * own.length);
    return { name, ...spec, data };
  }
}
