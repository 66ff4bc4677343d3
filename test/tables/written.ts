import * as fs from "node:fs";
import { join } from "node:path";
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { createLocalStorage } from "../../src/storage/local.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import type { Action, Add } from "../../src/tables/delta/actions.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { dropOldDays } from "../../src/tables/readings/expire.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { folder } from "../cli/run-cli.ts";
import { put } from "../pipeline/lake.ts";
import { syncContext, TABLE } from "./table.ts";

/** A table in a directory with all that a table may have, and what stands in its folder, read by nothing of `src/tables`. */

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
/**
 * The longer ones are more than statistics keep of a text; behind the last character of one come surrogates. The last two are the other way
 * round in UTF-16.
 */
const DEVICES = ["A", "é", `${"z".repeat(63)}\u{1f600}more`, "\ud7ff".repeat(80), "\uffee", "\u{1f600}"];
/** No character of it could be raised. */
const HIGHEST = "\u{10ffff}".repeat(70);
const VALUES = ["-0", "1e100", "-1e-300", "0.1", "123456789012345.678"];
const TIMES = ["00:00:00.0004567Z", "23:59:59.9996Z", "12:00:00+14:00", "12:00:00.123456789-12:00"];

function csv(seed: number, days: readonly string[], more = ""): string {
  const rows = days.flatMap((day, d) =>
    DEVICES.map((device, i) => {
      const cells = [`${day}T${TIMES[(i + seed) % 4]}`, device, VALUES[(i + d) % 5], i % 2 ? "" : "°F", "0.1"];
      return [
        ...cells,
        ...more.split(",").flatMap((name) => (name === "" ? [] : (["", HIGHEST][i] ?? `${name}${seed}`))),
      ];
    }),
  );
  return `${[HEADER, more].filter((part) => part !== "").join(",")}\n${rows.map((row) => `${row.join(",")}\n`).join("")}`;
}

/** Overwrites, removals, new columns, merges, days that go because of their age, and a checkpoint. */
export async function writtenTable(): Promise<{ readonly storage: LakeStorage; readonly root: string }> {
  const root = folder();
  const storage = createLocalStorage({ root });
  let now = Date.UTC(2025, 5, 1);
  // Clocks have fractions and are put back.
  const context = { ...syncContext(storage), now: () => now + 0.25 };
  async function synced(name: string, text: string, later = 1000): Promise<void> {
    now += later;
    await put(storage, `silver/${name}.csv`, text);
    const { refused } = await syncReadings(context);
    if (refused.length > 0) throw new Error(JSON.stringify(refused));
  }
  await synced("a", csv(1, ["2025-01-01", "2025-01-02"]));
  await synced("b", csv(2, ["2025-01-01", "2023-01-01", "0000-02-01"], "note"), -5000);
  await synced("a", csv(3, ["2025-01-01"], "Value,a b"));
  await synced("c", csv(4, ["2025-01-01", "2025-01-03"], "NOTE"));
  await compactReadings(context);
  await dropOldDays(context, now);
  await storage.remove("silver/b.csv");
  for (let seed = 5; seed < 22; seed++) await synced(`d${seed % 3}`, csv(seed, ["2025-01-03"]));
  return { storage, root };
}

/** A commit as it stands there. */
export interface Written {
  readonly name: string;
  readonly text: string;
  readonly actions: readonly Action[];
  /** When its file says that it was written, milliseconds. */
  readonly written: number;
}

export function commitsIn(root: string): Written[] {
  const log = join(root, TABLE, "_delta_log");
  const names = fs.readdirSync(log).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => {
    const text = fs.readFileSync(join(log, name), "utf8");
    const actions = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Action]));
    return { name, text, actions, written: fs.statSync(join(log, name)).mtimeMs };
  });
}

/** All names in the table's folder, its log's included. */
export function namesIn(root: string): string[] {
  const entries = fs.readdirSync(join(root, TABLE), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(join(root, TABLE).length)).sort();
}

/** The end of the file that an action names. */
export function footerOf(root: string, { path }: Pick<Add, "path">): FileMetaData {
  const bytes = fs.readFileSync(join(root, TABLE, decodeURIComponent(path)));
  return parquetMetadata(new Uint8Array(bytes).buffer);
}
