/** How one text is read: the loss of each token, and the likeliest tokens at each position. From a trace or a reply. Pure. */

const N_LIKELIEST = 10;

/**
 * @typedef {{loss: Float32Array, chance: Float32Array, likeliest: Int32Array, likeliestChance: Float32Array, k: number}} Scores
 * loss (T,) in nats and probability of each target; the k likeliest tokens of each position and their probabilities (T, k)
 */

/** @returns {Scores|null} what the trace's own tensors say; null while they are on their way */
export function scoresOf(store) {
  const [logits, loss] = [store.tensor("logits"), store.tensor("token_loss")];
  if (!logits || !loss) return null;
  const [T, V] = logits.shape;
  const k = Math.min(N_LIKELIEST, V);
  const scores = { loss: loss.data, chance: loss.data.map((value) => Math.exp(-value)), likeliest: new Int32Array(T * k), likeliestChance: new Float32Array(T * k), k };
  for (let t = 0; t < T; t++) {
    const chances = softmax(logits.data.subarray(t * V, (t + 1) * V));
    const order = Array.from(chances.keys()).sort((a, b) => chances[b] - chances[a]).slice(0, k);
    scores.likeliest.set(order, t * k);
    scores.likeliestChance.set(order.map((token) => chances[token]), t * k);
  }
  return scores;
}

/** @returns {Scores} one of the two readings in a reply: "before" or "after" */
export function scoresIn({ arrays }, when) {
  const at = (name) => arrays[`${when}/${name}`];
  const likeliest = at("likeliest");
  return { loss: at("token_loss").data, chance: at("target_probability").data, likeliest: likeliest.data,
    likeliestChance: at("likeliest_probability").data, k: likeliest.shape[1] };
}

/** The probability of a token at a position, where it is known: among the likeliest, or as the target. */
export function chanceOf(scores, t, token, target) {
  if (!scores) return undefined;
  for (let i = t * scores.k; i < (t + 1) * scores.k; i++) if (scores.likeliest[i] === token) return scores.likeliestChance[i];
  return token === target ? scores.chance[t] : undefined;
}

function softmax(row) {
  const largest = row.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = row.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
