import { NONE, OTHER, TEXT, WORD } from "../frame.ts";
import type { Notes } from "./notes.ts";
import { MAX_LEVELS, type PathNode, PLACE } from "./paths.ts";
import { TOO_DEEP, TOO_LONG, UNEXPECTED } from "./refused.ts";
import { literalEnd, numberEnd, STOPS, textEnd } from "./texts.ts";
import { NOTHING, type Window } from "./window.ts";

/** What {@link JsonScanner.run} came to: the end of what it was to read; more bytes are needed; no JSON; records, or one. */
export const CLOSED = 0;
export const SHORT = 1;
export const BROKEN = 2;
export const FOUND = 3;
type Outcome = typeof CLOSED | typeof SHORT | typeof BROKEN | typeof FOUND;

/** What is looked for; from {@link MAY_CLOSE} on, the end of what is open will do. */
const VALUE = 0;
const KEY = 1;
const COLON = 2;
const MAY_CLOSE = 3;
const AFTER = 3;
const FIRST_KEY = 4;
const FIRST_ELEMENT = 5;

/** Of a token that is bounded by what it is part of. */
export const ANY_LENGTH = 0x7fffffff;

/**
 * Reads JSON (RFC 8259) token by token, where it lies. It has no recursion and may be left and entered again between any two
 * tokens: what it knows is in its fields.
 */
export class JsonScanner {
  /** How many objects and lists are open. */
  depth = 0;
  /** The place of the value to be read, or of the last; null where nobody asks for anything below it. */
  place: PathNode | null = null;
  /** Bytes of a token; a longer one is none. */
  maxToken = 0;
  /** Line ends are no white space. */
  isOneLine = false;
  brokenAt = 0;
  why: number = UNEXPECTED;
  readonly #window: Window;
  readonly #notes: Notes;
  #state = VALUE;
  /** So many stay open. */
  #stop = 0;
  /** What is open, and of a list how many elements came before; -1 of an object. */
  readonly #places: (PathNode | null)[] = new Array(MAX_LEVELS + 1).fill(null);
  readonly #counts = new Int32Array(MAX_LEVELS + 1);

  constructor(window: Window, notes: Notes) {
    this.#window = window;
    this.#notes = notes;
  }

  /** Sets out to read the value that begins where the window's `p` is. */
  begin(place: PathNode | null): void {
    this.#state = VALUE;
    this.#stop = this.depth;
    this.place = place;
  }

  /** Sets out to read on behind a value, to the end of the document. */
  goOn(): void {
    this.#state = AFTER;
    this.#stop = 0;
  }

  /** Sets out to read the list that begins at `p`, whose elements are looked for; false where it is too deep. */
  enter(list: PathNode): boolean {
    if (this.depth === MAX_LEVELS) return false;
    this.depth++;
    this.#places[this.depth] = list;
    this.#counts[this.depth] = 0;
    this.#window.p++;
    this.#state = FIRST_ELEMENT;
    return true;
  }

  /** Up to where bytes were looked at by {@link run}, which came to that. */
  reached(came: number): number {
    if (came === SHORT) return this.#window.end;
    return came === BROKEN ? this.brokenAt : this.#window.p;
  }

