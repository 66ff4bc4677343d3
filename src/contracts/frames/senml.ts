import type { VantageflowError } from "../../errors.ts";
import { rowTooLong } from "../../pipeline/refused-row.ts";
import { SENML_INVALID } from "../../pipeline/rejects.ts";
import type { Pull } from "../../pipeline/source.ts";
import { END, type Frame, MORE, NONE, ROW, TEXT } from "./frame.ts";
import { Pack } from "./senml/pack.ts";
import { ABSENT, SenmlRecord } from "./senml/record.ts";
import { brokenJson, labelUnknown, versionUnknown } from "./senml/refused.ts";
import { PackScanner } from "./senml/scanner.ts";
import { PulledWindow } from "./window.ts";

/** The columns of {@link SenmlFrame}. */
export const SENML_NAME = 0;
export const SENML_TIME = 1;
export const SENML_VALUE = 2;
export const SENML_UNIT = 3;

const [COMMA, OPEN_LIST, CLOSE_LIST, OPEN] = [44, 91, 93, 123];
const NOTHING = Buffer.alloc(0);

/** What may come next: a pack; the first record of one; what stands behind a record; a record. */
const PACK = '"["';
const FIRST = 'a record or "]"';
const BEHIND = '"," or "]"';
const RECORD = "a record";

export interface SenmlOptions {
  /** When "now" is for times that count from it, in milliseconds since the epoch: when the batch arrived. Asked where there are some. */
  readonly arrival: () => number;
  /** The longest record; a longer one refuses the file. */
  readonly maxRecordBytes: number;
}

/**
 * Cuts packs of SenML in JSON (RFC 8428 §5), one behind the other, into their records, each resolved by what was stated
 * before it in its pack. A record without a value has none in that column, a boolean or text is told as such.
 */
export class SenmlFrame implements Frame {
  start = 0;
  end = 0;
  line = 0;
  byteOffset = 0;
  reason = 0;
  cell: Buffer = NOTHING;
  from = 0;
  to = 0;
  readonly leaves = 0;
  readonly firstLeaf = 4;
  readonly isLineEndAdded = false;
  readonly #key: string;
  readonly #window: PulledWindow;
  readonly #maxRecordBytes: number;
  readonly #scanner = new PackScanner();
  readonly #record = new SenmlRecord();
  readonly #pack: Pack;
  #wanted: typeof PACK | typeof FIRST | typeof BEHIND | typeof RECORD = PACK;

  constructor(key: string, pull: Pull, { arrival, maxRecordBytes }: SenmlOptions) {
    this.#key = key;
    this.#window = new PulledWindow(pull, 0);
    this.#maxRecordBytes = maxRecordBytes;
    this.#pack = new Pack(arrival);
  }

  get b(): Buffer {
    return this.#window.b;
  }

  /** Bytes pulled. */
  get size(): number {
    return this.#window.size;
  }

  /** Throws `source_invalid` for what is no JSON, no pack or none that may be read, and `row_too_long`. */
  next(): typeof ROW | typeof MORE | typeof END {
    const [window, scanner] = [this.#window, this.#scanner];
    scanner.base = window.base;
    for (;;) {
      const { b } = window;
      const p = scanner.skip(b, window.start);
      if (p > window.start) window.leave(p);
      if (p === window.end) {
        if (!window.ended) return MORE;
        if (this.#wanted === PACK) return END;
        throw brokenJson(this.#place(p), -1, this.#wanted);
      }
      if (window.isShort) return MORE;
      const c = b[p];
      if (c === CLOSE_LIST && (this.#wanted === FIRST || this.#wanted === BEHIND)) this.#wanted = PACK;
      else if (c === COMMA && this.#wanted === BEHIND) this.#wanted = RECORD;
      else if (c === OPEN_LIST && this.#wanted === PACK) {
        this.#pack.begin();
        this.#wanted = FIRST;
      } else if (this.#wanted === PACK || this.#wanted === BEHIND) throw brokenJson(this.#place(p), c, this.#wanted);
      else return this.#take(p);
      window.leave(p + 1);
    }
  }

  fill(): void | Promise<void> {
    return this.#window.fill();
  }

  look(column: number): number {
    const pack = this.#pack;
    if (this.reason !== 0) return NONE;
    if (column === SENML_VALUE) return this.#say(pack.valueKind, pack.value, pack.valueStart, pack.valueEnd);
    if (column === SENML_TIME) return this.#say(pack.timeEnd > 0 ? TEXT : NONE, pack.time, 0, pack.timeEnd);
    const text = column === SENML_NAME ? pack.name : pack.unit;
    const isThere = column === SENML_NAME ? text.length > 0 : text.state !== ABSENT;
    return this.#say(isThere ? TEXT : NONE, text.bytes, 0, text.length);
  }

  leafName(): string {
    return "";
  }

  #take(p: number): typeof ROW | typeof MORE {
    const { base, b, end: limit, ended } = this.#window;
    const scanner = this.#scanner;
    scanner.mark();
    this.line = scanner.line;
    this.byteOffset = base + p;
    const end = b[p] === OPEN ? this.#record.read(b, p, scanner) : scanner.value(b, p);
    const looked = end < 0 ? scanner.fault : end;
    const isCut = looked >= limit && !ended;
    if (looked - p > this.#maxRecordBytes) {
      throw rowTooLong({ key: this.#key, line: this.line, byteOffset: this.byteOffset }, this.#maxRecordBytes);
    }
    if (isCut) {
      scanner.reset();
      this.#window.awaitMore();
      return MORE;
    }
    if (end < 0) throw brokenJson(this.#place(looked), looked === limit ? -1 : b[looked], scanner.wanted);
    this.reason = SENML_INVALID;
    if (b[p] === OPEN) {
      const refused = this.#refusedFor(p);
      if (refused !== null) throw refused;
      this.reason = this.#pack.take(b, this.#record);
    }
    this.#wanted = BEHIND;
    this.#window.leave(end);
    this.start = p;
    this.end = end;
    return ROW;
  }

  /** Why no record of the pack may be read, because of this one. */
  #refusedFor(p: number): VantageflowError | null {
    const version = this.#pack.newerVersion(this.#window.b, this.#record);
    const { unknown } = this.#record;
    if (version === "" && unknown === "") return null;
    this.#scanner.reset();
    return version === "" ? labelUnknown(this.#place(p), unknown) : versionUnknown(this.#place(p), version);
  }

  #place(p: number) {
    const { line } = this.#scanner;
    return { key: this.#key, line, character: this.#scanner.characterAt(p), byteOffset: this.#window.base + p };
  }

  #say(type: number, text: Buffer, from: number, to: number): number {
    this.cell = text;
    this.from = from;
    this.to = to;
    return type;
  }
}
