import { noneSuch, truncated } from "./damage.ts";
import type { Input } from "./input.ts";

/** RFC 8878 §3.1.1 and §3.1.2, little-endian. */
const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

const FRAME = "zstd frame";
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;

/**
 * Where a frame ends, told by the sizes of its blocks. Node's decoder does not tell: that of Node 22 takes a frame which is
 * cut off for a whole one, and leaves out all frames behind the first.
 */
export class ZstdFrame {
  isEnded = false;
  /** Bytes of the next field: the magic number with the descriptor behind it, or the header of a block. */
  #wanted = MAGIC_BYTES + 1;
  #got = 0;
  #field = 0;
  /** Bytes that need not be looked at. */
  #skip = 0;
  #isInBlocks = false;
  #isLastBlock = false;
  #hasChecksum = false;

  /** Reads on in `b[from..)`: returns where the frame ends in it, or the length of `b`. */
  read(b: Uint8Array, from: number): number {
    let p = from;
    while (p < b.length && !this.isEnded) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, b.length - p);
        this.#skip -= skipped;
        p += skipped;
      } else {
        this.#field = this.#got < MAGIC_BYTES ? this.#field + b[p] * 256 ** this.#got : b[p];
        this.#got++;
        p++;
        if (this.#got === this.#wanted) this.#know();
      }
      if (this.#skip === 0 && this.#isLastBlock) this.isEnded = true;
    }
    return p;
  }

  #know(): void {
    if (this.#isInBlocks) this.#blockHeader(this.#field);
    else this.#frameHeader(this.#field);
    this.#isInBlocks = true;
    this.#wanted = BLOCK_HEADER_BYTES;
    this.#got = 0;
    this.#field = 0;
  }

  /** RFC 8878 §3.1.1.1: behind the descriptor stand the window, the dictionary's id and the size of the content. */
  #frameHeader(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >> 6;
    const contentSize = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
    const dictionaryId = [0, 1, 2, 4][descriptor & 3];
    this.#skip = (isSingleSegment ? 0 : 1) + dictionaryId + contentSize;
    this.#hasChecksum = (descriptor & 4) !== 0;
  }

  /** RFC 8878 §3.1.1.2: last, type and size; a block of type 1 is one byte, repeated. */
  #blockHeader(header: number): void {
    const isRepeated = ((header >> 1) & 3) === 1;
    this.#isLastBlock = (header & 1) !== 0;
    this.#skip = isRepeated ? 1 : header >> 3;
    if (this.#isLastBlock && this.#hasChecksum) this.#skip += CHECKSUM_BYTES;
  }
}

/** Takes frames that are to be skipped (RFC 8878 §3.1.2); whether a frame follows. Throws `compressed_damaged`. */
export async function takeToFrame(key: string, input: Input): Promise<boolean> {
  for (;;) {
    const at = input.offset;
    const front = await input.ahead(2 * MAGIC_BYTES);
    if (front.length === 0) return false;
    if (front.length < MAGIC_BYTES) {
      throw at === 0 ? noneSuch(key, at, FRAME, front) : truncated(key, at + front.length, `what should be a ${FRAME}`);
    }
    const magic = front.readUInt32LE(0);
    if (magic === MAGIC) return true;
    if ((magic & 0xfffffff0) >>> 0 !== SKIPPABLE_MAGIC) throw noneSuch(key, at, FRAME, front);
    if (front.length < 2 * MAGIC_BYTES) throw truncated(key, at + front.length, `a ${FRAME} that is to be skipped`);
    input.take(front.length);
    for (let left = front.readUInt32LE(MAGIC_BYTES); left > 0; ) {
      const piece = (await input.rest()).subarray(0, left);
      if (piece.length === 0) throw truncated(key, input.offset, `a ${FRAME} that is to be skipped`);
      left -= piece.length;
      input.take(piece.length);
    }
  }
}
