import { crc32 } from "node:zlib";

const NEWLINE = 10;

/** A line with its checksum in front. */
export function checked(json: string): string {
  return `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;
}

/** The values of the lines that are whole; `damaged` where one that is not has whole ones behind it. */
export function wholeLines(bytes: Buffer): { readonly values: readonly unknown[]; readonly damaged: boolean } {
  const values: unknown[] = [];
  let [isTorn, damaged] = [false, false];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    const value = end < 0 ? undefined : valueIn(bytes.toString("utf8", start, end));
    if (value === undefined) isTorn ||= end !== start;
    else {
      damaged ||= isTorn;
      values.push(value);
    }
    start = end < 0 ? bytes.length : end + 1;
  }
  return { values, damaged };
}

/** The value of a line without its end; undefined where it is not whole. */
export function valueIn(line: string): unknown {
  const json = line.slice(9);
  if (line[8] !== " " || Number.parseInt(line.slice(0, 8), 16) !== crc32(json)) return undefined;
  return JSON.parse(json);
}
