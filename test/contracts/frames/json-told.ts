import { expect } from "vitest";
import { MORE, NONE, OTHER, ROW, TEXT, WORD } from "../../../src/contracts/frames/frame.ts";
import { JsonFrame, type JsonOptions } from "../../../src/contracts/frames/json.ts";
import { parsePath } from "../../../src/contracts/path.ts";
import { VantageflowError } from "../../../src/errors.ts";
import { REASONS } from "../../../src/pipeline/rejects.ts";
import type { Pull } from "../../../src/pipeline/source.ts";

const KINDS: Readonly<Record<number, string>> = { [NONE]: "none", [TEXT]: "text", [WORD]: "word", [OTHER]: "other" };

export interface Given {
  readonly lines?: boolean;
  readonly records?: string;
  /** Paths; "member" is the name of the member. */
  readonly columns?: readonly string[];
  readonly leaves?: boolean;
  readonly max?: number;
}

interface Told {
  readonly line: number;
  readonly byteOffset: number;
  readonly row: string;
  readonly reason: string;
  readonly cells: readonly (readonly [string, string])[];
  /** Name, kind, text. */
  readonly leaves: readonly (readonly [string, string, string])[];
}

const pathOf = (text: string) => parsePath(text)!;

export function optionsOf({
  lines = true,
  records,
  columns = [],
  leaves = false,
  max = 1024 * 1024,
}: Given): JsonOptions {
  return {
    lines,
    records: records === undefined ? null : pathOf(records),
    columns: columns.map((column) => (column === "member" ? column : pathOf(column))),
    leaves,
    maxRecordBytes: max,
  };
}

function lookedAt(frame: JsonFrame, column: number): readonly [string, string] {
  const kind = frame.look(column);
  const isText = kind === TEXT || kind === WORD;
  return [KINDS[kind], isText ? frame.cell.toString("utf8", frame.from, frame.to) : ""];
}

function tell(frame: JsonFrame): Told {
  const { line, byteOffset, reason, b, start, end } = frame;
  const isRead = reason === 0;
  const leaves = Array.from({ length: isRead ? frame.leaves : 0 }, (_, leaf) => {
    return [frame.leafName(leaf), ...lookedAt(frame, frame.firstLeaf + leaf)] as const;
  });
  return {
    line,
    byteOffset,
    row: b.toString("utf8", start, end),
    reason: REASONS[reason].reason,
    cells: Array.from({ length: isRead ? frame.firstLeaf : 0 }, (_, column) => lookedAt(frame, column)),
    leaves,
  };
}

/** All that comes of a text in pieces of these sizes, over and over, at once or later. */
export async function comeOf(text: string | Buffer, given: Given, pieces: readonly number[] = [1e9], late = false) {
  const bytes = Buffer.from(text);
  let [at, pulls] = [0, 0];
  const pull: Pull = (into) => {
    const length = bytes.copy(into, 0, at, at + Math.min(pieces[pulls++ % pieces.length], into.length));
    at += length;
    return late ? Promise.resolve(length) : length;
  };
  const frame = new JsonFrame("bronze/x.json", pull, optionsOf(given));
  const told: Told[] = [];
  const kept: { b: Buffer; start: number; end: number; row: string }[] = [];
  let error: VantageflowError | null = null;
  try {
    for (let found = frame.next(); ; found = frame.next()) {
      if (found === ROW) {
        told.push(tell(frame));
        if (kept.length < 100) kept.push({ b: frame.b, start: frame.start, end: frame.end, row: told.at(-1)!.row });
      } else if (found === MORE) await frame.fill();
      else break;
    }
  } catch (thrown) {
    if (!(thrown instanceof VantageflowError)) throw thrown;
    error = thrown;
  }
  for (const { b, start, end, row } of kept) expect(b.toString("utf8", start, end)).toBe(row);
  const { isLineEndAdded } = frame;
  const refused = error === null ? null : { code: error.code, line: error.line, byteOffset: error.byteOffset };
  return { told, isLineEndAdded, refused, message: error?.message ?? null };
}

export const cellsOf = async (text: string, given: Given) => (await comeOf(text, given)).told.map(({ cells }) => cells);
export const reasonsOf = async (text: string, given: Given) =>
  (await comeOf(text, given)).told.map(({ reason }) => reason);
