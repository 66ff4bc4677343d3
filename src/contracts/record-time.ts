import { viewOf } from "../pipeline/devices.ts";
import { TIMESTAMP_FORMAT } from "../pipeline/rejects.ts";
import { readSeconds } from "../pipeline/timestamp.ts";
import type { Clock } from "./fields/clock.ts";
import { roomForTimestamp } from "./fields/instant-writer.ts";
import { type Frame, TEXT } from "./frames/frame.ts";
import { RowBuffer, Words } from "./row-buffer.ts";

const BLANK = Buffer.from(" ");
const MINUTE_BYTES = 16;

/** The timestamp of the record at hand, as the data contract writes it. */
export class RecordTime {
  words = new Words(64);
  readonly #frame: Frame;
  readonly #columns: readonly number[];
  readonly #clock: Clock;
  readonly #joined = new RowBuffer();
  /** In `words` stands a timestamp of the data contract, down to its minute at least. */
  #hasMinute = false;
  #cell = this.#joined.bytes;
  #view = viewOf(this.#cell);

  constructor(frame: Frame, columns: readonly number[], clock: Clock) {
    this.#frame = frame;
    this.#columns = columns;
    this.#clock = clock;
  }

  /** Where it ends in `words`, or the negated reason. */
  read(): number {
    const frame = this.#frame;
    const columns = this.#columns;
    let time = 0 - TIMESTAMP_FORMAT;
    if (columns.length > 1) time = this.#readJoined();
    else if (frame.look(columns[0]) === TEXT) time = this.#write(frame.cell, frame.from, frame.to);
    this.words.length = Math.max(0, time);
    return time;
  }

  #readJoined(): number {
    const frame = this.#frame;
    const joined = this.#joined;
    joined.to = 0;
    for (const column of this.#columns) {
      if (frame.look(column) !== TEXT) return 0 - TIMESTAMP_FORMAT;
      if (joined.to > 0) joined.add(BLANK);
      joined.add(frame.cell, frame.from, frame.to);
    }
    return this.#write(joined.bytes, 0, joined.to);
  }

  #write(b: Buffer, from: number, to: number): number {
    const room = roomForTimestamp(to - from);
    if (room > this.words.bytes.length) {
      this.words = new Words(2 * room);
      this.#hasMinute = false;
    }
    if (this.#hasMinute && this.#isOfMinute(b, from, to)) {
      const { bytes } = this.words;
      for (let p = from + MINUTE_BYTES; p < to; p++) bytes[p - from] = b[p];
      return to - from;
    }
    const end = this.#clock.write(b, from, to, this.words.bytes, 0);
    this.#hasMinute = this.#clock.keepsIso && end >= MINUTE_BYTES;
    return end;
  }

  /** Whether it is a timestamp of the same minute as the last one: records come in order, and most are. */
  #isOfMinute(b: Buffer, from: number, to: number): boolean {
    if (to - from < MINUTE_BYTES) return false;
    if (b !== this.#cell) {
      this.#cell = b;
      this.#view = viewOf(b);
    }
    const [cell, last] = [this.#view, this.words.view];
    for (let i = MINUTE_BYTES - 4; i >= 0; i -= 4) if (cell.getInt32(from + i) !== last.getInt32(i)) return false;
    return readSeconds(b, from + MINUTE_BYTES) === to;
  }
}
