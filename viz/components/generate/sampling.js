/** From logits to one token: temperature, top-k, top-p, the draw. The same as model/sampling.py, number by number; pure. */

/**
 * Every token's probability after each stage, by token id; each sums to 1. Of equal logits the token that stands first in
 * the vocabulary counts as the likelier one. Temperature 0 gives everything to the likeliest.
 * @param {Float32Array} logits
 * @param {{temperature: number, topK: number, topP: number}} rule topK 0 keeps every token, topP 1 too
 * @returns {{order: Int32Array, raw: Float64Array, tempered: Float64Array, topK: Float64Array, topP: Float64Array, nTopK: number, nTopP: number}}
 *   `order` lists the ids from the likeliest on; `raw` is what temperature 1 gives; nTopK and nTopP say how many of them each stage keeps
 */
export function stagesOf(logits, { temperature, topK, topP }) {
  const order = Int32Array.from(logits, (_, i) => i).sort((a, b) => logits[b] - logits[a] || a - b);
  const tempered = softmax(logits, temperature, order[0]);
  const nTopK = topK ? Math.min(topK, order.length) : order.length;
  const afterK = only(tempered, order, nTopK);
  const nTopP = topP >= 1 ? nTopK : nucleus(afterK, order, nTopK, topP);
  return { order, raw: softmax(logits, 1, order[0]), tempered, topK: afterK, topP: only(afterK, order, nTopP), nTopK, nTopP };
}

/** e^(logit / temperature), shared out: @returns {Float64Array} */
export function softmax(logits, temperature, best) {
  if (temperature === 0) return Float64Array.from(logits, (_, i) => (i === best ? 1 : 0));
  const weights = Float64Array.from(logits, (value) => Math.exp((value - logits[best]) / Math.max(temperature, 1e-300)));
  return shared(weights);
}

function only(probs, order, n) {
  const left = new Float64Array(probs.length);
  for (let i = 0; i < n; i++) left[order[i]] = probs[order[i]];
  return shared(left);
}

/** How many of the likeliest it takes to reach topP. */
function nucleus(probs, order, n, topP) {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += probs[order[i]];
    if (sum >= topP) return i + 1;
  }
  return n;
}

function shared(weights) {
  const sum = weights.reduce((total, value) => total + value, 0);
  return weights.map((value) => value / sum);
}

/** The pieces of the line from 0 to 1, one a token that can be drawn, the likeliest first. */
export function pieces(probs, order) {
  const found = [];
  let from = 0;
  for (const token of order) {
    if (!probs[token]) continue;
    found.push({ token, from, to: from + probs[token] });
    from += probs[token];
  }
  return found;
}

/** The token on whose piece u in [0, 1) falls. */
export function draw(probs, order, u) {
  const line = pieces(probs, order);
  return (line.find(({ to }) => to > u) ?? line.at(-1)).token; // rounding may leave the line's end a little short of 1
}

/** Random number `i` of `seed`, in [0, 1): 53 bits of a hash of both (lowbias32; two words as in genrand_res53). */
export function uniform(seed, i) {
  const word = (counter) => mix(mix(seed ^ 0x9e3779b9) ^ mix(counter + 0x85ebca6b));
  return ((word(2 * i) >>> 5) * 67108864 + (word(2 * i + 1) >>> 6)) / 9007199254740992;
}

function mix(x) {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
