import type { Pull, SourceObject } from "../pipeline/source.ts";
import { encodingOf, UTF_8 } from "./charset/encodings.ts";
import { createClock, keepsIso, type TimestampFormat } from "./fields/clock.ts";
import type { Frame } from "./frames/frame.ts";
import { JsonFrame } from "./frames/json.ts";
import { LineFrame } from "./frames/line-protocol.ts";
import { SENML_TIME, SENML_VALUE, SenmlFrame } from "./frames/senml.ts";
import { keyPart } from "./key-part.ts";
import type { MadeRows } from "./made-rows.ts";
import { recordsAreMeasures } from "./measures.ts";
import type { OpenOptions } from "./open-options.ts";
import { parsePath } from "./path.ts";
import type { ReadingPlan } from "./plan.ts";
import { planReading, type SourceColumns } from "./plan-reading.ts";
import { RecordMaker } from "./record-maker.ts";
import { RecordRuns } from "./record-runs.ts";
import type { Stamps } from "./stamp.ts";
import type { Contract } from "./vocabulary.ts";

/** Of the member that a record stands in: no path is called so. */
const MEMBER = "\0member";
/** Of formats that have UTC as their own. */
const ISO: TimestampFormat = { format: "iso", zone: "UTC", ambiguous: "order" };

/** Opens the frame and the maker of a source whose records say themselves what is where. */
export function openRecords(object: SourceObject, pull: Pull, options: OpenOptions) {
  const { contract, zones, maxRowBytes, kernel } = options;
  const { format, reading } = contract;
  const names: string[] = [];
  const plan = planOf(object.key, contract, names);
  const leaves = reading.value !== undefined && "pattern" in reading.value;
  const frame = frameOf(object, pull, contract, names, leaves, maxRowBytes);
  const timestamp =
    format.type === "influx" ? { ...ISO, format: `unix:${format.precision}` } : (reading.timestamp ?? ISO);
  const maker = (made: MadeRows) => {
    const isRunnable = frame instanceof JsonFrame && kernel != null && mayRun(contract, plan) && !made.asksMeasures;
    const runs = isRunnable
      ? (stamps: Stamps) => new RecordRuns({ kernel, lines: frame.lines, frame, made, plan, stamps })
      : null;
    return new RecordMaker(frame, made, plan, (deviceOf) => createClock(timestamp, zones, deviceOf), runs);
  };
  return { frame, maker };
}

/** Whether what a record says is what stands in its rows. */
function mayRun({ format, reading }: Contract, plan: ReadingPlan): boolean {
  if (format.type !== "ndjson" || encodingOf(format.encoding) !== UTF_8) return false;
  const { timestamp } = reading;
  if (timestamp === undefined || !("column" in timestamp) || !keepsIso(timestamp)) return false;
  // A text that stands for no value may be a number, too.
  return plan.keep === null && ![...plan.missing].some((text) => /^[-\d]/.test(text));
}

/** What becomes of columns that nobody has looked for yet: each has a number when it is asked for, by its place in `names`. */
function planOf(key: string, contract: Contract, names: string[]): ReadingPlan {
  const { format, reading } = contract;
  const find = (name: string) => {
    const known = names.indexOf(name);
    return known < 0 ? names.push(name) - 1 : known;
  };
  const isMember = "records" in format && recordsAreMeasures(format.records);
  const columns: SourceColumns = {
    find,
    names: null,
    unitOf: () => "",
    named: (name) => keyPart(key, contract, name),
    member: isMember ? find(MEMBER) : null,
    withoutUnit: () => {},
  };
  if (format.type !== "senml") return planReading(contract, columns);
  names.push("name", "time", "value", "unit");
  const own = { value: { column: "value" }, unit: { column: "unit" }, timestamp: { column: "time", ...ISO } } as const;
  const plan = planReading({ ...contract, reading: { ...reading, ...own } }, columns);
  return { ...plan, timestamp: [SENML_TIME], measures: plan.measures.map((one) => ({ ...one, column: SENML_VALUE })) };
}

function frameOf(
  { key, arrival }: SourceObject,
  pull: Pull,
  { format }: Contract,
  names: readonly string[],
  leaves: boolean,
  maxRecordBytes: number,
): Frame {
  if (format.type === "senml") return new SenmlFrame(key, pull, { arrival, maxRecordBytes });
  if (format.type === "influx") return new LineFrame(key, pull, { columns: names, leaves, maxRecordBytes });
  if (format.type === "csv") throw new Error("delimited text is opened elsewhere");
  return new JsonFrame(key, pull, {
    lines: format.type === "ndjson",
    records: format.records === undefined ? null : pathOf(format.records),
    columns: names.map((name) => (name === MEMBER ? "member" : pathOf(name))),
    ...{ leaves, maxRecordBytes },
  });
}

/** Of a path that `checks/` has looked at. */
function pathOf(text: string) {
  const path = parsePath(text);
  if (path === null) throw new Error(`${text} is no path`);
  return path;
}
