import { createHash } from "node:crypto";
import type { Instant } from "../../pipeline/instant.ts";
import { compareInstants, MAX_MS, type TableReading } from "./reading.ts";

/**
 * The order of readings, oldest first: by time, device and batch, and of what is equal in that by a digest of all there is in
 * the row. It says nothing of files, so that it stays as it is when they are merged. Rows that are equal in everything
 * cannot be told apart, and need not be: a place among them is how many have been given.
 */
export interface OrderKey extends Instant {
  /** The beginnings, so that a cursor is never long; the rest is in the digest. */
  readonly device: string;
  readonly batch: string;
  readonly digest: string;
}

/** A place in the order, behind which a page begins. */
export interface Position extends Instant {
  /** The last reading that was given, and how many that are equal to it. Null: all of this instant are passed. */
  readonly last: {
    readonly device: string;
    readonly batch: string;
    readonly digest: string;
    readonly copies: number;
  } | null;
}

/** Which way the order is read: 1 oldest first, -1 newest first. */
export type Direction = 1 | -1;

/** UTF-16 units of a device's or batch's name that are in the order themselves. */
const NAME_UNITS = 128;
/** Characters of a digest: 128 bits. */
const DIGEST_LENGTH = 22;

const digests = new WeakMap<TableReading, string>();

/** Made when it is asked for: most readings differ in what comes before. */
function digestOfReading(reading: TableReading): string {
  const known = digests.get(reading);
  if (known !== undefined) return known;
  const { ms, nanos, device, value, unit, score, anomaly, batch } = reading;
  // Columns that are not there in a file are null, as are those that come later: none of both is told.
  const carried = Object.entries(reading.carried).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([ms, nanos, device, value, unit, score, anomaly, batch, carried]);
  const digest = createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_LENGTH);
  digests.set(reading, digest);
  return digest;
}

const named = (name: string | null) => (name ?? "").slice(0, NAME_UNITS);

export function keyOfReading(reading: TableReading): OrderKey {
  const { ms, nanos, device, batch } = reading;
  return { ms, nanos, device: named(device), batch: named(batch), digest: digestOfReading(reading) };
}

/** Oldest first. */
export function compareReadings(a: TableReading, b: TableReading): number {
  return (
    compareInstants(a, b) ||
    compareTexts(named(a.device), named(b.device)) ||
    compareTexts(named(a.batch), named(b.batch)) ||
    compareTexts(digestOfReading(a), digestOfReading(b))
  );
}

/** Where a reading is: before (-1), at (0) or behind (1) a position, as one reads in a direction. */
export function placeOfReading(reading: TableReading, { last, ...at }: Position, direction: Direction): number {
  const byTime = direction * compareInstants(reading, at);
  if (byTime !== 0 || last === null) return byTime || -1;
  return (
    direction *
    (compareTexts(named(reading.device), last.device) ||
      compareTexts(named(reading.batch), last.batch) ||
      compareTexts(digestOfReading(reading), last.digest))
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Counted up where what stands in a cursor, or the order itself, changes its meaning. */
const CURSOR_VERSION = 1;
/** More than any cursor is long. */
const MAX_CURSOR = 4096;

/** A position as a text that is safe in a URL. It means nothing to whoever gets it. */
export function cursorOf({ ms, nanos, last }: Position, direction: Direction): string {
  const rest = last === null ? [] : [last.device, last.batch, last.digest, last.copies];
  return Buffer.from(JSON.stringify([CURSOR_VERSION, direction, ms, nanos, ...rest]), "utf8").toString("base64url");
}

/** The position of a cursor for this direction; null for what is none. */
export function positionOf(cursor: string, direction: Direction): Position | null {
  if (cursor.length > MAX_CURSOR || !/^[\w-]+$/.test(cursor)) return null;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null;
  }
  if (!Array.isArray(parts) || (parts.length !== 4 && parts.length !== 8)) return null;
  const [version, way, ms, nanos, device, batch, digest, copies] = parts;
  if (version !== CURSOR_VERSION || way !== direction || !isWhole(ms, MAX_MS) || !isWhole(nanos, 999_999) || nanos < 0)
    return null;
  if (parts.length === 4) return { ms, nanos, last: null };
  if (!isName(device) || !isName(batch) || typeof digest !== "string" || !/^[\w-]{22}$/.test(digest)) return null;
  if (!isWhole(copies, Number.MAX_SAFE_INTEGER) || copies < 1) return null;
  return { ms, nanos, last: { device, batch, digest, copies } };
}

function isWhole(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= most;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= NAME_UNITS;
}
