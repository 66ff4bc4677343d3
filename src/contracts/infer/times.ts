import { epochMillis } from "../../pipeline/timestamp.ts";
import { type Clock, createClock } from "../fields/clock.ts";
import { roomForTimestamp } from "../fields/instant-writer.ts";
import { type Suggestion, suggestionsOf } from "./patterns.ts";

/** How the cells of a column are times. */
export interface TimeForm {
  /** As `timestamp.format` says it. */
  readonly format: string;
  /** The share of the cells that it reads. */
  readonly share: number;
  /** Each of them says its offset, or counts from an instant. */
  readonly isInstant: boolean;
  readonly hasTimeOfDay: boolean;
  /** Another pattern that reads as many of them as other dates, and why it is not taken. */
  readonly other: { readonly format: string; readonly because: string } | null;
  /** A zone's name in the cells, which no pattern reads: CET. */
  readonly zoneName: string | null;
}

/** So many cells of a column are tried with every pattern. */
const TRIED = 400;
/** A column is one of times where so many of its cells are. */
const LEAST_SHARE = 0.8;

/** How cells, none of them empty, are times, at least this share of them; null where they are none. */
export function timeFormOf(cells: readonly string[], least: number = LEAST_SHARE): TimeForm | null {
  const tried = spread(cells, TRIED);
  if (tried.length === 0) return null;
  const unix = unixFormat(tried);
  if (unix !== null)
    return { format: unix, share: 1, isInstant: true, hasTimeOfDay: true, other: null, zoneName: null };
  const iso = tried.filter((cell) => !/^\d+$/.test(cell));
  const isoShare = iso.length === 0 ? 0 : readShare("iso", tried);
  if (isoShare >= least) {
    const isInstant = iso.every((cell) => /([Zz]|[+-]\d\d(:?\d\d)?)$/.test(cell.slice(16)));
    return { format: "iso", share: isoShare, isInstant, hasTimeOfDay: true, other: null, zoneName: null };
  }
  return patternForm(tried, least);
}

/** A cell that the format does not read; null where it reads all. */
export function unreadCell(format: string, cells: readonly string[]): string | null {
  const tried = spread(cells, TRIED);
  const at = readAll(format, tried).findIndex((one) => Number.isNaN(one));
  return at < 0 ? null : tried[at];
}

/** Evenly from all of a list. */
export function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]);
}

/** Whole or decimal numbers that count from 1970 to a time between 1990 and 2100, each of them. */
function unixFormat(cells: readonly string[]): string | null {
  if (!cells.every((cell) => /^\d{9,19}(\.\d{1,9})?$/.test(cell))) return null;
  for (const [unit, scale] of [
    ["s", 1],
    ["ms", 1e3],
    ["us", 1e6],
    ["ns", 1e9],
  ] as const) {
    if (cells.every((cell) => Number(cell) >= 6.3e8 * scale && Number(cell) < 4.2e9 * scale)) return `unix:${unit}`;
  }
  return null;
}

interface Tried {
  readonly suggestion: Suggestion;
  readonly share: number;
  readonly millis: readonly number[];
}

function patternForm(cells: readonly string[], least: number): TimeForm | null {
  const all = new Map<string, Suggestion>();
  for (const cell of models(cells)) {
    for (const one of suggestionsOf(cell)) if (!all.has(one.pattern)) all.set(one.pattern, one);
  }
  const front = spread(cells, 16);
  const tried: Tried[] = [];
  for (const suggestion of all.values()) {
    if (readShare(suggestion.pattern, front) < Math.min(least, 0.5)) continue;
    const millis = readAll(suggestion.pattern, cells);
    const share = millis.filter((one) => !Number.isNaN(one)).length / cells.length;
    if (share >= least) tried.push({ suggestion, share, millis });
  }
  if (tried.length === 0) return null;
  const most = Math.max(...tried.map(({ share }) => share));
  // Of patterns that differ in their widths only, the strictest is in front.
  const best = tried.filter(({ share }) => share === most);
  const orders = best.filter(
    (one, i) => best.findIndex((other) => other.suggestion.order === one.suggestion.order) === i,
  );
  const [chosen, other] = [...orders].sort((a, b) => preference(b, orders) - preference(a, orders));
  const { pattern } = chosen.suggestion;
  return {
    format: pattern,
    share: most,
    isInstant: /X/.test(unquoted(pattern)) || /'(UTC|GMT)'$/.test(pattern),
    hasTimeOfDay: /[Hh]/.test(unquoted(pattern)),
    other: other === undefined ? null : { format: other.suggestion.pattern, because: reason(chosen, other) },
    zoneName: /'(\p{Lu}{2,5})'$/u.exec(pattern)?.[1]?.replace(/^(UTC|GMT)$/, "") || null,
  };
}

const unquoted = (pattern: string) => pattern.replace(/'[^']*'/g, "");

/** Cells that show what others may leave out: the first, the last, the longest and the shortest. */
function models(cells: readonly string[]): Set<string> {
  const byLength = (pick: (a: number, b: number) => boolean) =>
    cells.reduce((best, one) => (pick(one.length, best.length) ? one : best));
  const hasFraction = cells.find((cell) => /[.,]\d{1,9}( ?[APap][Mm]|[Zz]|[+-][\d:]+)?$/.test(cell.slice(-24)));
  return new Set([
    ...(hasFraction === undefined ? [] : [hasFraction]),
    ...[cells[0], cells[cells.length - 1], byLength((a, b) => a > b), byLength((a, b) => a < b)],
  ]);
}

/** How much speaks for a pattern against others that read the same cells: how close its dates are, then custom. */
function preference(one: Tried, all: readonly Tried[]): number {
  const { order, separator, pattern } = one.suggestion;
  const isClosest = all.every((other) => other === one || spanOf(one) * 4 < spanOf(other));
  const isCustom =
    order === "year first"
      ? pattern.startsWith("yyyy")
      : order === (separator === "/" && unquoted(pattern).includes("a") ? "month first" : "day first");
  return (isClosest ? 2 : 0) + (separator === "." && order === "day first" ? 4 : 0) + (isCustom ? 1 : 0);
}

function spanOf({ millis }: Tried): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const one of millis) if (!Number.isNaN(one)) [least, most] = [Math.min(least, one), Math.max(most, one)];
  return Math.max(0, most - least);
}

function reason(chosen: Tried, other: Tried): string {
  if (spanOf(chosen) * 4 < spanOf(other)) return ", for its times follow one another more closely so";
  return ", for it is more usual";
}

/** Milliseconds since the epoch of each cell, NaN for what the format does not read. */
function readAll(format: string, cells: readonly string[]): number[] {
  const clock: Clock = createClock({ format, zone: "UTC", ambiguous: "first" }, null);
  return cells.map((cell) => {
    const b = Buffer.from(cell);
    const out = Buffer.alloc(roomForTimestamp(b.length));
    const end = clock.write(b, 0, b.length, out, 0);
    return end < 0 ? Number.NaN : epochMillis(out, 0, end);
  });
}

function readShare(format: string, cells: readonly string[]): number {
  return readAll(format, cells).filter((one) => !Number.isNaN(one)).length / cells.length;
}
