import { mapBounded } from "../../bounded.ts";
import { functionFolder } from "../../ledger/names.ts";
import { type Receipt, readReceipt } from "../../ledger/receipts.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { type TableFinding, type VerifiedTable, verifyFiles } from "../days/verify-files.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { droppedBefore } from "./expire.ts";
import { READINGS } from "./layout.ts";
import { wasPutBack } from "./receipts.ts";
import { unsettledBatches } from "./recover.ts";
import { TABLES_FUNCTION } from "./work.ts";

/** Receipts looked at at once. */
const CONCURRENCY = 8;

/**
 * Holds the table of readings against its log and its receipts: each file is there in its size and can be read in all of its columns,
 * it has as many rows as the log says, and of each batch the table has as many as its receipt says. Null where there is no table. What
 * other values a file has that reads as before is not seen: a Delta log has no digests. Changes nothing.
 */
export async function verifyReadings(
  storage: LakeStorage,
  stopped: () => boolean = () => false,
): Promise<VerifiedTable | null> {
  const batches = new Map<string, number>();
  const verified = await verifyFiles(storage, READINGS, stopped, (column, values) => {
    if (column !== "batch") return;
    for (let i = 0; i < values.length; i++) {
      const batch = String(values[i]);
      batches.set(batch, (batches.get(batch) ?? 0) + 1);
    }
  });
  if (verified === null) return (await wasPutBack(storage, null)) ? GONE : null;
  const { snapshot, ...table } = verified;
  // Rows of files that are gone are missing in batches, too: that says nothing more.
  if (snapshot === null || table.findings.length > 0 || stopped()) return table;
  const findings = [
    ...(await compareReceipts(storage, snapshot, batches)),
    ...(await compareVersions(storage, snapshot)),
  ];
  return { ...table, findings };
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
