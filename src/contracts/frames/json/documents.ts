import { JSON_INVALID, RECORD_MISSING } from "../../../pipeline/rejects.ts";
import { END, MORE, ROW } from "../frame.ts";
import { KNOWN, type Notes, type NotesOf, OF_ROOT } from "./notes.ts";
import { type PathNode, type Paths, RECORDS } from "./paths.ts";
import { JsonRecord } from "./record.ts";
import { Refusals, TOO_DEEP, TOO_LATE, TOO_LONG } from "./refused.ts";
import { ANY_LENGTH, BROKEN, CLOSED, FOUND, JsonScanner, SHORT } from "./scanner.ts";
import type { Window } from "./window.ts";

/** What is being read: a document ahead, to know whether it is one and what stands outside of its records; then itself. */
const BETWEEN = 0;
const AHEAD = 1;
const AHEAD_END = 2;
const DOCUMENT = 3;
const RECORD_ITSELF = 4;
const LINE_END = 5;
const BAD_LINE = 6;

/** Beside {@link ROW}, {@link MORE} and {@link END}: the next phase may. */
const ON = 3;
type Step = typeof ROW | typeof MORE | typeof END | typeof ON;

interface DocumentsOptions {
  readonly key: string;
  /** One document a line. */
  readonly lines: boolean;
  readonly maxRecordBytes: number;
}

/** Goes through documents, one behind the other, from record to record. */
export class Documents {
  readonly record: JsonRecord;
  isLineEndAdded = false;
  readonly #window: Window;
  readonly #notes: Notes;
  readonly #paths: Paths;
  readonly #scan: JsonScanner;
  readonly #refusals: Refusals;
  readonly #lines: boolean;
  #phase = BETWEEN;
  /** Of the document, outside of records. */
  #notesOf: NotesOf = KNOWN;
  /** The records' path led somewhere. */
  #hasMet = false;

