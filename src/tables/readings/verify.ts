import { mapBounded } from "../../bounded.ts";
import { hasCode, messageOf } from "../../errors.ts";
import { functionFolder } from "../../ledger/names.ts";
import { type Receipt, readReceipt } from "../../ledger/receipts.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { Add } from "../delta/actions.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { readStatistics } from "../delta/statistics.ts";
import { openParquet } from "../parquet/read.ts";
import { droppedBefore } from "./expire.ts";
import { READINGS } from "./layout.ts";
import { wasPutBack } from "./receipts.ts";
import { unsettledBatches } from "./recover.ts";
import { TABLES_FUNCTION } from "./work.ts";

/** Files and receipts looked at at once. */
const CONCURRENCY = 8;

/** What is not as the log or a receipt says. */
interface TableFinding {
  readonly key: string;
  readonly state: "missing" | "changed";
  readonly why: string;
}

export interface VerifiedTable {
  /** Null where the log itself cannot be read. */
  readonly version: number | null;
  readonly files: number;
  readonly rows: number;
  readonly findings: readonly TableFinding[];
  /** False where it was stopped before its end. */
  readonly complete: boolean;
}

/**
 * Holds the table of readings against its log and its receipts: each file is there in its size and can be read in all of its columns,
 * it has as many rows as the log says, and of each batch the table has as many as its receipt says. Null where there is no table. What
 * other values a file has that reads as before is not seen: a Delta log has no digests. Changes nothing.
 */
export async function verifyReadings(
  storage: LakeStorage,
  stopped: () => boolean = () => false,
): Promise<VerifiedTable | null> {
  let snapshot: Snapshot | null;
  try {
    snapshot = await readSnapshot(storage, READINGS);
  } catch (error) {
    if (!hasCode(error, "table_damaged", "table_unsupported")) throw error;
    const { key = READINGS } = error as { key?: string };
    const findings = [{ key, state: "changed" as const, why: messageOf(error) }];
    return { version: null, files: 0, rows: 0, findings, complete: true };
  }
  if (snapshot === null) return (await wasPutBack(storage, null)) ? GONE : null;
  const { version, files } = snapshot;
  const batches = new Map<string, number>();
  const found = await mapBounded([...files], CONCURRENCY, async ([path, add]) =>
    stopped() ? [] : lookAt(storage, `${READINGS}${path}`, add, batches),
  );
  const findings = found.flat();
  // Rows of files that are gone are missing in batches, too: that says nothing more.
  if (findings.length === 0 && !stopped()) {
    findings.push(
      ...(await compareReceipts(storage, snapshot, batches)),
      ...(await compareVersions(storage, snapshot)),
    );
  }
  const rows = [...batches.values()].reduce((sum, one) => sum + one, 0);
  return { version, files: files.size, rows, findings, complete: !stopped() };
}

const GONE: VerifiedTable = {
  version: null,
  files: 0,
  rows: 0,
  findings: [{ key: READINGS, state: "missing", why: "its receipts say that there was a table" }],
  complete: true,
};

/** A sync that came meanwhile has made versions that receipts may know of. */
async function compareVersions(storage: LakeStorage, { version, metadata }: Snapshot): Promise<TableFinding[]> {
  if (!(await wasPutBack(storage, { table: metadata.id, version }))) return [];
  const now = await readSnapshot(storage, READINGS);
  if (now?.version !== version || now.metadata.id !== metadata.id) return [];
  const why = `it has version ${version}, and receipts know of a later one: an older table was put back, or commits are gone. The next sync brings it up to date`;
  return [{ key: READINGS, state: "changed", why }];
}

/** Counts the rows of each batch in a file. */
async function lookAt(
  storage: LakeStorage,
  key: string,
  add: Add,
  batches: Map<string, number>,
): Promise<TableFinding[]> {
  const head = await storage.head(key);
  if (head === null) return [{ key, state: "missing", why: "the log of the table names it" }];
  const changed = (why: string): TableFinding[] => [{ key, state: "changed", why }];
  if (head.size !== add.size) return changed(`it has ${head.size} bytes, and the log says ${add.size}`);
  try {
    const file = await openParquet(storage, key, add.size);
    const said = readStatistics(add).numRecords;
    if (said !== null && said !== file.rows) return changed(`it has ${file.rows} rows, and the log says ${said}`);
    for (const group of file.groups) {
      for (const column of file.columns) {
        const values = await file.read(column, group);
        if (column !== "batch") continue;
        for (let i = 0; i < values.length; i++) {
          const batch = String(values[i]);
          batches.set(batch, (batches.get(batch) ?? 0) + 1);
        }
      }
    }
    return [];
  } catch (error) {
    if (hasCode(error, "not_found")) return [{ key, state: "missing", why: "the log of the table names it" }];
    if (!hasCode(error, "table_damaged")) throw error;
    return changed(messageOf(error));
  }
}

/**
 * Rows by batch beside those of the receipts. A batch without a receipt, or with an older one, is one whose sync was killed, which the next ends. Once rows have gone
 * because of their age, a batch may have fewer.
 */
async function compareReceipts(
  storage: LakeStorage,
  snapshot: Snapshot,
  batches: ReadonlyMap<string, number>,
): Promise<TableFinding[]> {
  const unsettled = await unsettledBatches({ storage }, snapshot);
  if (unsettled === null) return [];
  const keys: string[] = [];
  for await (const { key } of storage.list(functionFolder(TABLES_FUNCTION), { keysOnly: true })) keys.push(key);
  const receipts = await mapBounded(keys, CONCURRENCY, (key) => readReceipt(storage, key));
  const newest = new Map<string, Receipt>();
  for (const receipt of receipts) {
    if (receipt === null || receipt.outcome !== "done" || receipt.table === undefined) continue;
    const { key } = receipt.source;
    if ((newest.get(key)?.table?.version ?? -1) <= receipt.table.version) newest.set(key, receipt);
  }
  const mayLack = droppedBefore(snapshot) !== null;
  return [...newest.values()].flatMap(({ source, table }): TableFinding[] => {
    // Of another table, of a sync that came meanwhile, or one that says only that there are rows.
    const isSaid = table?.id === snapshot.metadata.id && table.version <= snapshot.version && source.sha256 !== null;
    const path = source.key.slice(source.key.indexOf("/") + 1);
    if (!isSaid || unsettled.has(path)) return [];
    const rows = batches.get(path) ?? 0;
    if (rows === table.rows || (mayLack && rows < table.rows)) return [];
    return [
      {
        key: READINGS,
        state: "changed",
        why: `it has ${rows} rows of ${source.key}, and its receipt says ${table.rows}`,
      },
    ];
  });
}
