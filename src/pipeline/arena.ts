/**
 * One buffer for everything the hot path touches: `[headroom | input chunk | silver rows | anomaly rows]`.
 *
 * The partial row at the end of a chunk moves into the headroom, so that every row is contiguous; rows are copied
 * within the one buffer, which costs a third of copying between two (see docs/performance.md).
 */
/** The first chunk must hold the bytes that tell a file's kind. */
const MIN_CHUNK_BYTES = 64;
/** What a kernel reads and writes behind the bytes that it is told of. */
export const MARGIN_BYTES = 64;

export class Arena {
  b: Buffer;
  /** Input that no row has consumed: `b[start..end)`. */
  start: number;
  end: number;
  /** Rows gathered per side: `b[from[side]..to[side])`. */
  readonly from: [number, number] = [0, 0];
  readonly to: [number, number] = [0, 0];
  readonly #chunkBytes: number;
  #head: number;

  /** `memory` may give the first buffer, of so many bytes that are 0; one that has to grow is an ordinary one. */
  constructor(chunkBytes: number, memory?: (bytes: number) => Buffer | undefined) {
    this.#chunkBytes = Math.max(MIN_CHUNK_BYTES, chunkBytes);
    this.#head = Math.min(64 * 1024, this.#chunkBytes);
    this.b = memory?.(this.#bytes) ?? this.#allocate();
    this.start = this.#head;
    this.end = this.#head;
    this.#layOut();
  }

  /** Where the chunk that is being read ends. One more byte is left free for a missing last line end. */
  get inputEnd(): number {
    return this.#head + this.#chunkBytes;
  }

  /** Whether the next chunk's rows might not fit behind those gathered on this side. */
  isFull(side: number): boolean {
    return this.from[side] + this.#outputBytes - this.to[side] < this.#inputBytes;
  }

  /** Moves what is left of the input in front of the next chunk, growing the headroom for a longer row. */
  carry(): void {
    const rest = this.end - this.start;
    if (rest > this.#head) this.#grow(rest);
    this.b.copyWithin(this.#head - rest, this.start, this.end);
    this.start = this.#head - rest;
    this.end = this.#head;
  }

  get #inputBytes(): number {
    return this.#head + this.#chunkBytes + 1;
  }

  /** Room for the rows of a whole chunk behind as many already gathered. */
  get #outputBytes(): number {
    return this.#inputBytes * 2;
  }

  get #bytes(): number {
    return this.#inputBytes + 2 * (this.#outputBytes + MARGIN_BYTES);
  }

  #allocate(): Buffer {
    return Buffer.from(new ArrayBuffer(this.#bytes));
  }

  #layOut(): void {
    for (const side of [0, 1] as const) {
      this.from[side] = this.#inputBytes + side * (this.#outputBytes + MARGIN_BYTES);
      this.to[side] = this.from[side];
    }
  }

  #grow(rest: number): void {
    const old = this.b;
    const gathered = [0, 1].map((side) => old.subarray(this.from[side], this.to[side]));
    const input = old.subarray(this.start, this.end);
    while (this.#head < rest) this.#head *= 2;
    this.b = this.#allocate();
    this.#layOut();
    gathered.forEach((rows, side) => {
      this.to[side] += rows.copy(this.b, this.from[side]);
    });
    this.start = 0;
    this.end = input.copy(this.b, 0);
  }
}
