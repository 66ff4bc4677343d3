import type { Origin } from "./source.ts";

export const REJECTS_HEADER = "line,byte_offset,column,reason,message,row";

/** Why a row is no reading. */
export const STRAY_QUOTE = 1;
export const FIELD_COUNT = 2;
export const TIMESTAMP_INVALID = 3;
export const DEVICE_ID_INVALID = 4;
export const VALUE_INVALID = 5;
export const SCORE_INVALID = 6;
export const SCORE_OUT_OF_RANGE = 7;
export const HEADER_REPEATED = 8;
/** Of some reasons, what is seen most often. */
export const FIELDS_MORE = 9;
export const VALUE_COMMA = 10;
export const SCORE_COMMA = 11;
/** Of a source that a contract describes. */
export const TIMESTAMP_FORMAT = 12;
export const TIMESTAMP_NONEXISTENT = 13;
export const TIMESTAMP_AMBIGUOUS = 14;
export const JSON_INVALID = 15;
export const KEY_TWICE = 16;
export const RECORD_MISSING = 17;
export const LINE_INVALID = 18;
export const SENML_INVALID = 19;
export const UNIT_MISSING = 20;
/** Of a rule of the contract: the origin of the row says of which. */
export const OUT_OF_RANGE = 21;
export const RECORD_TOO_LARGE = 22;

const DECIMAL_COMMA = "a decimal comma: write a point as in 21.5";

interface RejectReason {
  readonly column: string;
  readonly reason: string;
  readonly message: string;
}

/** By reason number. The messages hold no cell value and need no quoting. */
export const REASONS: readonly RejectReason[] = [
  { column: "", reason: "", message: "" },
  {
    column: "",
    reason: "stray_quote",
    message: "a quote inside an unquoted field or text after a closing quote",
  },
  { column: "", reason: "field_count", message: "not as many fields as the header has" },
  {
    column: "timestamp",
    reason: "timestamp_invalid",
    message: "not an ISO 8601 date-time of a real calendar date nor an epoch of 10 or 13 digits",
  },
  { column: "device_id", reason: "device_id_invalid", message: "not 1 to 256 bytes long without blanks around it" },
  {
    column: "value",
    reason: "value_invalid",
    message: "not a decimal such as -12.5 or 1e3 of magnitude at most 1e100",
  },
  { column: "anomaly_score", reason: "anomaly_score_invalid", message: "not a decimal such as 0.25" },
  { column: "anomaly_score", reason: "anomaly_score_out_of_range", message: "not between 0 and 1" },
  { column: "", reason: "header_repeated", message: "the header again" },
  {
    column: "",
    reason: "field_count",
    message: "more fields than the header has: a decimal comma or a text with a comma and no quotes",
  },
  { column: "value", reason: "value_invalid", message: DECIMAL_COMMA },
  { column: "anomaly_score", reason: "anomaly_score_invalid", message: DECIMAL_COMMA },
  {
    column: "timestamp",
    reason: "timestamp_invalid",
    message: "not of the format that the contract says or of no real date",
  },
  {
    column: "timestamp",
    reason: "timestamp_nonexistent",
    message: "a local time that its zone skipped when the clocks were put forward",
  },
  {
    column: "timestamp",
    reason: "timestamp_ambiguous",
    message: "a local time that was there twice and nothing tells which: see ambiguous in the contract",
  },
  {
    column: "",
    reason: "json_invalid",
    message: "no valid JSON document or one of more than 128 levels or 65536 members",
  },
  {
    column: "",
    reason: "key_twice",
    message: "a name that the contract asks for stands twice: nothing tells which holds",
  },
  { column: "", reason: "record_missing", message: "no object or list where the contract has records" },
  { column: "", reason: "line_invalid", message: "not a point of InfluxDB's line protocol" },
  {
    column: "",
    reason: "senml_invalid",
    message:
      "not a record of SenML: a label of another type or a name with other characters or no one value that can be added up",
  },
  { column: "unit", reason: "unit_missing", message: "of a device that no pattern of the contract names" },
  { column: "value", reason: "out_of_range", message: "outside of the bounds of a rule" },
  {
    column: "",
    reason: "record_too_large",
    message:
      "what goes along with its readings is repeated in each of them and takes more than 64 MiB: carry less or split the record",
  },
];

/** What a reason, by its name, says is wrong with a row; null for a name that is none. Of some there are several, told apart by their message. */
export function reasonText(name: string, said = ""): string | null {
  const named = REASONS.filter(({ reason }) => reason !== "" && reason === name);
  const found = named.find(({ message }) => message === said) ?? named[0];
  if (found === undefined) return null;
  return found.column === "" ? found.message : `${found.column} is ${found.message}`;
}

/** Longer rows are copied at once where nothing in them is quoted. */
const COPIED_BYTES = 256;
const MIN_BYTES = 16 * 1024;
/** How often the bytes of one record are written, where each of its readings is rejected by itself; then they are left out. */
const MAX_REPEATED = 8;

/** Rejected rows on their way into `<path>.rejects.csv`: a buffer that grows with what one slice of input rejects. */
export class RejectsBuffer {
  /** Most batches have no rejects. */
  #bytes = Buffer.alloc(0);
  #length = 0;
  #lastOffset = -1;
  #repeated = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds a row: its first physical line, its offset in the file, and its bytes as they were, quoted (RFC 4180 §2.7). */
  add(origin: Origin): void {
    const { reason, line, byteOffset, b, from, rule } = origin;
    // A long record of many measures would be written once for each of them.
    this.#repeated = byteOffset === this.#lastOffset ? this.#repeated + 1 : 0;
    this.#lastOffset = byteOffset;
    const to = this.#repeated < MAX_REPEATED ? origin.to : from;

    const { column, reason: name, message } = REASONS[reason];
    const said = rule === undefined ? message : `"${rule.replaceAll('"', '""')}"`;
    const front = `${line},${byteOffset},${column},${name},${said},"`;
    this.#reserve(3 * front.length + 2 * (to - from) + 2);
    const out = this.#bytes;
    let n = this.#length + out.write(front, this.#length, "utf8");
    const row = to - from > COPIED_BYTES ? b.subarray(from, to) : null;
    if (row !== null && !row.includes(34)) {
      out.set(row, n);
      n += row.length;
    } else {
      for (let p = from; p < to; p++) {
        if (b[p] === 34) out[n++] = 34;
        out[n++] = b[p];
      }
    }
    out[n++] = 34;
    out[n++] = 10;
    this.#length = n;
  }

  /** What was added since the last call; valid until the next `add`. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(MIN_BYTES, this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
