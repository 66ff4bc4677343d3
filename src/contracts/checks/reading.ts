import { quote } from "../../errors.ts";
import type { KnownNames } from "../known.ts";
import { measuresOf, recordsAreMeasures } from "../measures.ts";
import type { Reading, SourceFormat } from "../vocabulary.ts";
import { checkColumns } from "./columns.ts";
import { checkDevice } from "./device.ts";
import type { Report } from "./report.ts";
import { checkTime } from "./time.ts";

/** What a format says by itself, so that a contract cannot. */
const OWN: Readonly<Record<SourceFormat["type"], readonly (keyof Reading)[]>> = {
  csv: [],
  json: [],
  ndjson: [],
  influx: ["timestamp"],
  senml: ["timestamp", "value", "unit", "keep"],
};
const NEEDED = ["timestamp", "device_id", "value"] as const;

/** What the parts of `reading` say about one another and about the format. */
export function checkReading(format: SourceFormat, reading: Reading, known: KnownNames, report: Report): void {
  const own = OWN[format.type];
  for (const key of own) {
    if (reading[key] !== undefined) report(["reading", key], `is what ${format.type} says itself`, "nothing here");
  }
  if (format.type === "senml") {
    checkSenml(reading, report);
    checkDevice(format, reading, report);
    return;
  }
  if (isOfDataContract(format, reading)) return;
  for (const key of NEEDED) {
    if (reading[key] === undefined && !own.includes(key)) report(["reading", key], "is missing", FORMS[key]);
  }
  if (reading.timestamp !== undefined && !own.includes("timestamp")) checkTime(reading.timestamp, known, report);
  checkColumns(format, reading, report);
  checkDevice(format, reading, report);
  checkMeasures(format, reading, report);
  checkUnit(format, reading, report);
}

/** CSV of which nothing is said: its columns are those of the data contract, and there are only rules to add. */
export function isOfDataContract(format: SourceFormat, reading: Reading): boolean {
  if (format.type !== "csv") return false;
  const { anomaly_score, carry, ...rest } = reading;
  const isScoreless = "constant" in anomaly_score && anomaly_score.constant === 0;
  return isScoreless && carry.length === 0 && Object.values(rest).every((part) => part === undefined);
}

/** The dialect of the data contract is given; `written` are the keys of the format that stand in the file. */
export function checkDataContract(
  format: SourceFormat,
  reading: Reading,
  written: ReadonlySet<string>,
  report: Report,
): void {
  if (!isOfDataContract(format, reading)) return;
  for (const key of written) {
    if (key === "type") continue;
    report(["format", key], "stands beside no reading", "nothing here for the data contract's CSV, or say the reading");
  }
}

const FORMS: Readonly<Record<(typeof NEEDED)[number], string>> = {
  timestamp: "an object with one of column, columns",
  device_id: "an object with one of column, constant, template",
  value: "an object with one of column, measures, pattern",
};

function checkSenml({ device_id, anomaly_score, carry }: Reading, report: Report): void {
  const only = (key: string, allowed: string) =>
    report(["reading", key], "names a column, and SenML has none", allowed);
  if (device_id !== undefined && "column" in device_id) only("device_id", 'a template: { "template": "{name}" }');
  if ("column" in anomaly_score) only("anomaly_score", "a constant");
  if (carry.length > 0) only("carry", "nothing here");
}

function checkMeasures(format: SourceFormat, reading: Reading, report: Report): void {
  const at = ["reading", "value"];
  if (reading.value === undefined) return;
  if ("records" in format && recordsAreMeasures(format.records) && !("column" in reading.value)) {
    report(at, `names measures, and so does ${quote(format.records ?? "")}`, "a column, or records without *");
  }
  const measures = measuresOf({ format, reading });
  if (measures === null) return;
  if (measures.size === 0) report([...at, "measures"], "is empty", "one column at least");
  const columnOf = new Map<string, string>();
  for (const [column, name] of measures) {
    const other = columnOf.get(name);
    if (other === undefined) columnOf.set(name, column);
    else
      report(
        [...at, "measures", column],
        `is called ${quote(name)} as ${quote(other)} is`,
        'another name: { "as": "…" }',
      );
  }
}

/** Every reading has a unit. */
function checkUnit(format: SourceFormat, { value, unit }: Reading, report: Report): void {
  if (unit !== undefined) {
    if ("from" in unit) checkUnitFrom(format, unit, report);
    return;
  }
  if (value === undefined) return;
  const forms = "an object with one of column, constant, from, byDevice";
  if (!("measures" in value)) report(["reading", "unit"], "is missing", forms);
  for (const [column, measure] of Object.entries("measures" in value ? value.measures : {})) {
    if (measure.unit !== undefined) continue;
    report(["reading", "value", "measures", column, "unit"], "is missing", `a unit, or reading.unit: ${forms}`);
  }
}

type UnitFrom = Extract<Reading["unit"], { from: unknown }>;

function checkUnitFrom(format: SourceFormat, unit: UnitFrom, report: Report): void {
  const at = ["reading", "unit"];
  if (format.type !== "csv") {
    report([...at, "from"], `is ${quote(unit.from)}, which only CSV has`, "a column, constant or byDevice");
  } else if (unit.from === "unitsRow") {
    if (format.unitsRow === undefined) report(["format", "unitsRow"], "is missing", "the line of the units, 1 to 1000");
    for (const key of ["after", "before"] as const) {
      if (unit[key] !== undefined) report([...at, key], "is for the header's text only", "nothing here");
    }
  } else {
    if (!format.header) report([...at, "from"], 'is "header", and there is none', "a constant or column");
    if (unit.after === undefined) report([...at, "after"], "is missing", "the text in front of the unit: , or (");
  }
}
