import { END, NONE, ROW, TEXT } from "../../contracts/frames/frame.ts";
import { SENML_NAME, SENML_TIME, SENML_UNIT, SENML_VALUE, SenmlFrame } from "../../contracts/frames/senml.ts";
import { hasCode, messageOf } from "../../errors.ts";
import { TIMESTAMP_FORMAT } from "../../pipeline/rejects.ts";
import { ReadingsSize } from "./body.ts";
import type { OnCells } from "./json.ts";
import { type Cells, type NoReading, noReading } from "./reading.ts";

/** What a record has instead of a value that is a number, by its label. */
const NO_NUMBERS: Readonly<Record<string, string>> = {
  vs: "a text (vs)",
  vb: "a boolean (vb)",
  vd: "data (vd)",
  s: "a sum (s) alone",
};
const TIME: NoReading = { reason: "timestamp_invalid", message: "its time has no year of four digits" };

/**
 * Reads packs of SenML (RFC 8428), whose names are devices; times that count from now do so from `arrival`. What states bases only is
 * no record. Returns what is wrong where it is no SenML, with nothing to be kept of it; null otherwise. Throws `BadRequest` where its
 * readings are too many.
 */
export function readSenml(bytes: Buffer, onCells: OnCells, arrival: string): string | null {
  let at = 0;
  const pull = (into: Uint8Array) => {
    const count = bytes.copy(into, 0, at);
    at += count;
    return count;
  };
  const frame = new SenmlFrame("", pull, { arrival: () => Date.parse(arrival), maxRecordBytes: bytes.length });
  const size = new ReadingsSize();
  try {
    for (let found = frame.next(); found !== END; found = frame.next()) {
      if (found !== ROW) {
        void frame.fill();
        continue;
      }
      const cells = readingOf(frame, size);
      if (cells !== null) onCells(cells);
    }
    return null;
  } catch (error) {
    if (!hasCode(error, "source_invalid")) throw error;
    return `this is not SenML: ${whyOf(messageOf(error))}`;
  }
}

/** Null for a record that only states bases. */
function readingOf(frame: SenmlFrame, size: ReadingsSize): Cells | NoReading | null {
  const { reason } = frame;
  if (reason !== 0) return reason === TIMESTAMP_FORMAT ? TIME : noReading(reason);
  const kind = frame.look(SENML_VALUE);
  if (kind !== TEXT) return whyNoNumber(frame, kind);
  const value = textOf(frame);
  const [timestamp, device, unit] = [SENML_TIME, SENML_NAME, SENML_UNIT].map((column) =>
    frame.look(column) === NONE ? "" : textOf(frame),
  );
  size.add(timestamp, device, value, unit);
  return [timestamp, device, value, unit, undefined];
}

function whyNoNumber(frame: SenmlFrame, kind: number): NoReading | null {
  const labels = Object.keys(JSON.parse(frame.b.toString("utf8", frame.start, frame.end)));
  if (kind === NONE && labels.every((label) => label.startsWith("b"))) return null;
  const label = labels.find((one) => Object.hasOwn(NO_NUMBERS, one));
  const what = label === undefined ? "no value (v)" : NO_NUMBERS[label];
  return { reason: "value_invalid", message: `it has ${what}, and a reading is a number (v)` };
}

function textOf({ cell, from, to }: SenmlFrame): string {
  return cell.toString("utf8", from, to);
}

/** What a file is refused with, as what is said of a request. */
function whyOf(message: string): string {
  return message
    .replace(/^Cannot read "": /, "")
    .replace(/(?: Mend it\.)? Fetch it again .*$/, "")
    .replace(/\.$/, "");
}
