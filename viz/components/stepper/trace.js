/** One trace: its operations, in order, and its tensors, whose numbers are fetched when they are first asked for. */

import { labelRoom } from "../base/label.js";
import { labelsOn } from "./names.js";

/**
 * @typedef {{name: string, shape: number[], axes: string[], role: string, blob: string, data: Float32Array|Int32Array}} Tensor
 * @typedef {{i: number, name: string, part: string, kind: string, inputs: string[], settings: object, forward: string,
 *   block: string, code: string, formula: string, title: string, words: string, why: string}} Operation
 * @typedef {{part: string, block: string, start: number, end: number}} Stretch operations `start` … `end - 1`
 */

/** `blocks.0.attn.q` → `q` */
export function last(name) {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** The value or parameter that a gradient, a state or an update belongs to: `grad:blocks.0.norm1<-q` → `blocks.0.norm1` */
export function plain(name) {
  const own = name.slice(name.lastIndexOf(":") + 1);
  const branch = own.indexOf("<-");
  return branch < 0 ? own : own.slice(0, branch);
}

/** Stays the same object when another trace is opened in it: parts keep it, and see by `version` that it changed. */
export class TraceStore {
  version = 0;
  manifest = null;
  /** @type {Operation[]} */ operations = [];
  /** @type {Stretch[]} */ parts = [];
  /** @type {Stretch[]} */ blocks = [];
  /** Why the last fetch failed, in words; "" while all is well. */ error = "";
  #fetch;
  #blobs = new Map();          // hash → {promise, buffer}
  #tensors = new Map();        // name → Tensor, for those whose blob is here
  #producers = new Map();
  #branches = new Map();
  #listeners = new Set();

  /** @param {(hash: string) => Promise<ArrayBuffer>} fetchBlob */
  constructor(fetchBlob) {
    this.#fetch = fetchBlob;
  }

  /** Show another trace. Blobs that both traces have stay; the others are forgotten. */
  open(manifest) {
    const kept = new Set(Object.values(manifest.blobs).map(({ hash }) => hash));
    for (const hash of this.#blobs.keys()) if (!kept.has(hash)) this.#blobs.delete(hash);
    this.manifest = manifest;
    this.operations = manifest.operations.map((operation, i) => ({ ...operation, i }));
    this.parts = stretches(this.operations, (a, b) => a.part === b.part);
    this.blocks = stretches(this.operations, (a, b) => a.part === b.part && a.block === b.block);
    this.#tensors.clear();
    this.#producers = new Map(this.operations.map((operation) => [operation.name, operation]));
    this.#branches.clear();
    for (const { name } of this.operations) {
      if (name.includes("<-")) this.#branches.set(plain(name), [...(this.#branches.get(plain(name)) ?? []), name]);
    }
    for (const spec of Object.values(manifest.tensors)) spec.labelled = labelRoom(labelsOn(manifest, spec.axes.at(-2)));
    this.error = "";
    this.version += 1;
    this.#tell("trace");
  }

  /** Fetch what a trace needs to be drawn at once, before it is opened: no moment without numbers. */
  async prepare(manifest, blobs = ["activations"]) {
    await Promise.all(blobs.filter((name) => manifest.blobs[name]).map((name) => this.#blob(manifest.blobs[name].hash).promise));
  }

  get n() {
    return this.operations.length;
  }

  /** @returns {Operation} */
  operation(i) {
    return this.operations[i];
  }

  /** The operation whose output is this tensor; null for parameters, constants and what the optimizer remembered. */
  producerOf(tensorName) {
    return this.#producers.get(tensorName) ?? null;
  }

  /** The operations that read this tensor, in order. */
  readersOf(tensorName) {
    return this.operations.filter(({ inputs }) => inputs.includes(tensorName));
  }

  /** The name of a value's or parameter's gradient, or null where there is none. */
  gradientOf(name) {
    return this.has(`grad:${name}`) ? `grad:${name}` : null;
  }

  /** The names of the contributions that a value's gradient is the sum of; [] where only one operation reads it. */
  branchesOf(name) {
    return this.#branches.get(plain(name)) ?? [];
  }

  /** The forward operation that a backward one undoes, or null. */
  forwardOf(operation) {
    return this.producerOf(operation.forward);
  }

  /** The stretch of operations of one block in one part that operation i lies in. */
  blockAt(i) {
    return this.blocks.find(({ end }) => i < end);
  }

  partAt(i) {
    return this.parts.find(({ end }) => i < end);
  }

  has(name) {
    return name in (this.manifest?.tensors ?? {});
  }

  /** Shape, axes and role of a tensor, known before its numbers are. */
  spec(name) {
    const spec = this.manifest.tensors[name];
    if (!spec) throw new Error(`the trace has no tensor ${name}`);
    return spec;
  }

  /**
   * A tensor with its numbers, or null while they are on their way (asking starts the fetch; a "blob" event tells the end).
   * @returns {Tensor|null}
   */
  tensor(name) {
    const known = this.#tensors.get(name);
    if (known) return known;
    const { blob, offset, shape, axes, role, dtype } = this.spec(name);
    const { buffer } = this.#blob(this.manifest.blobs[blob].hash);
    if (!buffer) return null;
    const size = shape.reduce((product, n) => product * n, 1);
    const data = dtype === "int32" ? new Int32Array(buffer, 4 * offset, size) : new Float32Array(buffer, 4 * offset, size);
    const tensor = { name, shape, axes, role, blob, data };
    this.#tensors.set(name, tensor);
    return tensor;
  }

  /** Resolves when the numbers of all these tensors are here. */
  async ready(...names) {
    const hashes = new Set(names.map((name) => this.manifest.blobs[this.spec(name).blob].hash));
    await Promise.all([...hashes].map((hash) => this.#blob(hash).promise));
  }

  /** Ask again for what could not be fetched. */
  retry() {
    this.error = "";
    for (const [hash, blob] of this.#blobs) if (blob.failed) this.#blobs.delete(hash);
    this.#tell("blob");
  }

  /** @param {(kind: "trace"|"blob"|"failed") => void} listener @returns {() => void} ends it */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #blob(hash) {
    if (this.#blobs.has(hash)) return this.#blobs.get(hash);
    const blob = { buffer: null, failed: false };
    this.#blobs.set(hash, blob);
    blob.promise = this.#fetch(hash).then((buffer) => {
      blob.buffer = buffer;
      this.#tell("blob");
    }, (error) => {
      blob.failed = true;
      this.error = error.message;
      this.#tell("failed");
      throw error;
    });
    blob.promise.catch(() => {});  // who only draws looks at `error`
    return blob;
  }

  #tell(kind) {
    for (const listener of this.#listeners) listener(kind);
  }
}

function stretches(operations, belong) {
  const found = [];
  operations.forEach((operation, i) => {
    if (i && belong(operations[i - 1], operation)) found.at(-1).end = i + 1;
    else found.push({ part: operation.part, block: operation.block, start: i, end: i + 1 });
  });
  return found;
}
