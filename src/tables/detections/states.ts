import { createHash } from "node:crypto";
import { Detectors } from "../../detection/detectors.ts";
import type { Sensitivity } from "../../detection/sensitivity.ts";
import { DETECTOR_VERSION, readState, writeState } from "../../detection/state.ts";
import { hasCode } from "../../errors.ts";
import { readChunks } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { topology } from "../../topology.ts";
import { dayOfDate } from "../days/day.ts";
import type { ChainDay } from "./chain.ts";

/**
 * What the detector remembers of all devices when a day begins, so that the days before need not be read again. Named by the digest of
 * all that it comes of: one that is out of date is never found, and one that is lost costs time only.
 */

const FOLDER = `${topology.layers.state.prefix}detections/`;

/** How far a run has come. */
export interface DetectorsSoFar {
  readonly detectors: Detectors;
  /** Rows without device, time or value, as other programs may leave them. */
  unreadable: number;
}

/** Of each power of two, the checkpoints of so many of the newest days that it divides are kept: dense near the end, thin behind. */
const KEPT = 3;
const DIGEST_BYTES = 32;
/** Bytes that are written at once. */
const PIECE_BYTES = 1024 * 1024;

export function statesKey({ date, before }: Pick<ChainDay, "date" | "before">): string {
  return `${FOLDER}${DETECTOR_VERSION}/${date}-${before}.bin`;
}

/**
 * The days at whose beginning a checkpoint is worth its room: some three for each doubling of the days behind. What is kept of more days
 * is always among what was kept of fewer.
 */
export function worthKeeping(days: readonly ChainDay[]): Set<ChainDay> {
  const kept = new Set<ChainDay>();
  const candidates = days.slice(1).reverse();
  for (let step = 1, left = candidates; left.length > 0; step *= 2) {
    left = left.filter(({ date }) => dayOfDate(date) % step === 0);
    for (const day of left.slice(0, KEPT)) kept.add(day);
    if (left.length <= KEPT) break;
  }
  return kept;
}

export async function writeStates(storage: LakeStorage, day: ChainDay, progress: DetectorsSoFar): Promise<void> {
  const { detectors, unreadable } = progress;
  const writer = await storage.create(statesKey(day));
  const hash = createHash("sha256");
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  async function flush(): Promise<void> {
    const piece = Buffer.concat(pieces.splice(0));
    bytes = 0;
    hash.update(piece);
    await writer.write(piece);
  }
  try {
    const { passed } = detectors;
    pieces.push(lengthOf(detectors.count), doubles(passed, unreadable));
    for (const [device, state] of detectors.entries()) {
      for (const part of [Buffer.from(device, "utf8"), writeState(state)]) {
        pieces.push(lengthOf(part.length), part);
        bytes += part.length;
      }
      if (bytes >= PIECE_BYTES) await flush();
    }
    await flush();
    await writer.write(hash.digest());
    await writer.commit();
  } finally {
    await writer.abort();
  }
}

/** Null where there is none, or none that is whole. */
export async function readStates(
  storage: LakeStorage,
  day: ChainDay,
  sensitivity: Sensitivity,
): Promise<DetectorsSoFar | null> {
  try {
    return await parse(readChunks(storage, statesKey(day)), sensitivity);
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    throw error;
  }
}

async function parse(chunks: AsyncIterable<Buffer>, sensitivity: Sensitivity): Promise<DetectorsSoFar | null> {
  const source = new Source(chunks);
  try {
    const detectors = new Detectors(sensitivity);
    const count = await source.length();
    const numbers = await source.take(16);
    if (count === null || numbers === null) return null;
    for (let i = 0; i < count; i++) {
      const device = await source.text();
      const bytes = await source.text();
      const state = bytes === null ? null : readState(bytes);
      if (device === null || state === null) return null;
      detectors.restore(device.toString("utf8"), state);
    }
    if (!(await source.isWhole())) return null;
    detectors.passed = numbers.readDoubleLE(0);
    return { detectors, unreadable: numbers.readDoubleLE(8) };
  } finally {
    await source.close();
  }
}

/** Bytes that are taken piece by piece, and digested; null for what is not there. */
class Source {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #hash = createHash("sha256");
  #left = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(bytes: number): Promise<Buffer | null> {
    const taken = await this.#next(bytes);
    if (taken !== null) this.#hash.update(taken);
    return taken;
  }

  async length(): Promise<number | null> {
    return (await this.take(4))?.readUInt32LE() ?? null;
  }

  async text(): Promise<Buffer | null> {
    const length = await this.length();
    return length === null ? null : this.take(length);
  }

  /** Whether what is left is the digest of all before. */
  async isWhole(): Promise<boolean> {
    const digest = await this.#next(DIGEST_BYTES);
    return digest !== null && (await this.#next(1)) === null && digest.equals(this.#hash.digest());
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #next(bytes: number): Promise<Buffer | null> {
    while (this.#left.length < bytes) {
      const next = await this.#chunks.next();
      if (next.done === true) return null;
      this.#left = Buffer.concat([this.#left, next.value]);
    }
    const taken = this.#left.subarray(0, bytes);
    this.#left = this.#left.subarray(bytes);
    return taken;
  }
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length);
  return bytes;
}

function doubles(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) bytes.writeDoubleLE(value, 8 * i);
  return bytes;
}

/** The name of a checkpoint, of whatever version of the detector. What else somebody has put there is not ours to remove. */
const CHECKPOINT = new RegExp(`^${FOLDER}\\d+/\\d{4}-\\d\\d-\\d\\d-[^/]+\\.bin$`);

/** Removes all checkpoints but these, those of other versions of the detector included. */
export async function removeOtherStates(storage: LakeStorage, kept: ReadonlySet<string>): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of storage.list(FOLDER, { keysOnly: true }))
    if (CHECKPOINT.test(key) && !kept.has(key)) keys.push(key);
  for (const key of keys) await storage.remove(key);
}
