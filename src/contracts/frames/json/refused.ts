import { quote, VantageflowError } from "../../../errors.ts";
import { rowTooLong } from "../../../pipeline/refused-row.ts";
import type { Window } from "./window.ts";

/** Why a document is read no further than to some place: what stands there is nothing that JSON has, or one of the others. */
export const UNEXPECTED = 0;
export const TOO_DEEP = 1;
export const TOO_LATE = 2;
export const TOO_LONG = 3;
export const TOO_MANY = 4;

/** What a file is refused with, and where. */
export class Refusals {
  readonly maxRecordBytes: number;
  readonly #key: string;
  readonly #window: Window;

  constructor(key: string, window: Window, maxRecordBytes: number) {
    this.#key = key;
    this.#window = window;
    this.maxRecordBytes = maxRecordBytes;
  }

  /** Whether what begins at `p` is longer than may be held, where bytes up to `reached` belong to it. */
  isTooLong(p: number, reached: number): boolean {
    return reached - p > this.maxRecordBytes;
  }

  checkLength(p: number, reached: number, line: number): void {
    if (reached - p > this.maxRecordBytes) throw this.tooLong(p, line);
  }

  /** The same of the document at hand. */
  checkDocument(reached: number): void {
    const { start, startLine } = this.#window;
    this.checkLength(start, reached, startLine);
  }

  tooLong(p: number, line: number): VantageflowError {
    return rowTooLong({ key: this.#key, line, byteOffset: this.#window.offset + p }, this.maxRecordBytes);
  }

  noJson(at: number, why: number): VantageflowError {
    const { line, character, byteOffset } = this.#window.placeOf(at);
    const reason = reasonOf(why, this.#window.characterAt(at));
    const message = `Cannot read "${this.#key}": line ${line}, character ${character}: ${reason}`;
    return new VantageflowError("source_invalid", message, { key: this.#key, line, byteOffset });
  }
}

/** `found` is the character that stands there, empty where the file ends. */

function reasonOf(why: number, found: string): string {
  if (why === TOO_DEEP) return "it is nested deeper than 128 levels. Write it flatter.";
  if (why === TOO_LATE) {
    return "what the contract asks of the document stands here, behind records that need it, in a document longer than maxRowBytes. Write it in front of them, or raise maxRowBytes.";
  }
  if (why === TOO_MANY) return "a record has more than 65536 members. Name those that are measures in the contract.";
  if (found === "") return "the file ends within a JSON document. Land it when all of it is written.";
  return `${quote(found)} stands where JSON has nothing like it. Mend the document, then land it again.`;
}