  /**
   * One function and long, for its state is in variables of its own: it is where the time goes. The one way out at its end is
   * for the compiler, which begins anew for each that it has not seen taken.
   */
  run(): Outcome {
    const window = this.#window;
    const notes = this.#notes;
    const places = this.#places;
    const counts = this.#counts;
    const stop = this.#stop;
    const { maxToken, isOneLine } = this;
    const { b, end, isFinal } = window;
    const { isSeeking } = notes;
    let { depth, place } = this;
    let { p } = window;
    let state = this.#state;
    let inside = places[depth];
    // Where there is no token, or the complement; undone by what stands there being a token after all.
    let at = 0;
    let why: number = UNEXPECTED;
    let came: Outcome = BROKEN;
    for (;;) {
      if (state === AFTER && depth === stop) {
        came = CLOSED;
        break;
      }
      let c = b[p];
      if (c <= 32) {
        p = window.blanks(p, isOneLine);
        c = b[p];
      }
      at = p;
      if (state >= MAY_CLOSE) {
        const isObject = counts[depth] < 0;
        if (c === (isObject ? 125 : 93)) {
          p++;
          depth--;
          inside = places[depth];
          state = AFTER;
          continue;
        }
        if (state === AFTER) {
          if (c !== 44) break;
          p++;
          state = KEY;
          if (!isObject) {
            state = VALUE;
            place = inside === null ? null : notes.placeOfElement(inside, ++counts[depth]);
          }
          continue;
        }
      }
      if (state === KEY || state === FIRST_KEY) {
        if (c !== 34) break;
        let q = p + 1;
        const hint = inside === null ? null : inside.hint;
        place = null;
        if (hint !== null) {
          const { plain } = hint;
          const { length } = plain;
          let i = 0;
          while (i < length && b[q + i] === plain[i]) i++;
          q += i;
          if (i === length && b[q] === 34) {
            place = hint;
            inside!.latest = hint;
            inside!.hint = hint.follower;
          }
        }
        if (place === null) {
          while (STOPS[b[q]] === 0) q++;
          const isEscaped = b[q] !== 34;
          if (isEscaped) q = textEnd(b, q);
          if (q < 0) {
            at = q;
            break;
          }
          if (inside !== null) place = notes.placeOfMember(inside, b, p + 1, q, isEscaped);
        }
        if (q + 1 - p > maxToken) {
          why = TOO_LONG;
          break;
        }
        p = q + 1;
        c = b[p];
        state = COLON;
        if (c <= 32) continue;
      }
      if (state === COLON) {
        at = p;
        if (c !== 58) break;
        c = b[++p];
        state = VALUE;
        if (c <= 32) continue;
      }
      at = p;
      // Not before there is one: it is come by once.
      if (state === FIRST_ELEMENT && c !== NOTHING) {
        place = inside === null ? null : notes.placeOfElement(inside, 0);
        state = VALUE;
      }
      if (isSeeking && state === VALUE && place !== null && place.role !== PLACE && c !== NOTHING) {
        came = FOUND;
        break;
      }
      if (c === 123 || c === 91) {
        if (depth === MAX_LEVELS) why = TOO_DEEP;
        else if (place !== null) why = notes.note(place, OTHER, b, p, p, false);
        if (why !== UNEXPECTED) break;
        place?.rewind();
        depth++;
        places[depth] = inside = place;
        counts[depth] = c === 123 ? -1 : 0;
        state = c === 123 ? FIRST_KEY : FIRST_ELEMENT;
        p++;
        continue;
      }
      let kind = TEXT;
      let from = p;
      let to = p + 1;
      let isEscaped = false;
      if (c === 34) {
        from++;
        while (STOPS[b[to]] === 0) to++;
        if (b[to] !== 34) {
          isEscaped = true;
          to = textEnd(b, to);
        }
      } else if (c <= 57) {
        to = numberEnd(b, p);
        // More of it may follow.
        if (to === end && !isFinal) {
          at = to;
          break;
        }
      } else {
        to = literalEnd(b, p);
        kind = c === 110 ? NONE : WORD;
      }
      if (to < 0) {
        at = to;
        break;
      }
      const next = c === 34 ? to + 1 : to;
      if (next - p > maxToken) why = TOO_LONG;
      else if (place !== null) why = notes.note(place, kind, b, from, to, isEscaped);
      if (why !== UNEXPECTED) break;
      p = next;
      state = AFTER;
    }
    window.p = p;
    this.depth = depth;
    this.#state = state;
    this.place = place;
    if (came !== BROKEN) return came;
    // The complement undone without a branch.
    this.brokenAt = at ^ (at >> 31);
    this.why = why;
    return window.isCut(this.brokenAt) ? SHORT : BROKEN;
  }
}
