import { isAscii } from "node:buffer";
import type { VantageflowError } from "../../errors.ts";
import { rowTooLong } from "../../pipeline/refused-row.ts";
import { JSON_INVALID, RECORD_MISSING } from "../../pipeline/rejects.ts";
import type { Pull } from "../../pipeline/source.ts";
import type { JsonPath } from "../path.ts";
import { END, type Frame, MORE, NONE, OTHER, ROW, TEXT } from "./frame.ts";
import { type PathNode, Paths, RECORDS } from "./json/paths.ts";
import { jsonRefused } from "./json/refused.ts";
import {
  BROKEN,
  CLOSED,
  FOUND,
  KNOWN,
  OF_RECORD,
  OF_ROOT,
  Scanner,
  SHORT,
  TOO_LATE,
  TOO_LONG,
  UNEXPECTED,
} from "./json/scanner.ts";
import { unescapeText } from "./json/texts.ts";

export interface JsonOptions {
  /** One document a line. */
  readonly lines: boolean;
  /** Where records are in a document; null where it is one itself, or a list of them. */
  readonly records: JsonPath | null;
  /** Paths of one place, or the name of the member whose records these are. */
  readonly columns: readonly (JsonPath | "member")[];
  /** Whether to tell all leaves of a record by their paths. */
  readonly leaves: boolean;
  readonly maxRecordBytes: number;
}

const CHUNK_BYTES = 256 * 1024;
/** Less room than that is not pulled into. */
const MIN_ROOM = 16 * 1024;
/** So many places are remembered of records that were read. */
const MAX_LEARNED = 16 * 1024;
const ANY_LENGTH = 0x7fffffff;

/** What is being read: a document once ahead, to know whether it is one and what stands outside of its records; then itself. */
const BETWEEN = 0;
const AHEAD = 1;
const AHEAD_END = 2;
const DOCUMENT = 3;
const RECORD_ITSELF = 4;
const LINE_END = 5;
const BAD_LINE = 6;

/** What a phase found beside {@link ROW}, {@link MORE} and {@link END}: the next phase. */
const ON = 3;
type Step = typeof ROW | typeof MORE | typeof END | typeof ON;

/** Cuts JSON (RFC 8259) into records: of documents one behind the other, or of one a line. */
export class JsonFrame implements Frame {
  start = 1;
  end = 1;
  line = 1;
  reason = 0;
  cell: Buffer = Buffer.alloc(0);
  from = 0;
  to = 0;
  isLineEndAdded = false;
  readonly firstLeaf: number;
  /** Bytes pulled. */
  size = 0;
  readonly #key: string;
  readonly #pull: Pull;
  readonly #options: JsonOptions;
  readonly #paths: Paths;
  readonly #scan: Scanner;
  #phase = BETWEEN;
  /** Of `b[0]`. */
  #offset = -1;
  /** Of characters of the line at hand that are no longer in `b`, the bytes behind their first. */
  #dropped = 0;
  #docStart = 1;
  #docLine = 1;
  #docLineStart = 1;
  #docMode: typeof OF_ROOT | typeof KNOWN = KNOWN;
  #docStamp = 0;
  #stamps = 0;
  #hasMet = false;
  /** Where a number or word ended that was a document: no other may begin at once. */
  #bareEnd = 0;

  constructor(key: string, pull: Pull, options: JsonOptions) {
    this.#key = key;
    this.#pull = pull;
    this.#options = options;
    this.#paths = new Paths(options.records, options.columns);
    this.#scan = new Scanner(options.leaves);
    this.firstLeaf = options.columns.length;
  }

  get b(): Buffer {
    return this.#scan.b;
  }

  get byteOffset(): number {
    return this.#offset + this.start;
  }

  get leaves(): number {
    return this.#scan.leafCount;
  }

  leafName(leaf: number): string {
    return this.#scan.leaves[leaf].label();
  }

