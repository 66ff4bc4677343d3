import { damaged, noneSuch, truncated } from "./damage.ts";
import type { Input } from "./input.ts";

/** Checksums of bytes, begun with the checksum of those before them: CRC-32 as in RFC 1952 §8. */
export type Crc32 = (bytes: Uint8Array, before: number) => number;

/** RFC 1952 §2.3.1: bits of FLG. */
const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const RESERVED = 0xe0;

const MEMBER = "gzip member";
const FIXED_BYTES = 10;
const TRAILER_BYTES = 8;
const DEFLATE = 8;

/** Takes the header of a member (RFC 1952 §2.3), however long its texts are. Throws `compressed_damaged`. */
export async function takeHeader(key: string, input: Input, crc32: Crc32): Promise<void> {
  let crc = 0;
  const at = input.offset;
  const taken = (bytes: Uint8Array): void => {
    crc = crc32(bytes, crc);
    input.take(bytes.length);
  };
  const fixed = await input.ahead(FIXED_BYTES);
  if (fixed[0] !== 0x1f || (fixed.length > 1 && fixed[1] !== 0x8b)) throw noneSuch(key, at, MEMBER, fixed);
  if (fixed.length < FIXED_BYTES) throw truncated(key, at + fixed.length, `the header of a ${MEMBER}`);
  const [, , method, flags] = fixed;
  if (method !== DEFLATE) throw damaged(key, at + 2, `compression method ${method} of a ${MEMBER} is none that exists`);
  if ((flags & RESERVED) !== 0) throw damaged(key, at + 3, `a ${MEMBER} has reserved flags set`);
  taken(fixed);

  if ((flags & FEXTRA) !== 0) {
    const length = await exactly(key, input, 2);
    taken(length);
    for (let left = length.readUInt16LE(0); left > 0; ) {
      const piece = (await atLeastOne(key, input)).subarray(0, left);
      left -= piece.length;
      taken(piece);
    }
  }
  for (const flag of [FNAME, FCOMMENT]) {
    for (let isOpen = (flags & flag) !== 0; isOpen; ) {
      const piece = await atLeastOne(key, input);
      const end = piece.indexOf(0);
      isOpen = end < 0;
      taken(isOpen ? piece : piece.subarray(0, end + 1));
    }
  }
  if ((flags & FHCRC) !== 0) {
    const stated = (await exactly(key, input, 2)).readUInt16LE(0);
    if (stated !== (crc & 0xffff)) throw damaged(key, input.offset, `the header of a ${MEMBER} has another checksum`);
    input.take(2);
  }
}

/** Takes the trailer of a member: checksum and length, modulo 2^32, of what it holds. Throws `compressed_damaged`. */
export async function takeTrailer(key: string, input: Input, crc: number, length: number): Promise<void> {
  const at = input.offset;
  const trailer = await input.ahead(TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) throw truncated(key, at + trailer.length, `the trailer of a ${MEMBER}`);
  if (trailer.readUInt32LE(0) !== crc) throw damaged(key, at, `a ${MEMBER} holds other bytes than its checksum says`);
  if (trailer.readUInt32LE(4) !== length % 2 ** 32) {
    throw damaged(key, at + 4, `a ${MEMBER} holds another number of bytes than it says`);
  }
  input.take(TRAILER_BYTES);
}

async function exactly(key: string, input: Input, bytes: number): Promise<Buffer> {
  const piece = await input.ahead(bytes);
  if (piece.length < bytes) throw truncated(key, input.offset + piece.length, `the header of a ${MEMBER}`);
  return piece;
}

async function atLeastOne(key: string, input: Input): Promise<Buffer> {
  const piece = await input.rest();
  if (piece.length === 0) throw truncated(key, input.offset, `the header of a ${MEMBER}`);
  return piece;
}
