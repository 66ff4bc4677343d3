import { type Clock, createClock } from "../../../src/contracts/fields/clock.ts";
import { moveDigits } from "../../../src/contracts/fields/digits.ts";
import { roomForTimestamp } from "../../../src/contracts/fields/instant-writer.ts";
import { DelimitedFrame, END, ROW } from "../../../src/contracts/frames/delimited.ts";
import { measureName } from "../../../src/contracts/measures.ts";
import { parsePath } from "../../../src/contracts/path.ts";
import { parseTemplate } from "../../../src/contracts/template.ts";
import type { Contract, CsvFormat } from "../../../src/contracts/vocabulary.ts";
import { epochMillis } from "../../../src/pipeline/timestamp.ts";
import { known } from "../contracts.ts";
import { pullOf } from "../pulls.ts";

/**
 * What a contract reads of a source, for comparing contracts: each reading as `instant device number unit`. Written for the
 * sake of it, simply and slowly, for CSV and JSON only; what is no reading is passed over.
 */
export async function readingsBy(contract: Contract, source: Uint8Array): Promise<string[]> {
  const { format } = contract;
  const records = format.type === "csv" ? await csvRecords(format, source) : jsonRecords(contract, source);
  let device = "";
  const clock = createClock(contract.reading.timestamp!, known.zones, () => device);
  const missing: readonly string[] = "missingValues" in format ? format.missingValues : [];
  const style = {
    decimalChar: (format.type === "csv" ? format.decimalChar : ".").charCodeAt(0),
    groupChar: Buffer.from(format.type === "csv" ? format.groupChar : ""),
  };
  return records.flatMap((record) => {
    const values = valuesOf(contract, record);
    device = idOf(contract, record, values[0]?.as ?? "");
    const { keep } = contract.reading;
    if (keep !== undefined && !keep.in.includes(record.get(keep.column))) return [];
    const time = instantOf(contract, record, clock);
    return values.flatMap(({ column, as, unit }) => {
      const cell = record.get(column);
      const b = Buffer.from(cell);
      const out = Buffer.alloc(b.length + 1);
      const end = cell === "" || missing.includes(cell) ? -1 : moveDigits(b, 0, b.length, style, out, 0);
      const id = idOf(contract, record, as);
      if (end < 0 || Number.isNaN(time)) return [];
      return [[time, id, Number(out.toString("latin1", 0, end)), unit(id, record)].join(" ")];
    });
  });
}

/** The readings that a `readings.csv` has, in the same words. */
export function statedReadings(csv: string): string[] {
  const lines = csv.trim().split("\n").slice(1);
  return lines.map((line) => {
    const [, time, quoted, plain, value, unit] = /^([^,]+),(?:"([^"]+)"|([^,]*)),([^,]+),(.*)$/.exec(line) ?? [];
    return [epochMillis(Buffer.from(time), 0, time.length), quoted ?? plain, Number(value), unit].join(" ");
  });
}

interface Record {
  get(column: string): string;
  units: ReadonlyMap<string, string>;
  cells: ReadonlyMap<string, string>;
}

async function csvRecords(format: CsvFormat, source: Uint8Array): Promise<Record[]> {
  const text = new TextDecoder(format.encoding).decode(source);
  const last = Math.max(0, ...(format.header ? format.headerRows : []));
  const named = [...format.headerRows, ...(format.unitsRow === undefined ? [] : [format.unitsRow])];
  const above = Array.from({ length: last }, (_, i) => i + 1).filter((line) => !named.includes(line));
  const dialect = {
    delimiter: format.delimiter.charCodeAt(0),
    headerRows: format.header ? format.headerRows : [],
    unitsRow: format.unitsRow ?? 0,
    commentRows: [...new Set([...above, ...format.commentRows])],
    commentChar: format.commentChar === "" ? 0 : format.commentChar.charCodeAt(0),
  };
  const frame = new DelimitedFrame("source", pullOf(Buffer.from(text)), dialect, 1e6);
  const lines = text.split(/\r?\n/);
  const cells = new Map(
    Object.entries(format.cells).map(([name, { row, field }]) => [
      name,
      lines[row - 1].split(format.delimiter)[field - 1].replaceAll('"', ""),
    ]),
  );
  const records: Record[] = [];
  for (let state = frame.next(); state !== END; state = frame.next()) {
    if (state !== ROW) {
      await frame.fill();
      continue;
    }
    const rows = frame.header;
    const names = format.header
      ? rows[0].map((_, i) => rows.flatMap((row) => (row[i] === "" ? [] : [row[i]])).join(" "))
      : format.names!;
    const row = frame.cells();
    if (frame.isEmpty() || row.length !== names.length || row.every((cell, i) => cell === names[i])) continue;
    const units = new Map(names.map((name, i) => [name, frame.units[i] ?? ""]));
    records.push({ units, cells, get: (column) => row[names.indexOf(column)] });
  }
  return records;
}

