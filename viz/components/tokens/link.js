/** How the address says where the walk stands: after how many merges, at which token. Pure. */

import { withValues } from "../base/address.js";

/** @param {string} search @returns {{k: number|undefined, token: number|null}} */
export function placeOf(search) {
  const query = new URLSearchParams(search);
  const number = (name) => (/^\d{1,4}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : undefined);
  return { k: number("merges"), token: number("piece") ?? null };
}

/** The query string with the walk's place in it; null while there is none to keep. @param {Walk} walk */
export function queryOf(search, { record, k, token, isPlaying }) {
  return !record || isPlaying ? null : withValues(search, { merges: k === record.n ? null : k, piece: token });
}
