import type { ByteRange, ObjectReader } from "../port.ts";
import { headOf } from "./head.ts";
import { openPiece, type ReadTarget, readError, resumePiece } from "./piece.ts";

/** How often a broken body is taken up again at one place. */
const MAX_RESUMES = 3;

/**
 * Opens an object, or one version of it, or a piece of that. A body that breaks is taken up again where it broke, pinned to
 * the same ETag: `superseded` when somebody has replaced the object meanwhile, never mixed bytes. Throws `not_found`,
 * `storage_failed`.
 */
export async function openReader(wanted: ReadTarget, range?: ByteRange): Promise<ObjectReader> {
  const { place, key } = wanted;
  const piece = await openPiece(wanted, range);
  let { source } = piece;
  const head = await headOf(place, key, { ...piece.described, ContentLength: piece.size }).catch((error) => {
    source.close();
    throw readError(wanted, error);
  });
  let left: Uint8Array = Buffer.alloc(0);
  let at = piece.start;
  let resumes = 0;
  let open = true;

  /** The next bytes, or null at the end; takes a broken body up again. */
  async function next(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = await source
        .next()
        .catch((error: unknown) => (error instanceof Error ? error : new Error("broken")));
      if (chunk instanceof Uint8Array) {
        resumes = 0;
        return chunk;
      }
      if (!open) throw closed(key);
      const ended = at === piece.end;
      if (chunk === null && ended) return null;
      // All bytes are there, and their checksum is wrong: no second reading of the end can mend that.
      if (chunk !== null && ended) throw readError(wanted, chunk);
      if (at > piece.end || ++resumes > MAX_RESUMES) {
        throw readError(wanted, chunk ?? tooShort(at - piece.start, piece.end - piece.start));
      }
      source.close();
      source = await resumePiece(wanted, piece, at);
      if (!open) source.close();
    }
  }

  return {
    head,
    isPinned: true,
    async pull(into) {
      if (!open) throw closed(key);
      while (left.length === 0) {
        const chunk = await next();
        if (chunk === null) return 0;
        at += chunk.length;
        left = chunk;
      }
      const length = Math.min(left.length, into.length);
      into.set(left.subarray(0, length));
      left = left.subarray(length);
      return length;
    },
    async close() {
      open = false;
      source.close();
    },
  };
}

function closed(key: string): Error {
  return new Error(`the reader of "${key}" is closed`);
}

function tooShort(received: number, wanted: number): Error {
  return new Error(`the body ended after ${received} of ${wanted} bytes`);
}
