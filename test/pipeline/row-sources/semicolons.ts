import { createHash } from "node:crypto";
import type { Arena } from "../../../src/pipeline/arena.ts";
import { TIMESTAMP_INVALID } from "../../../src/pipeline/rejects.ts";
import type { OpenRows, Origin, Pull, RowSource } from "../../../src/pipeline/source.ts";
import type { SampleSource } from "./sample.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";

/**
 * A source of another form than the contract's, as contracts will open them: `day.month.year time;device;value`, a comma
 * for the point, no header, `-` where there is no value. It moves, adds and leaves out, so nothing stands where it stood.
 */
class SemicolonRows implements RowSource {
  limit = 0;
  base = 0;
  ended = false;
  size = 0;
  absent = 0;
  readonly records = null;
  readonly remarks = null;
  readonly isLineEndAdded = false;
  readonly lastRowStart = 0;
  readonly #pull: Pull;
  readonly #arena: Arena;
  readonly #hash = createHash("sha256");
  #rest = Buffer.alloc(0);
  #restOffset = 0;
  #line = 0;
  #written = 0;
  #rows = Buffer.from(HEADER);
  /** By the line of the row that was made: from its line, offset and bytes, and why it is none. */
  readonly #origins = new Map<number, { line: number; byteOffset: number; bytes: Buffer; reason: number | null }>();
  #rowLine = 1;

  constructor(pull: Pull, arena: Arena) {
    this.#pull = pull;
    this.#arena = arena;
  }

  async fill(): Promise<void> {
    this.#arena.carry();
    const { b, inputEnd } = this.#arena;
    const chunk = Buffer.alloc(100);
    let final = false;
    while (!final && this.#rows.length < inputEnd - this.#arena.end) {
      const pulled = await this.#pull(chunk);
      final = pulled === 0;
      this.#hash.update(chunk.subarray(0, pulled));
      this.size += pulled;
      this.#take(chunk.subarray(0, pulled), final);
    }
    const room = Math.min(this.#rows.length, inputEnd - this.#arena.end);
    this.#rows.copy(b, this.#arena.end, 0, room);
    this.#rows = this.#rows.subarray(room);
    this.#arena.end += room;
    this.#written += room;
    this.base = this.#written - this.#arena.end;
    this.limit = this.#arena.end;
    this.ended = final && this.#rows.length === 0;
  }

  #take(bytes: Buffer, final: boolean): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (final && this.#rest.length > 0) this.#rest = Buffer.concat([this.#rest, Buffer.from("\n")]);
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      this.#addRow(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end + 1);
      this.#restOffset += end + 1;
    }
  }

  #addRow(bytes: Buffer): void {
    this.#line++;
    const [time, device, value = ""] = bytes.toString("latin1").split(";");
    if (value === "-") {
      this.absent++;
      return;
    }
    const [, day, month, year, clock] = /^(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d)$/.exec(time) ?? [];
    const isTime = day !== undefined;
    const text = isTime ? `${year}-${month}-${day}T${clock},${device},${value.replace(",", ".")},,0\n` : "-\n";
    this.#rows = Buffer.concat([this.#rows, Buffer.from(text, "latin1")]);
    this.#rowLine++;
    const reason = isTime ? null : TIMESTAMP_INVALID;
    this.#origins.set(this.#rowLine, { line: this.#line, byteOffset: this.#restOffset, bytes, reason });
  }

  check(): void {}

  originOf(reason: number, line: number): Origin {
    const origin = this.#origins.get(line);
    if (origin === undefined) throw new Error(`no row was made on line ${line}`);
    const { bytes } = origin;
    return { ...origin, reason: origin.reason ?? reason, b: bytes, from: 0, to: bytes.length };
  }

  measureAt(): number {
    return -1;
  }

  measureName(): string {
    return "";
  }

  close(): void {}

  digest(): string {
    return this.#hash.digest("hex");
  }
}

const open: OpenRows = (_key, pull, arena) => new SemicolonRows(pull, arena);

export const semicolons: SampleSource = {
  open,
  lines: [
    "01.02.2025 10:00;A;21,5",
    "01.02.2025 10:01;B;-3",
    "01.02.2025 10:02;B;-",
    "yesterday;B;7",
    "01.02.2025 10:03;A;warm",
  ],
  wanted: {
    text: "01.02.2025 10:00;A;21,5\n01.02.2025 10:01;B;-\nyesterday;B;7\n01.02.2025 10:03;A;warm\n01.02.2025 10:04;A;-1,25",
    silver: "timestamp,device_id,value,unit,anomaly_score\n2025-02-01T10:00,A,21.5,,0\n2025-02-01T10:04,A,-1.25,,0\n",
    rejects: [
      [3, "timestamp_invalid", "yesterday;B;7"],
      [4, "value_invalid", "01.02.2025 10:03;A;warm"],
    ],
    absent: 1,
  },
};
