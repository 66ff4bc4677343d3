import { JSON_INVALID, KEY_TWICE } from "../../../pipeline/rejects.ts";
import { NONE, OTHER, TEXT, WORD } from "../frame.ts";
import type { PathNode } from "./paths.ts";
import { TOO_LATE, TOO_MANY, UNEXPECTED } from "./refused.ts";
import { isOdd, unescapeText } from "./texts.ts";
import type { Window } from "./window.ts";

/** So many places are remembered of records that were read; one with a long name counts as several. */
const MAX_LEARNED = 16 * 1024;
const NAME_BYTES = 64;
/** So many a record may have, where all are asked for: each takes some hundred bytes, where it may be two bytes of text. */
const MAX_PLACES = 65_536;

/** Whose cells are noted: a record's; those outside of records; none, for those outside are known. */
const OF_RECORD = 0;
export const OF_ROOT = 1;
export const KNOWN = 2;
export type NotesOf = typeof OF_RECORD | typeof OF_ROOT | typeof KNOWN;

/** What stands at the places of the record at hand, and of the document outside of records. */
export class Notes {
  of: NotesOf = OF_RECORD;
  /** Whether records are looked for. */
  isSeeking = false;
  /** Of the document at hand, and of the record: another one for each. */
  rootStamp = 0;
  recordStamp = 0;
  #stamps = 0;
  /** Why no reading can be made of the record, and of all records of the document. */
  reason = 0;
  rootReason = 0;
  /** Records have come: what stands outside of them is asked for too late. */
  isLate = false;
  /** The name of the member that the records at hand belong to, so many bytes of it, and whether it is no Unicode. */
  member: Buffer = Buffer.alloc(64);
  memberLength = 0;
  isMemberHalf = false;
  /** Whether all leaves are noted, and for that all places of a record learned: how many were. */
  readonly hasLeaves: boolean;
  readonly leaves: PathNode[] = [];
  leafCount = 0;
  learned = 0;
  #placeCount = 0;

  readonly #window: Window;

  constructor(window: Window, hasLeaves: boolean) {
    this.#window = window;
    this.hasLeaves = hasLeaves;
  }

  beginDocument(of: NotesOf): void {
    this.of = of;
    this.isLate = false;
    this.rootReason = 0;
    this.rootStamp = ++this.#stamps;
  }

  beginRecord(place: PathNode): void {
    this.of = OF_RECORD;
    this.isSeeking = false;
    this.reason = 0;
    this.leafCount = 0;
    this.#placeCount = 0;
    this.recordStamp = ++this.#stamps;
    if (this.learned <= MAX_LEARNED) return;
    place.prune();
    this.learned = 0;
  }

  /** `b[from..to)` stands at a place, or an object or list begins there. Returns what is wrong with that, see {@link Refusals}. */
  note(place: PathNode, kind: number, b: Buffer, from: number, to: number, isEscaped: boolean): number {
    if (this.of === KNOWN) return UNEXPECTED;
    if (this.of === OF_ROOT) return this.#noteRoot(place, kind, b, from, to, isEscaped);
    if (place.stamp === this.recordStamp) this.reason ||= KEY_TWICE;
    const { recordStart } = this.#window;
    place.stamp = this.recordStamp;
    place.kind = kind;
    place.from = from - recordStart;
    place.to = to - recordStart;
    place.isEscaped = isEscaped;
    if (isEscaped && (place.isCell || this.hasLeaves) && isOdd(b, from, to)) this.reason ||= JSON_INVALID;
    if (!this.hasLeaves) return UNEXPECTED;
    if (kind === TEXT || kind === WORD) this.leaves[this.leafCount++] = place;
    return ++this.#placeCount > MAX_PLACES ? TOO_MANY : UNEXPECTED;
  }

  #noteRoot(place: PathNode, kind: number, b: Buffer, from: number, to: number, isEscaped: boolean): number {
    if (!place.isRoot) return UNEXPECTED;
    const isTwice = place.stamp === this.rootStamp;
    if (this.isLate && (isTwice || (place.isCell && kind !== NONE))) return TOO_LATE;
    if (isTwice) this.rootReason ||= KEY_TWICE;
    place.stamp = this.rootStamp;
    place.kind = kind;
    if (!place.isCell || kind === NONE || kind === OTHER) return UNEXPECTED;
    if (isEscaped && isOdd(b, from, to)) this.rootReason ||= JSON_INVALID;
    place.text = unescapeText(b, from, to);
    return UNEXPECTED;
  }

  /** The place of the member whose name is `b[from..to)`; null where nobody asks for it. */
  placeOfMember(inside: PathNode, b: Buffer, from: number, to: number, isEscaped: boolean): PathNode | null {
    if (isEscaped) {
      const name = unescapeText(b, from, to);
      return this.#placeOf(inside, name, 0, name.length, isOdd(b, from, to));
    }
    return this.#placeOf(inside, b, from, to, false);
  }

  #placeOf(inside: PathNode, b: Buffer, from: number, to: number, isHalf: boolean): PathNode | null {
    let place = inside.member(b, from, to);
    if (place === null && inside.any !== null) {
      this.#keepMember(b, from, to);
      this.isMemberHalf = isHalf;
      return inside.any;
    }
    if (place === null && this.#isLearning()) {
      place = this.#learn(inside.addMember(b.toString("utf8", from, to)));
      if (isHalf) this.reason ||= JSON_INVALID;
    }
    if (place !== null) inside.come(place);
    return place;
  }

  #keepMember(b: Buffer, from: number, to: number): void {
    this.memberLength = to - from;
    if (this.memberLength > this.member.length) this.member = Buffer.alloc(2 * this.memberLength);
    for (let i = 0; i < this.memberLength; i++) this.member[i] = b[from + i];
  }

  /** The place of an element; to be asked for all of a list, in order. */
  placeOfElement(inside: PathNode, index: number): PathNode | null {
    if (this.isSeeking && inside.record !== null) return inside.record;
    const place = inside.element(index);
    return place === null && this.#isLearning() ? this.#learn(inside.addElement(index)) : place;
  }

  #isLearning(): boolean {
    return this.hasLeaves && this.of === OF_RECORD;
  }

  #learn(place: PathNode): PathNode {
    place.isLearned = true;
    this.learned += 1 + Math.floor(place.name.length / NAME_BYTES);
    return place;
  }
}
