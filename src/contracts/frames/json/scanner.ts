import { JSON_INVALID, KEY_TWICE } from "../../../pipeline/rejects.ts";
import { NONE, OTHER, TEXT, WORD } from "../frame.ts";
import { type PathNode, PLACE } from "./paths.ts";
import { hasHalf, literalEnd, numberEnd, STOPS, textEnd, unescapeText } from "./texts.ts";

/** What {@link Scanner.run} came to: the end of what it was to read; more bytes are needed; no JSON; records or one of them. */
export const CLOSED = 0;
export const SHORT = 1;
export const BROKEN = 2;
export const FOUND = 3;

/** What is looked for. */
const VALUE = 0;
const AFTER = 1;
const KEY = 2;
const FIRST_KEY = 3;
const COLON = 4;
const FIRST_ELEMENT = 5;

/** Whose cells are told: a record's; those outside of records; those outside, which are known. */
export const OF_RECORD = 0;
export const OF_ROOT = 1;
export const KNOWN = 2;

const MAX_DEPTH = 128;

/** Why there is no JSON where it ends. */
export const UNEXPECTED = 0;
export const TOO_DEEP = 1;
export const TOO_LATE = 2;
export const TOO_LONG = 3;

/**
 * Reads JSON (RFC 8259) token by token, where it lies, and notes where the places stand that somebody asks for. It has no
 * recursion and may be left and entered again between any two tokens: what it knows is in its fields.
 */
export class Scanner {
  /** The text at hand is `b[..end)`; `b[end]` is 0, which no token has, and the byte in front of `p` is there. */
  b: Buffer = Buffer.alloc(2);
  end = 1;
  isFinal = false;
  p = 1;
  line = 1;
  /** Where it begins; may be in front of `b`. */
  lineStart = 1;
  /** Line ends are no white space. */
  isOneLine = false;
  depth = 0;
  /** How many values are open around the one to be read. */
  stop = 0;
  /** The place of the value to be read, or of the last; null where nobody asks for anything below it. */
  place: PathNode | null = null;
  mode: typeof OF_RECORD | typeof OF_ROOT | typeof KNOWN = OF_RECORD;
  /** Whether to come back at records. */
  isSeeking = false;
  /** Where the record begins, or the document. */
  start = 1;
  stamp = 0;
  /** Bytes of a token; more are not read. */
  maxToken = 0;
  /** Why no reading can be made of the record, and of all records of the document. */
  reason = 0;
  rootReason = 0;
  /** Root cells that come now are too late. */
  isLate = false;
  brokenAt = 0;
  why = UNEXPECTED;
  /** The name of the member that the records at hand belong to, and whether it is none that can be told. */
  member: Buffer = Buffer.alloc(0);
  isMemberHalf = false;
  /** Leaves are told, and all places of a record learned. */
  readonly hasLeaves: boolean;
  readonly leaves: PathNode[] = [];
  leafCount = 0;
  learned = 0;
  #state = VALUE;
  readonly #places: (PathNode | null)[] = new Array(MAX_DEPTH + 1).fill(null);
  /** Of a list how many elements came before; -1 of an object. */
  readonly #counts = new Int32Array(MAX_DEPTH + 1);
  #scratch = Buffer.alloc(64);

  constructor(hasLeaves: boolean) {
    this.hasLeaves = hasLeaves;
  }

  /** Sets out to read the value that begins at `p`, within as many as are open. */
  begin(place: PathNode | null): void {
    this.#state = VALUE;
    this.stop = this.depth;
    this.place = place;
  }

  /** Goes on behind a value, up to the end of what was open when there were only so many. */
  goOn(stop: number): void {
    this.#state = AFTER;
    this.stop = stop;
  }

  /** Enters the list that begins at `p`, whose elements are records. */
  enter(list: PathNode): boolean {
    if (this.depth === MAX_DEPTH) {
      this.brokenAt = this.p;
      this.why = TOO_DEEP;
      return false;
    }
    this.depth++;
    this.#places[this.depth] = list;
    this.#counts[this.depth] = 0;
    this.p++;
    this.#state = FIRST_ELEMENT;
    return true;
  }

