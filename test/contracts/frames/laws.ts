import fc from "fast-check";
import { expect } from "vitest";
import { END, type Frame, MORE, NONE, ROW, WORD } from "../../../src/contracts/frames/frame.ts";
import { hasCode } from "../../../src/errors.ts";
import { REASONS } from "../../../src/pipeline/rejects.ts";
import type { Pull } from "../../../src/pipeline/source.ts";

export type OpenFrame = (pull: Pull) => Frame;

/** A record as a test sees it: a cell is its text, a word with a ~ in front of it, none null. */
interface SeenRecord {
  readonly line: number;
  readonly byteOffset: number;
  readonly bytes: string;
  /** "" where it may be a reading. */
  readonly reason: string;
  readonly cells: readonly (string | null)[];
  readonly leaves: readonly (readonly [string, string | null])[];
}

export interface Seen {
  readonly records: readonly SeenRecord[];
  readonly isLineEndAdded: boolean;
  /** The message, or null. */
  readonly error: string | null;
}

function cellOf(frame: Frame, column: number): string | null {
  const kind = frame.look(column);
  if (kind === NONE) return null;
  return (kind === WORD ? "~" : "") + frame.cell.toString("utf8", frame.from, frame.to);
}

/** All that a frame says of a text that comes in pieces of these sizes, over and over. */
export async function seen(
  open: OpenFrame,
  text: Buffer | string,
  pieces: readonly number[] = [1e9],
  late = false,
): Promise<Seen> {
  const bytes = Buffer.from(text as string);
  let [at, pulls] = [0, 0];
  const frame = open((into) => {
    const copied = bytes.copy(into, 0, at, at + Math.min(pieces[pulls++ % pieces.length], into.length));
    at += copied;
    return late ? Promise.resolve(copied) : copied;
  });
  const records: SeenRecord[] = [];
  const kept: [Buffer, number, number][] = [];
  let error: string | null = null;
  try {
    for (let state = frame.next(); state !== END; state = frame.next()) {
      if (state === MORE) await frame.fill();
      if (state !== ROW) continue;
      kept.push([frame.b, frame.start, frame.end]);
      const { line, byteOffset, leaves, firstLeaf } = frame;
      const { reason } = REASONS[frame.reason];
      const cells = Array.from({ length: firstLeaf }, (_, column) => cellOf(frame, column));
      const told = Array.from({ length: leaves }, (_, i) => [frame.leafName(i), cellOf(frame, firstLeaf + i)] as const);
      const own = frame.b.toString("utf8", frame.start, frame.end);
      records.push({ line, byteOffset, bytes: own, reason, cells, leaves: told });
    }
  } catch (thrown) {
    if (!hasCode(thrown, "source_invalid", "row_too_long")) throw thrown;
    expect(thrown.key).toBe("bronze/b");
    error = `${thrown.code}: ${thrown.message} (byte offset ${thrown.byteOffset})`;
  }
  // Whoever keeps a record's place may look at its bytes whenever the frame has gone on.
  expect(kept.map(([b, from, to]) => b.toString("utf8", from, to))).toEqual(records.map((record) => record.bytes));
  return { records, isLineEndAdded: frame.isLineEndAdded, error };
}

/** Physical lines, each with its line end. */
export function linesOf(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}

/** Holds a frame to what all frames do, over texts: pieces do not matter, and places are those of the record's bytes. */
export async function holdsToLaws(open: OpenFrame, texts: fc.Arbitrary<string>, numRuns = 300): Promise<void> {
  const pieces = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });
  const property = fc.asyncProperty(texts, pieces, fc.boolean(), async (text, sizes, late) => {
    const whole = await seen(open, text);
    expect(await seen(open, text, sizes, late)).toEqual(whole);
    const bytes = Buffer.from(text);
    let end = 0;
    for (const { line, byteOffset, bytes: own } of whole.records) {
      expect(bytes.toString("utf8", byteOffset, byteOffset + Buffer.byteLength(own))).toBe(own);
      expect(byteOffset).toBeGreaterThanOrEqual(end);
      end = byteOffset + Buffer.byteLength(own);
      expect(line).toBe(linesOf(`${bytes.toString("utf8", 0, byteOffset)}x`).length);
    }
  });
  await fc.assert(property, { numRuns });
}
