import { JSON_INVALID, RECORD_MISSING } from "../../../pipeline/rejects.ts";
import type { Notes } from "./notes.ts";
import type { PathNode } from "./paths.ts";
import { Predictor } from "./predictor.ts";
import type { Refusals } from "./refused.ts";
import { ANY_LENGTH, type BROKEN, CLOSED, type JsonScanner, type SHORT } from "./scanner.ts";
import type { Window } from "./window.ts";

/** The record at hand: it is `b[recordStart..recordEnd)` of the window. */
export class JsonRecord {
  line = 1;
  /** Why it is no reading; 0 where it may be one. */
  reason = 0;
  readonly #window: Window;
  readonly #notes: Notes;
  readonly #scan: JsonScanner;
  readonly #refusals: Refusals;
  readonly #predictor: Predictor;
  readonly #place: PathNode;
  /** No byte of it was looked at. */
  #isFresh = false;

  constructor(window: Window, notes: Notes, scan: JsonScanner, refusals: Refusals, place: PathNode) {
    this.#window = window;
    this.#notes = notes;
    this.#scan = scan;
    this.#refusals = refusals;
    this.#predictor = new Predictor(window, notes);
    this.#place = place;
  }

  begin(): void {
    const place = this.#place;
    const { p, line } = this.#window;
    this.#window.recordStart = p;
    this.line = line;
    this.#notes.beginRecord(place);
    this.#isFresh = true;
    this.#scan.maxToken = ANY_LENGTH;
    this.#scan.begin(place);
  }

  /** Throws `row_too_long`. */
  read(): typeof SHORT | typeof BROKEN | typeof CLOSED {
    const isAsExpected = this.#isFresh && this.#predictor.read(this.#place, this.#scan.depth);
    this.#isFresh = false;
    const came = isAsExpected ? CLOSED : (this.#scan.run() as typeof SHORT | typeof BROKEN | typeof CLOSED);
    const { p, recordStart } = this.#window;
    this.#refusals.checkLength(recordStart, this.#scan.reached(came), this.line);
    if (came !== CLOSED) return came;
    this.#window.recordEnd = p;
    this.reason = this.#reasonOf();
    if (!isAsExpected && this.reason === 0) this.#predictor.learn(this.#place);
    return CLOSED;
  }

  #reasonOf(): number {
    const { b, recordStart } = this.#window;
    const first = b[recordStart];
    if (first !== 123 && first !== 91) return RECORD_MISSING;
    const { reason, rootReason, isMemberHalf } = this.#notes;
    return reason || rootReason || (isMemberHalf ? JSON_INVALID : 0);
  }

  /** The document stands for a record that is none. */
  rejectDocument(end: number, reason: number): void {
    const { start, startLine } = this.#window;
    this.#window.recordStart = start;
    this.line = startLine;
    this.#window.recordEnd = end;
    this.reason = reason;
  }
}
