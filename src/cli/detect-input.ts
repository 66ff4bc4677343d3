import { createReadStream, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Detectors } from "../detection/detectors.ts";
import { readSeries } from "../detection/series.ts";
import { VantageflowError } from "../errors.ts";
import { escapeTerminal } from "../escape.ts";
import { isS3 } from "../storage/url.ts";
import { type DetectionRow, rowOf } from "../tables/detections/layout.ts";
import { openFile } from "./ingest-files.ts";
import { type GlobalFlags, type Io, notice, print, shellWord } from "./io.ts";
import { plural } from "./plural.ts";

/** Rows of scores that are printed at once. */
const PRINTED_ROWS = 1000;

export interface InputOptions {
  /** A path, or - for stdin. */
  readonly file: string;
  readonly device: string | undefined;
  readonly maxRowBytes: number;
  /** Every row is printed with its score instead of detections being found. */
  readonly scores: boolean;
}

/** What is odd in a file, and whether all of it could be read. */
export async function detectInFile(
  io: Io,
  flags: GlobalFlags,
  detectors: Detectors,
  { file, device: only, maxRowBytes, scores }: InputOptions,
): Promise<{ readonly found: readonly DetectionRow[]; readonly isWhole: boolean }> {
  const source = { name: file, chunks: chunksOf(io, file), maxRowBytes, needsDevice: only !== undefined };
  const found: DetectionRow[] = [];
  let [row, unread, first] = [0, 0, 0];
  let lines = scores ? ["timestamp,value,score"] : [];
  for await (const { given, device, time, value } of readSeries(source)) {
    row++;
    let score: number | "" = "";
    if (time === null || value === null) {
      if (unread++ === 0) first = row;
    } else if (only === undefined || device === only) {
      const detection = detectors.take(device, time, value);
      score = detection?.score ?? 0;
      if (detection !== null && !scores) found.push(rowOf(device, detection));
    }
    if (!scores) continue;
    lines.push([given.time, given.value, String(score)].map(cellOf).join(","));
    if (lines.length < PRINTED_ROWS) continue;
    await printLines(io, lines);
    lines = [];
  }
  await printLines(io, lines);
  if (unread > 0) {
    const verb = unread === 1 ? "has" : "have";
    notice(
      io,
      flags,
      `Without ${plural(unread, "row")} that ${verb} no time or no value, the first is row ${first} below the header.`,
    );
  }
  return { found, isWhole: unread === 0 };
}

function chunksOf(io: Io, file: string): AsyncIterable<Buffer> {
  if (file === "-") return io.stdin;
  const refuse = (why: string) => new VantageflowError("input_invalid", `Cannot read "${file}": ${why}`);
  if (isS3(file))
    throw refuse(`it is in a bucket. Bring it: aws s3 cp ${shellWord(file)} - | vantageflow detect --input -`);
  const path = resolve(io.cwd, file);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw refuse("it is a folder. Name one file of it.");
  return createReadStream(path, { fd: openFile(path, { verb: "read", command: "vantageflow detect" }) });
}

async function printLines(io: Io, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const text = `${lines.join("\n")}\n`;
  await print(io, io.stdout.isTTY ? escapeTerminal(text, { keepLines: true }) : text);
}

/** RFC 4180 §2.6: what has a comma, a quote or a line break is quoted. */
function cellOf(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
