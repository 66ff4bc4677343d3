import { pipeline, Readable } from "node:stream";
import { parse } from "fast-csv";

/** The rows of a CSV without a header of its own, in constant memory. Throws what its source throws, and for what is no CSV. */
export function csvRows(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncIterable<string[]> {
  return pipeline(Readable.from(chunks), parse<string[], string[]>({ headers: false }), () => {});
}
