import type { Pull } from "../../pipeline/source.ts";
import { roomFor } from "./room.ts";

const CHUNK_BYTES = 256 * 1024;
/** With less room than this a new buffer is begun; what brings few bytes at once shares one. */
const LEAST_ROOM = 64 * 1024;

/**
 * The bytes of a source that are at hand and belong to no record yet: `b[start..end)`. Behind them stands one byte more,
 * which ends the loops of whoever reads.
 */
export class PulledWindow {
  b: Buffer = Buffer.alloc(1);
  start = 0;
  end = 0;
  /** The offset of `b[0]` in the text that is pulled. */
  base = 0;
  /** Nothing follows behind `end`. */
  ended = false;
  readonly #pull: Pull;
  readonly #guard: number;
  /** Fewer bytes need not be looked at again. */
  #wanted = 0;

  /** `guard` is the byte behind the last one. */
  constructor(pull: Pull, guard: number) {
    this.#pull = pull;
    this.#guard = guard;
    this.b[0] = guard;
  }

  /** Bytes pulled so far. */
  get size(): number {
    return this.base + this.end;
  }

  /** Whether it is too early to look again at a record that was not whole. */
  get isShort(): boolean {
    return !this.ended && this.end - this.start < this.#wanted;
  }

  /** What is there is no whole record: looks at it again when half as much has come to it, so that a long one is read in linear time. */
  awaitMore(): void {
    const length = this.end - this.start;
    this.#wanted = length + (length >> 1) + 1;
  }

  /** Leaves what is in front of `p` behind. */
  leave(p: number): void {
    this.start = p;
    this.#wanted = 0;
  }

  /** Pulls more in; bytes that were left behind are not overwritten, for somebody may have kept them. */
  fill(): void | Promise<void> {
    if (this.b.length - this.end < LEAST_ROOM) this.#makeRoom();
    const pulled = this.#pull(this.b.subarray(this.end, this.b.length - 1));
    return typeof pulled === "number" ? this.#took(pulled) : pulled.then((bytes) => this.#took(bytes));
  }

  /** Puts a byte behind the last one where nothing follows. */
  append(byte: number): void {
    if (this.end + 1 === this.b.length) this.#makeRoom();
    this.b[this.end] = byte;
    this.#took(1);
  }

  #makeRoom(): void {
    const rest = this.end - this.start;
    const next = roomFor(rest + Math.max(CHUNK_BYTES, rest) + 1);
    this.b.copy(next, 0, this.start, this.end);
    this.base += this.start;
    this.b = next;
    this.start = 0;
    this.end = rest;
  }

  #took(bytes: number): void {
    this.end += bytes;
    this.b[this.end] = this.#guard;
    if (bytes === 0) this.ended = true;
  }
}
