import { createHash } from "node:crypto";
import { parse } from "csv-parse/sync";
import { run } from "../../src/engine/run.ts";
import { outputKeys, pathOf } from "../../src/ledger/layers.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import type { Snapshot } from "../../src/tables/delta/state.ts";
import { openParquet } from "../../src/tables/parquet/read.ts";
import { TableColumns } from "../../src/tables/readings/columns.ts";
import type { SyncContext } from "../../src/tables/readings/sync-types.ts";
import { createLake, keysOf, textOf } from "../pipeline/lake.ts";

/** What the tests of tables need: a table's rows and those of the CSV layers, read by different code, in one form. */

export const TABLE = "tables/readings/";

/** How often a new id was asked for: every id is another, and the same run gives the same. */
let ids = 0;

/** As the command line sees a lake, at the beginning of time: objects of a lake in memory are a few milliseconds old. */
export function syncContext(storage: LakeStorage): SyncContext {
  const newId = () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`;
  return { storage, code: "test", now: () => 0, settings: DEFAULT_SETTINGS, newId };
}

/** All there is to do of the two functions that objects start. */
export async function runAll(storage: LakeStorage, anomalyThreshold = 0.5, reprocess?: string): Promise<void> {
  await run(createLake({ anomalyThreshold }, storage), { concurrency: 2, reprocess });
}

/** A row of the table as text: columns in the order of docs/tables.md, carried ones by their name in the source. */
export type RowText = string;

/** The rows of a table, sorted. */
export async function rowsOfTable(storage: LakeStorage): Promise<RowText[]> {
  const snapshot = await readSnapshot(storage, TABLE);
  return snapshot === null ? [] : rowsOfSnapshot(storage, snapshot);
}

async function rowsOfSnapshot(storage: LakeStorage, snapshot: Snapshot): Promise<RowText[]> {
  const rows: RowText[] = [];
  const { carried } = new TableColumns(snapshot.metadata);
  for (const [path, { size, partitionValues }] of snapshot.files) {
    const file = await openParquet(storage, `${TABLE}${path}`, size);
    for (const group of file.groups) {
      const values = new Map<string, ArrayLike<unknown>>();
      for (const name of file.columns) values.set(name, await file.read(name, group));
      for (let i = 0; i < group.end - group.start; i++) {
        const of = (name: string) => values.get(name)?.[i];
        const more = carried.flatMap(({ name, source }) => {
          const text = of(name);
          return text === null || text === undefined ? [] : [[source, text]];
        });
        rows.push(
          rowText({
            date: partitionValues.date ?? null,
            time: `${new Date(Number((of("timestamp") as bigint) / 1000n)).toISOString()}`,
            nanos: of("nanos"),
            device: of("device_id"),
            value: of("value"),
            unit: of("unit"),
            score: of("anomaly_score"),
            anomaly: of("anomaly"),
            batch: of("batch"),
            more: more.sort(),
          }),
        );
      }
    }
  }
  return rows.sort();
}

export function rowText(row: Record<string, unknown>): RowText {
  return JSON.stringify(row);
}

/** The rows of silver and anomalies, read by another CSV parser, sorted. Silver that nobody has split is judged by 0.5. */
export async function rowsOfLayers(storage: LakeStorage): Promise<RowText[]> {
  const rows: RowText[] = [];
  for (const key of await keysOf(storage, "silver/")) {
    const odd = await textOf(storage, outputKeys(key).anomalies);
    const own = (await textOf(storage, key)) ?? "";
    const isSplit = odd !== null || (await storage.head(key))?.metadata != null;
    rows.push(...rowsOfCsv(own, pathOf(key), (score) => !isSplit && score > 0.5));
    if (odd !== null) rows.push(...rowsOfCsv(odd, pathOf(key), () => true));
  }
  return rows.sort();
}

function rowsOfCsv(text: string, batch: string, isAnomaly: (score: number) => boolean): RowText[] {
  const [names, ...records]: string[][] = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true });
  const at = (name: string) => names.findIndex((one) => one.trim() === name);
  const known = ["timestamp", "device_id", "value", "unit", "anomaly_score"];
  return records.map((cells) => {
    const of = (name: string) => cells[at(name)].trim();
    const { time, nanos } = timeOf(of("timestamp"));
    const score = Number(of("anomaly_score")) + 0;
    const more = names.flatMap((name, i) => (known.includes(name.trim()) ? [] : [[name.trim(), cells[i]]]));
    const [date] = /^\d{4}-\d\d-\d\d/.exec(time) ?? [null];
    return rowText({
      date: date?.startsWith("0000") ? null : date,
      time,
      nanos,
      device: of("device_id"),
      value: Number(of("value")) + 0,
      unit: of("unit"),
      score,
      anomaly: isAnomaly(score),
      batch,
      more: more.sort(),
    });
  });
}

/** By Date, with the digits that it does not know beside it. */
function timeOf(text: string): { time: string; nanos: number } {
  if (/^\d{10}$/.test(text)) return { time: new Date(Number(text) * 1000).toISOString(), nanos: 0 };
  if (/^\d{13}$/.test(text)) return { time: new Date(Number(text)).toISOString(), nanos: 0 };
  const [, whole, fraction = "", zone = ""] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-][\d:]+)?$/.exec(text) ?? [];
  const digits = fraction.padEnd(9, "0").slice(0, 9);
  const offset = zone === "" || zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}`;
  const seconds = whole.length === 16 ? `${whole}:00` : whole;
  const date = new Date(`${seconds.replace(" ", "T")}.${digits.slice(0, 3)}${offset}`);
  return { time: date.toISOString(), nanos: Number(digits.slice(3)) };
}

/** A hash over rows that are sorted. */
export function hashOf(rows: readonly RowText[]): string {
  const hash = createHash("sha256");
  for (const row of rows) hash.update(`${row}\n`);
  return hash.digest("hex");
}
