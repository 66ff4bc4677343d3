import type { Pull } from "../pipeline/source.ts";

/** Reads a stream of chunks as a pull source: each call copies as much as is wanted of the current chunk. */
export function pullFrom(chunks: AsyncIterable<Uint8Array>): Pull {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return async (into) => {
    while (rest.length === 0) {
      const { value, done } = await iterator.next();
      if (done === true) return 0;
      rest = value;
    }
    const taken = rest.subarray(0, into.length);
    into.set(taken);
    rest = rest.subarray(taken.length);
    return taken.length;
  };
}
