/** What heads are named after: a colour and a dash for each, the same everywhere. Pure. */

const LOOKS = {
  "previous token": { color: "class-1", dash: [] },
  "first token": { color: "class-3", dash: [6, 3] },
  itself: { color: "class-5", dash: [2, 2] },
  induction: { color: "class-4", dash: [] },
  "spread out": { color: "class-6", dash: [1, 3] },
};

/** @returns {{color: string, dash: number[]}} `color` is a name in the theme */
export const lookOf = (kind) => LOOKS[kind] ?? { color: "muted", dash: [] };
