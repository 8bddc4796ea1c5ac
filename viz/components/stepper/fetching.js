/** Fetches a trace's numbers by content hash. What the server has forgotten it is asked to make again, once. */

const TRIES = 8;
const WAIT = 500;              // milliseconds, growing

const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

/**
 * @param {string} base the server's base path @param {string} run @param {() => void} missing tells the page
 * @returns {(hash: string) => Promise<ArrayBuffer>} fails with a sentence
 */
export function blobFetcher(base, run, missing) {
  let asked = false;
  const get = (hash) => fetch(`${base}/traces/${run}/${hash}.bin`).catch(() => {
    throw new Error("The server cannot be reached, so these numbers are not here.");
  });
  return async (hash) => {
    for (let i = 0; i < TRIES; i++) {
      const answer = await get(hash);
      if (answer.ok) return answer.arrayBuffer();
      if (answer.status !== 404) throw new Error(`The server could not hand over these numbers (it answered ${answer.status}).`);
      if (!asked) missing();
      asked = true;
      await wait(WAIT * (i + 1));
    }
    asked = false;
    throw new Error("The server no longer has the numbers of this trace.");
  };
}
