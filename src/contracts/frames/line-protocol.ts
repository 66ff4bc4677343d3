import { rowTooLong } from "../../pipeline/refused-row.ts";
import { KEY_TWICE, LINE_INVALID } from "../../pipeline/rejects.ts";
import type { Pull } from "../../pipeline/source.ts";
import { END, type Frame, MORE, NONE, ROW, TEXT, WORD } from "./frame.ts";
import { MEASUREMENT_STOPS, QUOTED_STOPS, TOKEN_STOPS, writeUnescaped } from "./line-protocol/escapes.ts";
import { BOOLEAN_FIELD, Point, QUOTED_FIELD, TAG, WITH_ESCAPES } from "./line-protocol/point.ts";
import { PulledWindow } from "./window.ts";

const [TAB, LF, CR, BLANK, HASH] = [9, 10, 13, 32, 35];
const NOTHING = Buffer.alloc(0);

export interface LineOptions {
  /**
   * Names of tags or fields; where a point has both, the field, as in InfluxQL. `time` is the timestamp as it is written,
   * and `measurement` the measurement's name, unless a tag or field is called so.
   */
  readonly columns: readonly string[];
  /** Whether the fields of each point are told by their names. */
  readonly leaves: boolean;
  /** The longest line, without its line end; a longer one refuses the file. */
  readonly maxRecordBytes: number;
}

/**
 * Cuts line protocol (InfluxData, "Line protocol") into points. Comments and empty lines are no records; a line that is no
 * point is one with a reason. Where a quoted text goes over several lines and what it is in is no point, only its first
 * line is rejected, and the next one may be a point again: a quote that is never closed costs no line but its own.
 */
export class LineFrame implements Frame {
  start = 0;
  end = 0;
  line = 0;
  byteOffset = 0;
  reason = 0;
  cell: Buffer = NOTHING;
  from = 0;
  to = 0;
  leaves = 0;
  readonly firstLeaf: number;
  isLineEndAdded = false;
  readonly #key: string;
  readonly #window: PulledWindow;
  readonly #options: LineOptions;
  readonly #point: Point;
  /** By column: its place in `#items`; -1 for the timestamp. */
  readonly #places: Int32Array;
  /** By place: the tag or field of this point, or -1. */
  readonly #items: Int32Array;
  /** The place of `measurement`; -1 where nobody asks for it. */
  readonly #measurement: number;
  #scratch = Buffer.allocUnsafe(256);
  #nextLine = 1;

  constructor(key: string, pull: Pull, options: LineOptions) {
    this.#key = key;
    this.#window = new PulledWindow(pull, LF);
    this.#options = options;
    this.firstLeaf = options.columns.length;
    const names = [...new Set(options.columns)].filter((name) => name !== "time");
    const placeOf = new Map(names.map((name, place) => [name, place]));
    this.#point = new Point(placeOf);
    this.#places = Int32Array.from(options.columns, (name) => placeOf.get(name) ?? -1);
    this.#items = new Int32Array(names.length);
    this.#measurement = placeOf.get("measurement") ?? -1;
  }

  get b(): Buffer {
    return this.#window.b;
  }

  /** Bytes pulled. */
  get size(): number {
    return this.#window.size - (this.isLineEndAdded ? 1 : 0);
  }

  /** Throws `row_too_long`. */
  next(): typeof ROW | typeof MORE | typeof END {
    const window = this.#window;
    for (;;) {
      if (window.start === window.end) return window.ended ? END : MORE;
      if (window.isShort) return MORE;
      const { b, start } = window;
      this.reason = 0;
      this.line = this.#nextLine;
      this.byteOffset = window.base + start;
      let first = start;
      while (b[first] === BLANK || b[first] === TAB) first++;
      const isPoint = b[first] !== LF && b[first] !== CR && b[first] !== HASH;
      const end = isPoint ? this.#readPoint(first) : this.#lineEnd();
      if (end < 0 || (b[end] === CR && end + 1 === window.end && !window.ended)) {
        window.awaitMore();
        return MORE;
      }
      this.#nextLine += isPoint && this.reason !== LINE_INVALID ? this.#point.lines + 1 : 1;
      window.leave(b[end] === CR && end + 1 < window.end && b[end + 1] === LF ? end + 2 : end + 1);
      if (!isPoint) continue;
      this.start = start;
      this.end = end;
      this.leaves = this.reason === 0 && this.#options.leaves ? this.#point.items - this.#point.tags : 0;
      return ROW;
    }
  }