  look(column: number): number {
    const scan = this.#scan;
    const place = column < this.firstLeaf ? this.#paths.columns[column] : scan.leaves[column - this.firstLeaf];
    if (place === null) {
      if (!this.#paths.hasMember) return NONE;
      this.#cellIs(scan.member);
      return TEXT;
    }
    if (place.stamp !== (place.isRoot ? this.#docStamp : this.#stamps)) return NONE;
    const { kind } = place;
    if (kind === NONE || kind === OTHER) return kind;
    if (place.isRoot) this.#cellIs(place.text);
    else {
      this.cell = scan.b;
      this.from = this.start + place.from;
      this.to = this.start + place.to;
      if (place.isEscaped) this.#unescape();
    }
    return kind;
  }

  #cellIs(text: Buffer): void {
    this.cell = text;
    this.from = 0;
    this.to = text.length;
  }

  #unescape(): void {
    const text = Buffer.allocUnsafe(this.to - this.from);
    this.#cellIs(text.subarray(0, unescapeText(this.cell, this.from, this.to, text)));
  }

  /** Throws `source_invalid` and `row_too_long`. */
  next(): typeof ROW | typeof MORE | typeof END {
    for (;;) {
      const step = this.#step();
      if (step !== ON) return step;
    }
  }

  #step(): Step {
    switch (this.#phase) {
      case BETWEEN:
        return this.#between();
      case AHEAD:
        return this.#ahead();
      case AHEAD_END:
        return this.#lineEnd() ?? this.#beginDocument(true);
      case DOCUMENT:
        return this.#document();
      case RECORD_ITSELF:
        return this.#record();
      case LINE_END:
        return this.#lineEnd() ?? this.#goTo(BETWEEN, ROW);
      default:
        return this.#badLine();
    }
  }