  run(): typeof CLOSED | typeof SHORT | typeof BROKEN | typeof FOUND {
    const { b, stop } = this;
    const places = this.#places;
    const counts = this.#counts;
    let { p, depth, place } = this;
    let state = this.#state;
    let inside = places[depth];
    for (;;) {
      if (state === AFTER) {
        if (depth === stop) {
          this.#leave(p, depth, state, place);
          return CLOSED;
        }
        let c = b[p];
        if (c <= 32) {
          p = this.blanks(p);
          c = b[p];
        }
        const isObject = counts[depth] < 0;
        if (c === 44) {
          p++;
          if (isObject) state = KEY;
          else {
            place = inside === null ? null : this.#element(inside, ++counts[depth]);
            state = VALUE;
          }
        } else if (c === (isObject ? 125 : 93)) {
          p++;
          depth--;
          inside = places[depth];
          continue;
        } else return this.#fail(p, p, depth, state, place);
      }
      if (state === KEY || state === FIRST_KEY) {
        let c = b[p];
        if (c <= 32) {
          p = this.blanks(p);
          c = b[p];
        }
        if (c !== 34) {
          if (c !== 125 || state === KEY) return this.#fail(p, p, depth, state, place);
          p++;
          depth--;
          inside = places[depth];
          state = AFTER;
          continue;
        }
        let q = p + 1;
        const hint = inside === null ? null : inside.hint;
        place = null;
        if (hint !== null) {
          const { plain } = hint;
          const length = plain.length;
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
          if (isEscaped) {
            q = textEnd(b, q);
            if (q < 0) return this.#fail(~q, p, depth, state, place);
          }
          if (inside !== null) place = this.#member(inside, p + 1, q, isEscaped);
        }
        if (q + 1 - p > this.maxToken) return this.#fail(p, p, depth, state, place, TOO_LONG);
        p = q + 1;
        state = COLON;
      }
      if (state === COLON) {
        let c = b[p];
        if (c <= 32) {
          p = this.blanks(p);
          c = b[p];
        }
        if (c !== 58) return this.#fail(p, p, depth, state, place);
        p++;
        state = VALUE;
      }
      let c = b[p];
      if (c <= 32) {
        p = this.blanks(p);
        c = b[p];
      }
      if (state === FIRST_ELEMENT) {
        if (c === 93) {
          p++;
          depth--;
          inside = places[depth];
          state = AFTER;
          continue;
        }
        // Not before there is one: it is come by once.
        if (c === 0) return this.#fail(p, p, depth, state, place);
        place = inside === null ? null : this.#element(inside, 0);
        state = VALUE;
      }
      if (this.isSeeking && place !== null && place.role !== PLACE && c !== 0) {
        this.#leave(p, depth, state, place);
        return FOUND;
      }
      let kind = TEXT;
      let q = p + 1;
      let isEscaped = false;
      if (c === 34) {
        while (STOPS[b[q]] === 0) q++;
        if (b[q] !== 34) {
          isEscaped = true;
          q = textEnd(b, q);
          if (q < 0) return this.#fail(~q, p, depth, state, place);
        }
      } else if (c === 123 || c === 91) {
        if (depth === MAX_DEPTH) return this.#fail(p, p, depth, state, place, TOO_DEEP);
        if (place !== null && !this.#came(place, OTHER, p, p, false)) {
          return this.#fail(p, p, depth, state, place, TOO_LATE);
        }
        depth++;
        places[depth] = inside = place;
        counts[depth] = c === 123 ? -1 : 0;
        if (c === 91 && place !== null) place.rewind();
        state = c === 123 ? FIRST_KEY : FIRST_ELEMENT;
        p++;
        continue;
      } else if (c === 45 || (c >= 48 && c <= 57)) {
        q = numberEnd(b, p);
        if (q < 0 || (q === this.end && !this.isFinal)) return this.#fail(q < 0 ? ~q : q, p, depth, state, place);
      } else {
        q = literalEnd(b, p);
        if (q < 0) return this.#fail(~q, p, depth, state, place);
        kind = c === 110 ? NONE : WORD;
      }
      const isText = c === 34;
      const next = isText ? q + 1 : q;
      if (next - p > this.maxToken) return this.#fail(p, p, depth, state, place, TOO_LONG);
      if (place !== null && !this.#came(place, kind, isText ? p + 1 : p, q, isEscaped)) {
        return this.#fail(p, p, depth, state, place, TOO_LATE);
      }
      p = next;
      state = AFTER;
    }
  }