  fill(): void | Promise<void> {
    const filled = this.#window.fill();
    return filled === undefined ? this.#endLine() : filled.then(() => this.#endLine());
  }

  look(column: number): number {
    const point = this.#point;
    if (this.reason !== 0) return NONE;
    if (column >= this.firstLeaf) return this.#tell(point.tags + column - this.firstLeaf);
    const place = this.#places[column];
    if (place < 0) {
      if (point.timeStart === point.timeEnd) return NONE;
      return this.#say(TEXT, point.timeStart, point.timeEnd);
    }
    const item = this.#items[place];
    if (item >= 0) return this.#tell(item);
    if (place !== this.#measurement) return NONE;
    if (point.isNameEscaped) return this.#sayUnescaped(TEXT, point.nameStart, point.nameEnd, MEASUREMENT_STOPS);
    return this.#say(TEXT, point.nameStart, point.nameEnd);
  }

  leafName(leaf: number): string {
    return this.#point.keys.name(this.#point.ids[this.#point.tags + leaf]);
  }

  /** Reads the line as a point and says where its line end is; -1 where more bytes are needed. */
  #readPoint(first: number): number {
    const { start, end, ended, b } = this.#window;
    const point = this.#point;
    const stop = point.read(b, first, end);
    const isLong = (stop < 0 ? end : stop) - start > this.#options.maxRecordBytes;
    const isCut = stop < 0 ? point.fault >= end && !ended : stop >= end;
    if (isCut && !isLong) return -1;
    if (stop < 0 || isCut || isLong) {
      this.reason = LINE_INVALID;
      return this.#lineEnd();
    }
    if (point.isKeyTwice) this.reason = KEY_TWICE;
    const { columns } = point.keys;
    this.#items.fill(-1);
    for (let i = 0; i < point.items; i++) {
      const place = columns[point.ids[i]];
      if (place >= 0) this.#items[place] = i;
    }
    return stop;
  }

  /** Where the physical line ends; -1 where more bytes are needed. */
  #lineEnd(): number {
    const { b, start, end } = this.#window;
    let p = start;
    while (b[p] !== LF && b[p] !== CR) p++;
    const { maxRecordBytes } = this.#options;
    if (p - start > maxRecordBytes) {
      throw rowTooLong({ key: this.#key, line: this.line, byteOffset: this.byteOffset }, maxRecordBytes);
    }
    return p < end ? p : -1;
  }

  #endLine(): void {
    const { b, end, ended, start } = this.#window;
    if (!ended || this.isLineEndAdded) return;
    if (start === end || b[end - 1] === LF || b[end - 1] === CR) return;
    this.isLineEndAdded = true;
    this.#window.append(LF);
  }

  #tell(item: number): number {
    const { kinds, starts, ends } = this.#point;
    const kind = kinds[item];
    const type = kind === BOOLEAN_FIELD || (kind & QUOTED_FIELD) === QUOTED_FIELD ? WORD : TEXT;
    if ((kind & WITH_ESCAPES) === 0) return this.#say(type, starts[item], ends[item]);
    return this.#sayUnescaped(
      type,
      starts[item],
      ends[item],
      kind === (TAG | WITH_ESCAPES) ? TOKEN_STOPS : QUOTED_STOPS,
    );
  }

  #say(type: number, from: number, to: number): number {
    this.cell = this.#window.b;
    this.from = from;
    this.to = to;
    return type;
  }

  #sayUnescaped(type: number, from: number, to: number, stops: Uint8Array): number {
    if (this.#scratch.length < to - from) this.#scratch = Buffer.allocUnsafe(2 * (to - from));
    this.cell = this.#scratch;
    this.from = 0;
    this.to = writeUnescaped(this.#window.b, from, to, stops, this.#scratch);
    return type;
  }
}