function jsonRecords({ format }: Contract, source: Uint8Array): Record[] {
  const text = new TextDecoder().decode(source);
  const lines = format.type === "ndjson" ? text.split("\n").filter((line) => line.trim() !== "") : [text];
  const path = "records" in format && format.records !== undefined ? parsePath(format.records) : null;
  return lines.flatMap((line) => {
    const root = JSON.parse(line);
    let found = [root];
    for (const step of path?.steps ?? [])
      found = found.flatMap((one) => (step === null ? Object.values(one) : [one[step]]));
    return found.flat().map((record) => ({
      ...{ units: new Map<string, string>(), cells: new Map<string, string>() },
      get: (column: string) => {
        const { fromRoot, steps } = parsePath(column)!;
        const at = steps.reduce<unknown>(
          (value, step) => (value as { [key: string]: unknown } | null | undefined)?.[step!],
          fromRoot ? root : record,
        );
        return at === undefined || at === null ? "" : String(at);
      },
    }));
  });
}

function instantOf({ reading }: Contract, record: Record, clock: Clock): number {
  const { timestamp } = reading;
  const columns = "columns" in timestamp! ? timestamp.columns : [timestamp!.column];
  const b = Buffer.from(columns.map((column) => record.get(column)).join(" "));
  const out = Buffer.alloc(roomForTimestamp(b.length));
  const end = clock.write(b, 0, b.length, out, 0);
  return end < 0 ? Number.NaN : epochMillis(out, 0, end);
}

function idOf({ reading, name }: Contract, record: Record, measure: string): string {
  const device = reading.device_id!;
  if ("constant" in device) return device.constant;
  if ("column" in device) return replaced(record.get(device.column), device.replace);
  const parts = parseTemplate(device.template)!.map((part) => {
    if (typeof part === "string") return part;
    if (part.name === "measure") return measure;
    return part.name === "file" ? name : (record.cells.get(part.name) ?? record.get(part.name));
  });
  return replaced(parts.join(""), device.replace);
}

function replaced(id: string, by: { readonly [text: string]: string }): string {
  return Object.entries(by).reduce((text, [from, to]) => text.replaceAll(from, to), id);
}

interface Value {
  readonly column: string;
  readonly as: string;
  readonly unit: (id: string, record: Record) => string;
}

function valuesOf({ reading, format }: Contract, record: Record): Value[] {
  const { value, unit } = reading;
  const unitOf = (column: string, own?: string) => (id: string, of: Record) => {
    if (own !== undefined) return own;
    if (unit === undefined) return "";
    if ("constant" in unit) return unit.constant;
    if ("column" in unit) return of.get(unit.column);
    if ("byDevice" in unit) return unit.byDevice.find(({ devices }) => fits(devices, id))?.unit ?? "";
    if (unit.from === "unitsRow") return of.units.get(column) ?? "";
    const rest = column.slice(column.indexOf(unit.after!) + unit.after!.length);
    return unit.before === undefined ? rest : rest.slice(0, rest.indexOf(unit.before));
  };
  if ("column" in value!) return [{ column: value.column, as: "", unit: unitOf(value.column) }];
  if ("pattern" in value!) {
    const taken = [
      ...reading.carry,
      ...(reading.timestamp && "column" in reading.timestamp ? [reading.timestamp.column] : []),
    ];
    const columns = [...record.units.keys()].filter(
      (one) => !taken.includes(one) && !value.except.some((glob) => fits(glob, one)),
    );
    return columns.map((column) => ({ column, as: column, unit: unitOf(column) }));
  }
  return Object.entries(value!.measures).map(([column, { as, unit: own }]) => ({
    column,
    as: as ?? measureName(column, format, unit),
    unit: unitOf(column, own),
  }));
}

function fits(glob: string, text: string): boolean {
  const pattern = glob
    .replace(/[^*?]/g, (c) => c.replace(/[\\^$.|+()[\]{}]/, "\\$&"))
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`, "s").test(text);
}