  #goTo(phase: number, step: Step): Step {
    this.#phase = phase;
    return step;
  }

  #between(): Step {
    const scan = this.#scan;
    const { lines } = this.#options;
    scan.isOneLine = false;
    scan.p = scan.blanks(scan.p);
    if (scan.p === scan.end) return scan.isFinal ? END : MORE;
    const first = scan.b[scan.p];
    const isBare = first !== 123 && first !== 91 && first !== 34;
    if (isBare && scan.p === this.#bareEnd) throw this.#refused(scan.p, UNEXPECTED);
    this.#docStart = scan.p;
    this.#docLine = scan.line;
    this.#docLineStart = scan.lineStart;
    this.#hasMet = false;
    scan.isOneLine = lines;
    scan.isLate = false;
    scan.rootReason = 0;
    const { top, hasRoots, record } = this.#paths;
    const isRecord = top.role === RECORDS && first === 123;
    if (isRecord && !hasRoots) return this.#beginRecord(record);
    // What a line has is told when all of it is known to be JSON.
    if (hasRoots || (lines && (top.role !== RECORDS || first === 91))) return this.#beginAhead();
    return this.#beginDocument(!hasRoots && lines);
  }

  #beginAhead(): Step {
    const scan = this.#scan;
    const { hasRoots, top } = this.#paths;
    scan.mode = hasRoots ? OF_ROOT : KNOWN;
    scan.stamp = this.#docStamp = ++this.#stamps;
    scan.isSeeking = false;
    scan.maxToken = ANY_LENGTH;
    scan.depth = 0;
    scan.begin(hasRoots ? top : null);
    return this.#goTo(AHEAD, ON);
  }

  #ahead(): Step {
    const scan = this.#scan;
    const { lines, maxRecordBytes } = this.#options;
    const came = scan.run();
    const isTooLong = this.#reached(came) - this.#docStart > maxRecordBytes;
    if (isTooLong && lines) throw this.#tooLong(this.#docStart, this.#docLine);
    if (isTooLong || came === BROKEN) return lines ? this.#goToBadLine(scan.brokenAt) : this.#beginDocument(false);
    if (came === SHORT) return MORE;
    return lines ? this.#goTo(AHEAD_END, ON) : this.#beginDocument(true);
  }

  /** How far the scanner has looked at bytes. */
  #reached(came: number): number {
    const { end, brokenAt, p } = this.#scan;
    return came === SHORT ? end : came === BROKEN ? brokenAt : p;
  }

  /** `isWhole`: what stands outside of the records is known, wherever in the document it does. */
  #beginDocument(isWhole: boolean): Step {
    const scan = this.#scan;
    scan.p = this.#docStart;
    scan.line = this.#docLine;
    scan.lineStart = this.#docLineStart;
    scan.depth = 0;
    this.#docMode = isWhole || !this.#paths.hasRoots ? KNOWN : OF_ROOT;
    if (this.#docMode === OF_ROOT) {
      this.#docStamp = ++this.#stamps;
      scan.rootReason = 0;
    }
    this.#backToDocument();
    scan.begin(this.#paths.top);
    return ON;
  }

  #backToDocument(): void {
    const scan = this.#scan;
    scan.mode = this.#docMode;
    scan.stamp = this.#docStamp;
    scan.isSeeking = true;
    scan.maxToken = this.#options.maxRecordBytes;
    this.#phase = DOCUMENT;
  }

  #document(): Step {
    const scan = this.#scan;
    const { maxRecordBytes } = this.#options;
    const came = scan.run();
    if (came === FOUND) return this.#found(scan.place!);
    if (came !== CLOSED) {
      const isTooLong = this.#reached(came) - scan.p > maxRecordBytes || (came === BROKEN && scan.why === TOO_LONG);
      if (isTooLong) throw this.#tooLong(scan.p, scan.line);
      if (came === SHORT) return MORE;
      throw this.#refused(scan.brokenAt, scan.why);
    }
    this.#closeDocument();
    if (this.#hasMet) return ON;
    if (scan.p - this.#docStart > maxRecordBytes) throw this.#tooLong(this.#docStart, this.#docLine);
    return this.#tell(this.#docStart, this.#docLine, scan.p, RECORD_MISSING);
  }

  #closeDocument(): void {
    const { b, p } = this.#scan;
    const last = b[p - 1];
    this.#bareEnd = this.#options.lines || last === 125 || last === 93 || last === 34 ? 0 : p;
    this.#phase = BETWEEN;
  }

  #found(place: PathNode): Step {
    const scan = this.#scan;
    const { p, b } = scan;
    if (place.record === null) return this.#beginRecord(place);
    this.#hasMet = true;
    if (this.#docMode === OF_ROOT) {
      scan.isLate = true;
      if (place.isRoot) throw this.#refused(p, TOO_LATE);
    }
    if (b[p] !== 91) return this.#beginRecord(place.record);
    if (!scan.enter(place)) throw this.#refused(scan.brokenAt, scan.why);
    return ON;
  }

  #beginRecord(place: PathNode): Step {
    const scan = this.#scan;
    if (scan.learned > MAX_LEARNED) {
      place.prune();
      scan.learned = 0;
    }
    scan.mode = OF_RECORD;
    scan.stamp = ++this.#stamps;
    scan.isSeeking = false;
    scan.maxToken = ANY_LENGTH;
    scan.reason = 0;
    scan.leafCount = 0;
    scan.start = this.start = scan.p;
    this.line = scan.line;
    scan.begin(place);
    return this.#goTo(RECORD_ITSELF, ON);
  }

  #record(): Step {
    const scan = this.#scan;
    const { lines, maxRecordBytes } = this.#options;
    const came = scan.run();
    if (this.#reached(came) - this.start > maxRecordBytes) throw this.#tooLong(this.start, this.line);
    if (came === SHORT) return MORE;
    if (came !== CLOSED) {
      if (lines) return this.#goToBadLine(scan.brokenAt);
      throw this.#refused(scan.brokenAt, scan.why);
    }
    const first = scan.b[this.start];
    this.end = scan.p;
    this.reason = first === 123 || first === 91 ? scan.reason || scan.rootReason : RECORD_MISSING;
    if (this.#paths.hasMember && scan.isMemberHalf) this.reason ||= JSON_INVALID;
    if (scan.depth > 0) {
      scan.goOn(0);
      this.#backToDocument();
      return ROW;
    }
    if (lines) return this.#goTo(LINE_END, ON);
    this.#closeDocument();
    return ROW;
  }

  /** Null where the line ends behind its document. */
  #lineEnd(): Step | null {
    const scan = this.#scan;
    scan.p = scan.blanks(scan.p);
    const c = scan.b[scan.p];
    if (scan.p - this.#docStart > this.#options.maxRecordBytes) throw this.#tooLong(this.#docStart, this.#docLine);
    if (c === 10 || c === 13) return null;
    if (scan.p < scan.end) return this.#goToBadLine(scan.p);
    if (!scan.isFinal) return MORE;
    this.isLineEndAdded = true;
    return null;
  }

  #goToBadLine(p: number): Step {
    this.#scan.p = p;
    return this.#goTo(BAD_LINE, ON);
  }

  #badLine(): Step {
    const scan = this.#scan;
    const { b, end } = scan;
    let { p } = scan;
    while (p < end && b[p] !== 10 && b[p] !== 13) p++;
    scan.p = p;
    if (p - this.#docStart > this.#options.maxRecordBytes) throw this.#tooLong(this.#docStart, this.#docLine);
    if (p === end) {
      if (!scan.isFinal) return MORE;
      this.isLineEndAdded = true;
    }
    this.#phase = BETWEEN;
    return this.#tell(this.#docStart, this.#docLine, p, JSON_INVALID);
  }

  #tell(start: number, line: number, end: number, reason: number): Step {
    this.start = start;
    this.line = line;
    this.end = end;
    this.reason = reason;
    return ROW;
  }

  fill(): void | Promise<void> {
    const scan = this.#scan;
    if (scan.b.length - 1 - scan.end < MIN_ROOM) this.#makeRoom();
    const pulled = this.#pull(scan.b.subarray(scan.end, scan.b.length - 1));
    return typeof pulled === "number" ? this.#took(pulled) : pulled.then((bytes) => this.#took(bytes));
  }

  #took(bytes: number): void {
    const scan = this.#scan;
    this.size += bytes;
    scan.end += bytes;
    scan.b[scan.end] = 0;
    if (bytes === 0) scan.isFinal = true;
  }

  /** The first byte that may be needed again. */
  #kept(): number {
    const { p } = this.#scan;
    if (this.#phase === BETWEEN) return p;
    if (this.#phase === RECORD_ITSELF) return this.start;
    const isLetGo = this.#hasMet || p - this.#docStart > this.#options.maxRecordBytes;
    return this.#phase === DOCUMENT && isLetGo ? p : this.#docStart;
  }

  /** Takes what is needed again, and the byte before it, into a buffer of its own: records that somebody has kept stay. */
  #makeRoom(): void {
    const scan = this.#scan;
    const kept = this.#kept();
    if (!this.#options.lines) this.#drop(kept);
    const from = kept - 1;
    const rest = scan.end - from;
    const next = Buffer.allocUnsafe(Math.max(rest + CHUNK_BYTES, 2 * rest) + 1);
    scan.b.copy(next, 0, from, scan.end);
    scan.b = next;
    scan.end = rest;
    scan.p -= from;
    scan.start -= from;
    scan.lineStart -= from;
    this.start -= from;
    this.end -= from;
    this.#docStart -= from;
    this.#docLineStart -= from;
    this.#bareEnd -= from;
    this.#offset += from;
  }

  #drop(kept: number): void {
    const scan = this.#scan;
    const lineStart = this.#phase === AHEAD ? this.#docLineStart : scan.lineStart;
    if (lineStart >= 1) this.#dropped = continued(scan.b, lineStart, kept);
    else this.#dropped += continued(scan.b, 1, kept);
  }

  #tooLong(p: number, line: number): VantageflowError {
    const place = { key: this.#key, line, byteOffset: this.#offset + p };
    return rowTooLong(place, this.#options.maxRecordBytes);
  }

  #refused(at: number, why: number): VantageflowError {
    const { b, line, lineStart, end } = this.#scan;
    const before = lineStart >= 1 ? continued(b, lineStart, at) : this.#dropped + continued(b, 1, at);
    const character = at - lineStart - before + 1;
    const [found] = at < end ? b.toString("utf8", at, Math.min(at + 4, end)) : [""];
    return jsonRefused({ key: this.#key, line, character, byteOffset: this.#offset + at }, why, found);
  }
}

/** How many bytes are not the first of their characters. */
function continued(b: Buffer, from: number, to: number): number {
  if (to <= from || isAscii(b.subarray(from, to))) return 0;
  let bytes = 0;
  for (let p = from; p < to; p++) if ((b[p] & 0xc0) === 0x80) bytes++;
  return bytes;
}
