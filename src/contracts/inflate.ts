import * as zlib from "node:zlib";
import { VantageflowError } from "../errors.ts";
import type { Pull } from "../pipeline/source.ts";
import { truncated } from "./compressed/damage.ts";
import { takeHeader, takeTrailer } from "./compressed/gzip.ts";
import { Input } from "./compressed/input.ts";
import { type Inflater, Run } from "./compressed/run.ts";
import { takeToFrame, ZstdFrame } from "./compressed/zstd.ts";

export type Compression = "gzip" | "zstd";

/** What comes out may be so many times as large as what came in, and this many bytes more. */
const MAX_RATIO = 200;
const ALLOWANCE_BYTES = 2 ** 20;

/** What a file may become at most, unless stated otherwise: 16 GiB. */
const MAX_INFLATED_BYTES = 2 ** 34;

/** Of a block that a decoder hands out. */
const BLOCK_BYTES = 64 * 1024;

/** Node has it from 22.15 and 23.8 on; the types are those of Node 20. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: zlib.ZlibOptions) => Inflater };

/** Bytes of an object that is compressed, as they were before. */
export interface Inflating {
  /** See {@link inflate} for what it throws; it throws the same again when called again. */
  readonly pull: Pull;
  /** To be called at the end, and by who stops before it: releases the decoder at once. Harmless when called twice. */
  close(): void;
}

/**
 * Inflates a stream: gzip (RFC 1952; several members are one file) or zstd (RFC 8878; several frames are one file, those
 * that are to be skipped are). Reads on only as bytes are pulled; holds some 300 KiB, for zstd the frame's window (up to
 * 128 MiB), too. `key` is for messages; `maxBytes` is what the file may become.
 *
 * Pulling throws, all of class data: `empty`; `compressed_damaged` with the byte offset in the compressed object, for a file
 * that is of another kind, is cut off, fails its checksum or length, or has bytes behind its last member that are none
 * (zeros as well); `inflated_too_large` where more than `maxBytes` or 200 times (and 1 MiB) what came in would come out. The
 * end is told only of a file that is whole. Throws `usage` for zstd on a Node without it.
 */
export function inflate(
  key: string,
  pull: Pull,
  compression: Compression,
  maxBytes: number = MAX_INFLATED_BYTES,
): Inflating {
  if (compression === "zstd" && createZstdDecompress === undefined) {
    const why = `${process.version} of Node cannot inflate zstd. Use Node 22.15 or later, or compress it with gzip.`;
    throw new VantageflowError("usage", `Cannot read "${key}": ${why}`, { key });
  }
  return new Stage(key, pull, compression, maxBytes);
}

class Stage implements Inflating {
  readonly #key: string;
  readonly #input: Input;
  readonly #maxBytes: number;
  readonly #blocks: AsyncGenerator<Buffer, void>;
  #run: Run | null = null;
  #block: Buffer = Buffer.alloc(0);
  #inflated = 0;
  #failure: unknown;

  constructor(key: string, pull: Pull, compression: Compression, maxBytes: number) {
    this.#key = key;
    this.#input = new Input(pull);
    this.#maxBytes = maxBytes;
    this.#blocks = compression === "gzip" ? this.#members() : this.#frames();
  }

  readonly pull: Pull = (into) => (this.#block.length > 0 ? this.#hand(into) : this.#next(into));

  close(): void {
    this.#failure ??= new Error(`"${this.#key}" is no longer inflated`);
    this.#block = this.#block.subarray(0, 0);
    this.#run?.close();
    void this.#blocks.return();
  }

  #hand(into: Uint8Array): number {
    const bytes = this.#block.copy(into);
    this.#block = this.#block.subarray(bytes);
    return bytes;
  }

  async #next(into: Uint8Array): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const { value } = await this.#blocks.next();
      // Closed meanwhile: the end of the blocks is not that of the file.
      if (this.#failure !== undefined) throw this.#failure;
      if (value === undefined) return 0;
      this.#admit(value.length);
      this.#block = value;
      return this.#hand(into);
    } catch (error) {
      this.#failure ??= error;
      this.close();
      throw this.#failure;
    }
  }

  #admit(bytes: number): void {
    this.#inflated += bytes;
    const isOverRatio = this.#inflated > MAX_RATIO * this.#input.size + ALLOWANCE_BYTES;
    if (!isOverRatio && this.#inflated <= this.#maxBytes) return;
    const why = isOverRatio
      ? `it becomes more than ${MAX_RATIO} times as large. Bring it uncompressed, if that is what it should be.`
      : `it becomes larger than ${this.#maxBytes} bytes. Split it.`;
    throw new VantageflowError("inflated_too_large", `Cannot read "${this.#key}": ${why}`, { key: this.#key });
  }

  async *#members(): AsyncGenerator<Buffer, void> {
    const input = this.#input;
    await this.#refuseEmpty();
    while ((await input.rest()).length > 0) {
      await takeHeader(this.#key, input, zlib.crc32);
      let crc = 0;
      let length = 0;
      const run = this.#start(zlib.createInflateRaw({ chunkSize: BLOCK_BYTES }));
      try {
        for (;;) {
          const block = await run.next();
          if (block !== null) {
            crc = zlib.crc32(block, crc);
            length += block.length;
            yield block;
          } else if (run.isEnded) break;
          else run.feed(await this.#more("a gzip member"));
        }
        input.take(run.leftOver);
      } finally {
        run.close();
      }
      await takeTrailer(this.#key, input, crc, length);
    }
  }

  async *#frames(): AsyncGenerator<Buffer, void> {
    await this.#refuseEmpty();
    while (await takeToFrame(this.#key, this.#input)) {
      const frame = new ZstdFrame();
      const run = this.#start(createZstdDecompress!({ chunkSize: BLOCK_BYTES }));
      try {
        for (;;) {
          const block = await run.next();
          if (block !== null) yield block;
          else if (frame.isEnded) break;
          else {
            const bytes = await this.#more("a zstd frame");
            const end = frame.read(bytes, 0);
            this.#input.take(end - bytes.length);
            run.feed(bytes.subarray(0, end));
          }
        }
      } finally {
        run.close();
      }
    }
  }

  async #refuseEmpty(): Promise<void> {
    if ((await this.#input.rest()).length > 0) return;
    const why = "it is empty. Write a header and rows, compress it, then move it here.";
    throw new VantageflowError("empty", `Cannot read "${this.#key}": ${why}`, { key: this.#key });
  }

  #start(decoder: Inflater): Run {
    this.#run = new Run(this.#key, decoder, this.#input.offset);
    return this.#run;
  }

  /** Takes what is at hand. Throws where the object ends. */
  async #more(what: string): Promise<Buffer> {
    const bytes = await this.#input.rest();
    if (bytes.length === 0) throw truncated(this.#key, this.#input.offset, what);
    this.#input.take(bytes.length);
    return bytes;
  }
}
