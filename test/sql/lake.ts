import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openQuery, type QueryOptions } from "../../src/sql/query.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { put } from "../pipeline/lake.ts";
import { runAll, syncContext } from "../tables/table.ts";

/** What the tests of SQL ask: a small lake on disk whose answers can be reckoned by hand. */

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-sql-test-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
let folders = 0;

/** A new empty folder. */
export function newFolder(name = "lake"): string {
  const folder = join(home, String(++folders), name);
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

const HEADER = "timestamp,device_id,value,unit,anomaly_score";

/** Three days of three devices; the second batch carries a column, and has a row that is no reading. */
export const SOURCES: Readonly<Record<string, string>> = {
  "day-1.csv": [
    HEADER,
    "2025-01-01T00:00:00Z,FAB-TEM-001,20,C,0.1",
    "2025-01-01T00:30:00Z,FAB-TEM-001,21,C,0.1",
    "2025-01-01T01:00:00.250Z,FAB-TEM-001,40,C,0.9",
    "2025-01-01T00:10:00Z,FAB-HUM-001,50.5,%,0.2",
    "2025-01-01T23:30:00Z,FAB-HUM-001,51.5,%,0.3",
    "",
  ].join("\n"),
  "day-2.csv": [
    `${HEADER},site`,
    "2025-01-02T00:00:00Z,FAB-TEM-001,22,C,0.1,north",
    "2025-01-02T06:00:00Z,FAB-TEM-001,23,C,0.2,",
    "2025-01-02T00:00:00Z,FAB-VIB-001,0.25,mm/s,0.7,south",
    "2025-01-02T00:00:00Z,FAB-VIB-001,0.25,mm/s,0.7,south",
    "2025-01-02T00:00:09Z,FAB-VIB-001,1_0,mm/s,0.1,south",
    "",
  ].join("\n"),
  "day-3.csv": [
    HEADER,
    "2025-01-03T12:00:00Z,FAB-HUM-001,49,%,0.1",
    "2025-01-03T12:00:00Z,FAB-VIB-001,0.5,,0.1",
    "",
  ].join("\n"),
};

/** A lake with these sources, processed, in a folder of its own. */
export async function lakeOf(sources: Readonly<Record<string, string>> = SOURCES, folder = newFolder()) {
  const storage = openStorage(folder);
  for (const [name, text] of Object.entries(sources)) await put(storage, `bronze/${name}`, text);
  await runAll(storage);
  return { folder, storage };
}

/** The same, and its table, a commit for each source. */
export async function tableLakeOf(sources = SOURCES, folder = newFolder()) {
  const storage = openStorage(folder);
  let time = Date.parse("2025-02-01T00:00:00Z");
  for (const [name, text] of Object.entries(sources)) {
    await put(storage, `bronze/${name}`, text);
    await runAll(storage);
    time += 3_600_000;
    await syncReadings({ ...syncContext(storage), now: () => time });
  }
  return { folder, storage };
}

/** Rows of an answer, values as the engine gives them but for times and whole numbers, which are texts and numbers. */
export async function ask(storage: LakeStorage, sql: string, options: Partial<QueryOptions> = {}) {
  const odd: string[] = [];
  const query = await openQuery({
    sql,
    source: { storage, failures: null, onOdd: (key) => odd.push(key), stopped: () => false },
    memory: "256MB",
    cache: { folder: newFolder("cache"), limit: 1e9 },
    ...options,
  });
  try {
    const { jsonDocumentOf } = await import("../../src/sql/output/json.ts");
    let text = "";
    for await (const some of jsonDocumentOf(await query.run(), {}, { onRows: () => {} })) text += some;
    const { rows, columns } = JSON.parse(text) as Answer;
    return { rows, columns, odd, table: query.table };
  } catch (error) {
    throw query.errorOf(error);
  } finally {
    await query.close();
  }
}

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}
