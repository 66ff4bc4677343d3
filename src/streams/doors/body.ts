import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/** Of a request, as it comes and as it inflates to. */
const MAX_BODY_BYTES = 10_000_000;
/** Of all requests that are being read. */
const MAX_OPEN_BYTES = 32_000_000;

const inflate = promisify(gunzip);

/** Why a request cannot be read, by the status that says so. */
export class BadRequest extends Error {
  readonly status: 400 | 413 | 415 | 429;

  constructor(status: BadRequest["status"], message: string) {
    super(message);
    this.status = status;
  }
}

const TOO_LARGE = `it is larger than ${MAX_BODY_BYTES} bytes. Send it in pieces`;

/** Reads bodies of requests, a bounded number of bytes of all of them at once. */
export class BodyReader {
  #open = 0;
  /** One request is inflated at a time: a small one may become a large one. */
  #inflating: Promise<unknown> = Promise.resolve();

  /** The bytes of a body, inflated. Throws {@link BadRequest}. */
  async read(incoming: IncomingMessage): Promise<Buffer> {
    const { "content-length": length = "0", "content-encoding": encoding = "identity" } = incoming.headers;
    const isPacked = encoding.toLowerCase() === "gzip";
    if (!isPacked && encoding.toLowerCase() !== "identity") {
      throw new BadRequest(415, "its Content-Encoding is neither gzip nor identity");
    }
    if (Number(length) > MAX_BODY_BYTES) throw new BadRequest(413, TOO_LARGE);
    const bytes = await this.#collect(incoming);
    if (!isPacked) return bytes;
    const inflating = this.#inflating.then(() => inflated(bytes));
    this.#inflating = inflating.catch(() => {});
    return inflating;
  }

  #collect(incoming: IncomingMessage): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const settle = (error: BadRequest | null) => {
        incoming.off("data", take).off("end", finish).off("close", breakOff).off("error", breakOff);
        this.#open -= size;
        if (error === null) return resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
        // A request that is refused is answered, so what it comes through stays open.
        incoming.pause();
        reject(error);
      };
      const take = (chunk: Buffer) => {
        size += chunk.length;
        this.#open += chunk.length;
        chunks.push(chunk);
        if (size > MAX_BODY_BYTES) settle(new BadRequest(413, TOO_LARGE));
        else if (this.#open > MAX_OPEN_BYTES)
          settle(new BadRequest(429, "too much is being sent at once. Try again in a second"));
      };
      const finish = () => settle(null);
      const breakOff = () => settle(new BadRequest(400, "it broke off"));
      incoming.on("data", take).on("end", finish).on("close", breakOff).on("error", breakOff);
    });
  }
}

async function inflated(bytes: Buffer): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw new BadRequest(413, TOO_LARGE);
    throw new BadRequest(400, "it is not gzip, though its Content-Encoding says so, or is damaged");
  }
}

/** What a request may become: a name that stands once in it, and holds for many readings, stands in each of them then. */
const MAX_READINGS_BYTES = 32_000_000;

/** Counts the bytes of the readings that a request becomes. */
export class ReadingsSize {
  #bytes = 0;

  /** Throws {@link BadRequest} where there are too many. */
  add(...texts: readonly string[]): void {
    for (const { length } of texts) this.#bytes += length;
    if (this.#bytes > MAX_READINGS_BYTES) {
      throw new BadRequest(413, `what it becomes is more than ${MAX_READINGS_BYTES} bytes. Send it in pieces`);
    }
  }
}
