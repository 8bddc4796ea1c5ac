/** Takes one message of model/runs/wire.py apart. Knows nothing of what the messages mean. */

const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };
const text = new TextDecoder();

/**
 * @param {ArrayBuffer} buffer u32 header length, JSON header, then arrays, each at a multiple of 8 bytes
 * @returns {{header: object, arrays: Object<string, {data: Float32Array|Int32Array|Uint8Array, shape: number[]}>}}
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(text.decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  let offset = 4 + length;
  for (const { name, dtype, shape } of header.arrays) {
    const Type = TYPES[dtype];
    if (!Type) throw new Error(`array ${name} has the dtype ${dtype}, which browsers do not get`);
    const size = shape.reduce((product, n) => product * n, 1);
    arrays[name] = { data: new Type(buffer, offset, size), shape };
    offset += Math.ceil((size * Type.BYTES_PER_ELEMENT) / 8) * 8;
  }
  return { header, arrays };
}
