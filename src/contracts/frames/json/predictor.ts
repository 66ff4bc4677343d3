import type { Notes } from "./notes.ts";
import { MAX_LEVELS, type PathNode } from "./paths.ts";
import { RecordShape } from "./shape.ts";
import { shapeOf } from "./shape-maker.ts";
import type { Window } from "./window.ts";

/** A record that is as expected adds one to the trust in a shape, and any other takes two: below two of three it does not pay. */
const FIRST_TRUST = 4;
const MOST_TRUST = 8;
/** Records that are not compared once there is no trust left: more each time, until a shape proves right. */
const FIRST_PAUSE = 16;
const LONGEST_PAUSE = 1024;

/** Expects of each record that it is like one before it, which is quick to see, for as long as most are. */
export class Predictor {
  readonly #window: Window;
  readonly #notes: Notes;
  #shape: RecordShape | null = null;
  #trust = 0;
  #pause = 0;
  #nextPause = FIRST_PAUSE;

  constructor(window: Window, notes: Notes) {
    this.#window = window;
    this.#notes = notes;
  }

  /** Reads the record at `p`, which so many objects and lists are open around. False where that was not possible: nothing was done then. */
  read(record: PathNode, depth: number): boolean {
    const shape = this.#shape;
    if (shape === null || depth + shape.levels > MAX_LEVELS) return false;
    const end = shape.read(this.#window, this.#notes);
    if (end < 0) {
      this.#notes.beginRecord(record);
      this.#distrust();
      return false;
    }
    this.#window.p = end;
    if (this.#trust < MOST_TRUST) this.#trust++;
    else this.#nextPause = FIRST_PAUSE;
    return true;
  }

  #distrust(): void {
    this.#trust -= 2;
    if (this.#trust > 0) return;
    this.#shape = null;
    this.#pause = this.#nextPause;
    this.#nextPause = Math.min(2 * this.#nextPause, LONGEST_PAUSE);
  }

  /** The record at hand was read without a shape, or was of another one: the next may be like it. */
  learn(record: PathNode): void {
    if (this.#shape !== null || this.#pause-- > 0) return;
    const { b, recordStart, recordEnd } = this.#window;
    const parts = shapeOf(b, recordStart, recordEnd, record);
    this.#shape = parts === null ? null : new RecordShape(parts);
    this.#trust = FIRST_TRUST;
    if (parts === null) this.#pause = this.#nextPause;
  }
}
