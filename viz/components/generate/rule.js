/** How a token is chosen, as the page's address keeps it: temperature, top-k, top-p and the seed of the draws. Pure. */

export const MOST_SEED = 4294967295;

/** @returns the rule that a new visitor starts with; topK 0 and topP 1 keep every token */
export function usualRule() {
  return { temperature: 1, topK: 0, topP: 1, seed: 1 };
}

/** The rule in an address; what is missing or makes no sense is as usual. @param {string} search */
export function ruleOf(search, vocabSize) {
  const query = new URLSearchParams(search);
  const usual = usualRule();
  const number = (name, low, high, isWhole, other) => {
    const value = Number(query.get(name) ?? NaN);
    return value >= low && value <= high && (!isWhole || Number.isInteger(value)) && query.get(name) !== "" ? value : other;
  };
  const topK = number("top_k", 1, 4096, true, usual.topK);
  return {
    temperature: number("temperature", 0, 2, false, usual.temperature),
    topK: topK >= vocabSize ? 0 : topK,
    topP: number("top_p", 0.01, 1, false, usual.topP),
    seed: number("draws", 0, MOST_SEED, true, usual.seed),
  };
}

/** The earlier step in an address, null for none. @param {string} search */
export function stepOf(search) {
  const text = new URLSearchParams(search).get("at") ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** What the address says of a rule: only what is not as usual. @returns {Object<string, string>} "" takes a name away */
export function queryOf({ temperature, topK, topP, seed }) {
  const usual = usualRule();
  const unless = (value, other) => (value === other ? "" : String(value));
  return {
    temperature: unless(temperature, usual.temperature), top_k: unless(topK, usual.topK), top_p: unless(topP, usual.topP),
    draws: unless(seed, usual.seed),
  };
}

/** For the worker's own sampling (model/sampling.py). */
export function asked({ temperature, topK, topP }) {
  return { temperature, top_k: topK, top_p: topP };
}
