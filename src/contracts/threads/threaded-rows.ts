import { createHash, type Hash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { VantageflowError } from "../../errors.ts";
import type { Arena } from "../../pipeline/arena.ts";
import type { Origin, Pull, RowSource, SourceRemarks } from "../../pipeline/source.ts";
import { Origins } from "../origins.ts";
import { createSharedInput, InputWriter } from "./shared-input.ts";
import type { MakerFault, MakerReply, MakerSetup, Slice } from "./slice.ts";

/**
 * The source of rows of a contract, made by another thread while this one scans what was made before: the same rows,
 * origins and errors, on two cores.
 */
export class ThreadedRows implements RowSource {
  limit = 0;
  base = 0;
  ended = false;
  size = 0;
  absent = 0;
  records = 0;
  isLineEndAdded = false;
  lastRowStart = 0;
  remarks: SourceRemarks | null = null;
  readonly #pull: Pull;
  readonly #arena: Arena;
  readonly #worker: Worker;
  readonly #input: InputWriter;
  /** Null where somebody else computes the digest. */
  readonly #hash: Hash | null;
  readonly #origins = new Origins();
  readonly #slices: Slice[] = [];
  #rest: Uint8Array = new Uint8Array(0);
  #moved = 0;
  #isLast = false;
  /** A pull on its way; it never fails here. */
  #pulling: Promise<void> | null = null;
  #isPulled = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => {};

  constructor(script: URL, setup: MakerSetup, pull: Pull, arena: Arena, isHashed = true) {
    const input = createSharedInput();
    this.#hash = isHashed ? createHash("sha256") : null;
    this.#pull = pull;
    this.#arena = arena;
    this.#input = new InputWriter(input);
    this.#worker = new Worker(script, { workerData: { setup, input }, stdout: true });
    this.#worker.stdout.resume();
    this.#worker.on("message", (reply: MakerReply) => {
      if ("slice" in reply) this.#slices.push(reply.slice);
      else if ("fault" in reply) this.#fail(errorOf(reply.fault));
      this.#wake();
    });
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error(`the thread that reads "${setup.key}" has ended`)));
  }

  /** Takes what was made, and waits where nothing was. */
  async fill(): Promise<void> {
    const arena = this.#arena;
    this.#origins.release(this.base + arena.start);
    arena.carry();
    const before = arena.end;
    for (;;) {
      this.#feed();
      this.#take();
      if (arena.end > before || this.#isThrough()) break;
      if (this.#slices.length > 0) continue;
      if (this.#failure !== null) throw this.#failure.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.base = this.#moved - arena.end;
    this.limit = arena.end;
    this.ended = this.#isThrough();
  }

  #isThrough(): boolean {
    return this.#isLast && this.#rest.length === 0;
  }

  /** Moves what fits into the arena. */
  #take(): void {
    const arena = this.#arena;
    if (this.#rest.length === 0) {
      const slice = this.#slices.shift();
      if (slice === undefined) return;
      this.#input.received();
      this.#origins.take(slice.origins);
      this.#rest = slice.rows;
      this.absent = slice.absent;
      this.records = slice.records;
      this.isLineEndAdded = slice.isLineEndAdded;
      this.lastRowStart = slice.lastRowStart;
      this.remarks = slice.remarks;
      this.#isLast = slice.isLast;
    }
    const moved = Math.min(this.#rest.length, arena.inputEnd - arena.end);
    arena.b.set(this.#rest.subarray(0, moved), arena.end);
    arena.end += moved;
    this.#moved += moved;
    this.#rest = this.#rest.subarray(moved);
  }

  /** Pulls as long as there is room; goes on by itself where the store lets it wait. */
  #feed(): void {
    while (this.#pulling === null && !this.#isPulled && this.#failure === null) {
      const room = this.#input.room();
      if (room === null) return;
      try {
        const pulled = this.#pull(room);
        if (typeof pulled === "number") this.#took(room, pulled);
        else this.#feedLater(room, pulled);
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  #feedLater(room: Buffer, pulled: Promise<number>): void {
    this.#pulling = pulled.then(
      (bytes) => {
        this.#pulling = null;
        this.#took(room, bytes);
        this.#feed();
      },
      (error) => {
        this.#pulling = null;
        this.#fail(error);
      },
    );
  }

  #took(room: Buffer, bytes: number): void {
    this.#hash?.update(room.subarray(0, bytes));
    this.size += bytes;
    this.#isPulled = bytes === 0;
    this.#input.wrote(bytes);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  check(): void {}

  originOf(reason: number, line: number): Origin {
    return this.#origins.of(reason, line);
  }

  measureAt(): number {
    return -1;
  }

  measureName(): string {
    return "";
  }

  digest(): string {
    return this.#hash?.digest("hex") ?? "";
  }

  /** Whoever pulls on, as to land a file that is refused, must not do so beside a pull that is still under way. */
  async close(): Promise<void> {
    this.#failure ??= { error: new Error("it was closed") };
    await Promise.all([this.#worker.terminate(), this.#pulling]);
  }
}

function errorOf({ message, code, key, line, byteOffset, column }: MakerFault): Error {
  if (code === null) return new Error(message);
  return new VantageflowError(code, message, {
    key,
    ...(line === undefined ? {} : { line }),
    ...(byteOffset === undefined ? {} : { byteOffset }),
    ...(column === undefined ? {} : { column }),
  });
}