  /** Where white space ends, counting lines. */
  blanks(p: number): number {
    const { b, isOneLine } = this;
    for (; ; p++) {
      const c = b[p];
      if (c === 32 || c === 9) continue;
      if (isOneLine || (c !== 10 && c !== 13)) return p;
      if (c === 13 || b[p - 1] !== 13) this.line++;
      this.lineStart = p + 1;
    }
  }

  #leave(p: number, depth: number, state: number, place: PathNode | null): void {
    this.p = p;
    this.depth = depth;
    this.#state = state;
    this.place = place;
  }

  /** The token that begins at `p` goes on no more at `at`: there are no more bytes, or it is none. */
  #fail(at: number, p: number, depth: number, state: number, place: PathNode | null, why = UNEXPECTED) {
    this.#leave(p, depth, state, place);
    if (!this.isFinal && isCut(this.b, at, this.end)) return SHORT;
    this.brokenAt = at;
    this.why = why;
    return BROKEN;
  }

  /** Notes what stands at a place; false where it stands too late to be known. */
  #came(place: PathNode, kind: number, from: number, to: number, isEscaped: boolean): boolean {
    if (this.mode !== OF_RECORD) return this.mode === KNOWN || this.#cameToRoot(place, kind, from, to, isEscaped);
    if (place.stamp === this.stamp) this.reason ||= KEY_TWICE;
    place.stamp = this.stamp;
    place.kind = kind;
    place.from = from - this.start;
    place.to = to - this.start;
    place.isEscaped = isEscaped;
    if (isEscaped && (place.isCell || this.hasLeaves) && hasHalf(this.b, from, to)) this.reason ||= JSON_INVALID;
    if (this.hasLeaves && (kind === TEXT || kind === WORD)) this.leaves[this.leafCount++] = place;
    return true;
  }

  #cameToRoot(place: PathNode, kind: number, from: number, to: number, isEscaped: boolean): boolean {
    if (!place.isRoot) return true;
    const isTwice = place.stamp === this.stamp;
    if (this.isLate && (isTwice || (place.isCell && kind !== NONE))) return false;
    if (isTwice) this.rootReason ||= KEY_TWICE;
    place.stamp = this.stamp;
    place.kind = kind;
    if (!place.isCell || kind === NONE || kind === OTHER) return true;
    if (isEscaped && hasHalf(this.b, from, to)) this.rootReason ||= JSON_INVALID;
    place.text = Buffer.allocUnsafe(to - from);
    place.text = place.text.subarray(0, unescapeText(this.b, from, to, place.text));
    return true;
  }

  /** The place of the member whose name is `b[from..to)`. */
  #member(inside: PathNode, from: number, to: number, isEscaped: boolean): PathNode | null {
    let [text, begin, end] = [this.b, from, to];
    if (isEscaped) {
      if (this.#scratch.length < to - from) this.#scratch = Buffer.alloc(2 * (to - from));
      [text, begin, end] = [this.#scratch, 0, unescapeText(this.b, from, to, this.#scratch)];
    }
    let place = inside.member(text, begin, end);
    if (place === null && inside.any !== null) {
      this.member = Buffer.from(text.subarray(begin, end));
      this.isMemberHalf = isEscaped && hasHalf(this.b, from, to);
      return inside.any;
    }
    if (place === null && this.#isLearning()) {
      place = this.#learn(inside.addMember(text.toString("utf8", begin, end)));
      if (isEscaped && hasHalf(this.b, from, to)) this.reason ||= JSON_INVALID;
    }
    if (place !== null) inside.come(place);
    return place;
  }

  #element(inside: PathNode, index: number): PathNode | null {
    if (this.isSeeking && inside.record !== null) return inside.record;
    const place = inside.element(index);
    return place === null && this.#isLearning() ? this.#learn(inside.addElement(index)) : place;
  }

  #isLearning(): boolean {
    return this.hasLeaves && this.mode === OF_RECORD;
  }

  #learn(place: PathNode): PathNode {
    place.isLearned = true;
    this.learned++;
    return place;
  }
}

/** Whether the character at `at` is not there, or not all of it. */
function isCut(b: Buffer, at: number, end: number): boolean {
  const c = b[at];
  return at + (c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4) > end;
}
