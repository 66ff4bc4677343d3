import { createHash, type Hash } from "node:crypto";
import { VantageflowError } from "../errors.ts";
import { batchPathOf } from "../ledger/layers.ts";
import type { OutputRecord } from "../ledger/receipts.ts";
import type { LakeStorage, Lineage, ObjectHead, ObjectInfo, ObjectWriter } from "../storage/port.ts";
import type { Arena } from "./arena.ts";
import { ANOMALY_SIDE, SILVER_SIDE } from "./devices.ts";
import type { Header } from "./header.ts";
import { REASONS, REJECTS_HEADER, RejectsBuffer } from "./rejects.ts";
import type { RowSink } from "./sinks.ts";
import type { Origin } from "./source.ts";

export interface Published extends OutputRecord {
  readonly info: ObjectInfo;
}

/** One object on its way out: hashed as it is written, visible when it is published. */
export class Output {
  readonly key: string;
  readonly #writer: ObjectWriter;
  /** Null where the store computes the digest. */
  readonly #hash: Hash | null;
  /** The token of what it replaces: somebody else's newer output is never overwritten. */
  readonly #replaces: string | null;
  #size = 0;

  private constructor(key: string, writer: ObjectWriter, replaces: string | null) {
    this.key = key;
    this.#writer = writer;
    this.#hash = writer.digest === undefined ? createHash("sha256") : null;
    this.#replaces = replaces;
  }

  /**
   * `before` is the object that will be replaced; absent: the one that is there now. Throws `key_invalid` for one that was
   * made of another source than `source`: two batches would take turns in one place. A batch that had another name in bronze
   * (see `keysIn`) is the same batch, once that name is gone.
   */
  static async open(
    storage: LakeStorage,
    key: string,
    source: string,
    before?: ObjectHead | null,
    size?: number,
  ): Promise<Output> {
    const current = before === undefined ? await storage.head(key) : before;
    const other = current?.metadata?.sourceKey ?? source;
    if (other !== source && !(await isFormerName(storage, other, source))) {
      const why = `"${key}", which would be made of it, was made of "${other}". Give one of them another name`;
      throw new VantageflowError("key_invalid", `Cannot process "${source}": ${why}.`, { key: source });
    }
    return new Output(key, await storage.create(key, { derived: true, size }), current?.token ?? null);
  }

  write(bytes: Uint8Array): void | Promise<void> {
    if (bytes.length === 0) return;
    this.#hash?.update(bytes);
    this.#size += bytes.length;
    return this.#writer.write(bytes);
  }

  /** See `ObjectWriter.settle`. */
  settle(): Promise<void> {
    return this.#writer.settle();
  }

  /** Visible, and durable once the storage has been flushed. Throws `conflict` when the object it replaces has changed since {@link open}. */
  async publish(lineage: Lineage): Promise<Published> {
    const sha256 = this.#hash?.digest("hex") ?? (await this.#writer.digest?.()) ?? "";
    const info = await this.#writer.commit({ ifToken: this.#replaces, deferred: true, sha256, lineage });
    return { key: this.key, size: this.#size, sha256, info };
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }
}

async function isFormerName(storage: LakeStorage, other: string, source: string): Promise<boolean> {
  return batchPathOf(other) === batchPathOf(source) && (await storage.head(other)) === null;
}

/** Routes rows into silver, anomalies and rejects. The rejects object is made by the first reject. */
export class SplitSink implements RowSink {
  readonly #arena: Arena;
  readonly #sides: readonly [Output, Output];
  readonly #openRejects: () => Promise<Output>;
  readonly #rejected = new RejectsBuffer();
  rejects: Output | null = null;

  constructor(arena: Arena, silver: Output, anomalies: Output, openRejects: () => Promise<Output>) {
    this.#arena = arena;
    this.#sides = [silver, anomalies];
    this.#openRejects = openRejects;
  }

  header(header: Header): void {
    const { b, to } = this.#arena;
    const line = Buffer.concat([header.bytes, Buffer.from("\n")]);
    for (const side of [SILVER_SIDE, ANOMALY_SIDE] as const) {
      to[side] += line.copy(b, to[side]);
    }
  }

  get ends(): [number, number] {
    return this.#arena.to;
  }

  rows(side: number, start: number, end: number): void {
    const { b, to } = this.#arena;
    b.copyWithin(to[side], start, end);
    to[side] += end - start;
  }

  reject(origin: Origin): void {
    this.#rejected.add(origin);
  }

  drain(): void | Promise<void> {
    let waiting: Promise<void> | undefined;
    for (const side of [SILVER_SIDE, ANOMALY_SIDE] as const) {
      if (this.#arena.isFull(side)) waiting = this.#after(waiting, () => this.#flush(side));
    }
    return this.#rejected.length > 0 ? this.#after(waiting, () => this.#flushRejects()) : waiting;
  }

  /** Hands on all that is left. */
  async finish(): Promise<void> {
    await this.#flush(SILVER_SIDE);
    await this.#flush(ANOMALY_SIDE);
  }

  /** Runs the step now, or behind what is still waiting: a store that writes at once is never awaited. */
  #after(waiting: Promise<void> | undefined, step: () => void | Promise<void>): Promise<void> | undefined {
    return waiting === undefined ? (step() ?? undefined) : waiting.then(step);
  }

  #flush(side: typeof SILVER_SIDE | typeof ANOMALY_SIDE): void | Promise<void> {
    const { b, from, to } = this.#arena;
    const bytes = b.subarray(from[side], to[side]);
    to[side] = from[side];
    return this.#sides[side].write(bytes);
  }

  async #flushRejects(): Promise<void> {
    if (this.rejects === null) {
      this.rejects = await this.#openRejects();
      await this.rejects.write(Buffer.from(`${REJECTS_HEADER}\n`));
    }
    await this.rejects.write(this.#rejected.take());
  }
}

/** Silver holds valid readings only, so gold never has numbers from which a row was quietly left out. */
export function strictSink(key: string): RowSink {
  return {
    header() {},
    rows() {},
    drain() {},
    reject({ reason, line, byteOffset }) {
      const { column, message } = REASONS[reason];
      const what = column === "" ? message : `${column} is ${message}`;
      const advice = "Put the file into bronze/ to have its rows checked and split";
      throw new VantageflowError("row_invalid", `Cannot aggregate "${key}": line ${line}: ${what}. ${advice}.`, {
        key,
        line,
        byteOffset,
        ...(column === "" ? {} : { column }),
      });
    },
  };
}
