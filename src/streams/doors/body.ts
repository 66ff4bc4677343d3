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

  /** The bytes of a body, inflated. Throws {@link BadRequest}. */
  async read(incoming: IncomingMessage): Promise<Buffer> {
    const { "content-length": length = "0", "content-encoding": encoding = "identity" } = incoming.headers;
    const isPacked = encoding.toLowerCase() === "gzip";
    if (!isPacked && encoding.toLowerCase() !== "identity") {
      throw new BadRequest(415, "its Content-Encoding is neither gzip nor identity");
    }
    if (Number(length) > MAX_BODY_BYTES) throw new BadRequest(413, TOO_LARGE);
    let size = 0;
    try {
      const chunks: Buffer[] = [];
      // A request that is refused is answered, so what it comes through stays open.
      for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        size += chunk.length;
        this.#open += chunk.length;
        if (size > MAX_BODY_BYTES) throw new BadRequest(413, TOO_LARGE);
        if (this.#open > MAX_OPEN_BYTES)
          throw new BadRequest(429, "too much is being sent at once. Try again in a second");
        chunks.push(chunk);
      }
      const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      return isPacked ? await inflated(bytes) : bytes;
    } catch (error) {
      if (error instanceof BadRequest) throw error;
      throw new BadRequest(400, "it broke off");
    } finally {
      this.#open -= size;
    }
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
      throw new BadRequest(413, `its readings are more than ${MAX_READINGS_BYTES} bytes. Send it in pieces`);
    }
  }
}