  constructor(window: Window, notes: Notes, paths: Paths, { key, lines, maxRecordBytes }: DocumentsOptions) {
    this.#window = window;
    this.#notes = notes;
    this.#paths = paths;
    this.#scan = new JsonScanner(window, notes);
    this.#refusals = new Refusals(key, window, maxRecordBytes);
    this.record = new JsonRecord(window, notes, this.#scan, this.#refusals, paths.record);
    this.#lines = lines;
  }

  /** All of a line was read, which was a record, and nothing behind it. */
  get isAtLineEnd(): boolean {
    return this.#phase === BETWEEN && this.#lines && this.#paths.top.role === RECORDS && !this.#paths.hasRoots;
  }

  next(): typeof ROW | typeof MORE | typeof END {
    for (;;) {
      const step = this.#step();
      if (step !== ON) return step;
    }
  }

  #step(): Step {
    if (this.#phase === RECORD_ITSELF) return this.#record();
    if (this.#phase === BETWEEN) return this.#between();
    if (this.#phase === LINE_END) return this.#endLine();
    if (this.#phase === DOCUMENT) return this.#document();
    if (this.#phase === AHEAD) return this.#ahead();
    if (this.#phase === AHEAD_END) return this.#lineEnd() ?? this.#beginDocument(true);
    return this.#badLine();
  }

  #goTo(phase: number, step: Step): Step {
    this.#phase = phase;
    return step;
  }

  #between(): Step {
    const window = this.#window;
    window.p = window.blanks(window.p, false);
    if (window.p === window.end) return window.isFinal ? END : MORE;
    const first = window.b[window.p];
    window.begin();
    this.#hasMet = false;
    this.#scan.depth = 0;
    this.#scan.isOneLine = this.#lines;
    const { top, hasRoots } = this.#paths;
    const isList = top.role === RECORDS;
    if (isList && !hasRoots && first === 123) return this.#beginRecord();
    // Of a line nothing is told before all of it is known to be JSON.
    if (hasRoots || (this.#lines && (!isList || first === 91))) return this.#beginAhead();
    return this.#beginDocument(true);
  }

  #beginAhead(): Step {
    const { hasRoots, top } = this.#paths;
    this.#notes.beginDocument(hasRoots ? OF_ROOT : KNOWN);
    this.#notes.isSeeking = false;
    this.#scan.maxToken = ANY_LENGTH;
    this.#scan.begin(hasRoots ? top : null);
    return this.#goTo(AHEAD, ON);
  }

  #ahead(): Step {
    const came = this.#scan.run();
    const reached = this.#scan.reached(came);
    if (this.#lines) {
      this.#refusals.checkDocument(reached);
      if (came === BROKEN) return this.#goToBadLine(reached);
      return came === SHORT ? MORE : this.#goTo(AHEAD_END, ON);
    }
    const isTooLong = this.#refusals.isTooLong(this.#window.start, reached);
    if (isTooLong || came === BROKEN) return this.#beginDocument(false);
    return came === SHORT ? MORE : this.#beginDocument(true);
  }

  /** `isKnown`: what stands outside of the records is, wherever in the document it does. */
  #beginDocument(isKnown: boolean): Step {
    this.#window.rewind();
    this.#scan.depth = 0;
    this.#notesOf = isKnown ? KNOWN : OF_ROOT;
    if (!isKnown) this.#notes.beginDocument(OF_ROOT);
    this.#backToDocument();
    this.#scan.begin(this.#paths.top);
    return ON;
  }

  #backToDocument(): void {
    this.#notes.of = this.#notesOf;
    this.#notes.isSeeking = true;
    this.#scan.maxToken = this.#refusals.maxRecordBytes;
    this.#phase = DOCUMENT;
  }

  #document(): Step {
    const scan = this.#scan;
    const came = scan.run();
    if (came === FOUND) return this.#found(scan.place!);
    const { p, line } = this.#window;
    if (came === CLOSED) {
      this.#phase = BETWEEN;
      return this.#hasMet ? ON : this.#rejectDocument(p, RECORD_MISSING);
    }
    this.#refusals.checkLength(p, scan.reached(came), line);
    if (came === SHORT) return MORE;
    if (this.#lines) return this.#goToBadLine(scan.brokenAt);
    throw scan.why === TOO_LONG ? this.#refusals.tooLong(p, line) : this.#refusals.noJson(scan.brokenAt, scan.why);
  }

  #found(place: PathNode): Step {
    const { p, b } = this.#window;
    if (place.record === null) return this.#beginRecord();
    this.#hasMet = true;
    if (this.#notesOf === OF_ROOT) {
      this.#notes.isLate = true;
      if (place.isRoot) throw this.#refusals.noJson(p, TOO_LATE);
    }
    if (b[p] !== 91) return this.#beginRecord();
    if (!this.#scan.enter(place)) throw this.#refusals.noJson(p, TOO_DEEP);
    return ON;
  }

  #beginRecord(): Step {
    this.record.begin();
    return this.#goTo(RECORD_ITSELF, ON);
  }

  #record(): Step {
    const scan = this.#scan;
    const came = this.record.read();
    if (came === SHORT) return MORE;
    if (came === BROKEN) {
      if (this.#lines) return this.#goToBadLine(scan.brokenAt);
      throw this.#refusals.noJson(scan.brokenAt, scan.why);
    }
    if (scan.depth > 0) {
      scan.goOn();
      this.#backToDocument();
      return ROW;
    }
    this.#phase = this.#lines ? LINE_END : BETWEEN;
    return this.#lines ? this.#endLine() : ROW;
  }

  #endLine(): Step {
    return this.#lineEnd() ?? this.#goTo(BETWEEN, ROW);
  }

  /** Null where the line ends behind its document. */
  #lineEnd(): Step | null {
    const window = this.#window;
    window.p = window.blanks(window.p, true);
    const c = window.b[window.p];
    this.#refusals.checkDocument(window.p);
    if (c === 10 || c === 13) return null;
    if (window.p < window.end) return this.#goToBadLine(window.p);
    if (!window.isFinal) return MORE;
    this.isLineEndAdded = true;
    return null;
  }

  #goToBadLine(p: number): Step {
    this.#window.p = p;
    return this.#goTo(BAD_LINE, ON);
  }

  #badLine(): Step {
    const window = this.#window;
    window.p = window.lineEnd(window.p);
    this.#refusals.checkDocument(window.p);
    const isCut = window.p === window.end;
    if (isCut && !window.isFinal) return MORE;
    if (isCut) this.isLineEndAdded = true;
    this.#phase = BETWEEN;
    return this.#rejectDocument(window.p, JSON_INVALID);
  }

  #rejectDocument(end: number, reason: number): Step {
    this.#refusals.checkDocument(end);
    this.record.rejectDocument(end, reason);
    return ROW;
  }

  /** Makes room for more bytes, where there is none; records that somebody has kept stay. */
  makeRoom(): void {
    if (this.#window.isFull) this.#window.move(this.#kept(), this.#phase === AHEAD);
  }

  /** The first byte that may be needed again. */
  #kept(): number {
    const { p, start, recordStart } = this.#window;
    if (this.#phase === BETWEEN) return p;
    if (this.#phase === RECORD_ITSELF) return recordStart;
    return this.#phase === DOCUMENT && (this.#hasMet || this.#refusals.isTooLong(start, p)) ? p : start;
  }
}
