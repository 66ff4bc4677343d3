import { hasCode } from "../../errors.ts";
import { siblingOf } from "../../ledger/lineage.ts";
import { replacedMeanwhile } from "../../pipeline/opened.ts";
import { strictSink } from "../../pipeline/output.ts";
import { scanObject } from "../../pipeline/scan.ts";
import type { PipelineSettings } from "../../pipeline/settings.ts";
import type { ReadingSink, RowSink } from "../../pipeline/sinks.ts";
import { BUILT_IN } from "../../pipeline/terms.ts";
import { digestOf } from "../../storage/objects.ts";
import type { LakeStorage, ObjectHead, ObjectReader } from "../../storage/port.ts";
import type { TableColumns } from "./columns.ts";
import type { SyncedBatch } from "./commit-info.ts";
import type { TableRows } from "./row-buffer.ts";
import { RowReader } from "./row-reader.ts";
import { type TableBatch, versionOf } from "./work.ts";

/** Up to so many bytes an object is fetched as a whole, ahead of its turn: a bucket takes its time to answer. */
const SMALL_BYTES = 256 * 1024;

/** What is read of an object: as much of a reader as a scan needs. */
type Source = Pick<ObjectReader, "head" | "pull" | "close">;

/** A batch whose objects are open: to be read, or closed. */
export interface OpenBatch {
  readonly batch: TableBatch;
  readonly silver: Source;
  /** The anomalies of the same split; null where silver stands alone. */
  readonly anomalies: Source | null;
  /** Silver that a split wrote and whose anomalies have expired: it has none in it. */
  readonly isSplit: boolean;
  close(): Promise<void>;
}

/**
 * Opens silver and the anomalies of the same split. Throws `sibling_pending` while a split is still writing, `superseded` and
 * `not_found` for what is replaced or removed meanwhile.
 */
export async function openBatch(storage: LakeStorage, batch: TableBatch): Promise<OpenBatch> {
  const silver = await openSource(storage, batch.silver!.key);
  let odd: Source | null = null;
  try {
    odd = batch.anomalies === null ? null : await openListed(storage, batch.anomalies.key);
    const sibling = await siblingIn(odd === null ? storage : whereOpen(storage, odd.head), silver.head);
    const isThere = sibling !== null && sibling !== "expired";
    if (!isThere) await odd?.close();
    else if (odd === null) odd = await openSource(storage, sibling.key);
    if (isThere && odd?.head.token !== sibling.token) throw replacedMeanwhile(sibling.key);
    const opened = { silver, anomalies: isThere ? odd : null };
    const close = async () => {
      await silver.close();
      await opened.anomalies?.close();
    };
    return { batch, ...opened, isSplit: sibling !== null, close };
  } catch (error) {
    await silver.close();
    await odd?.close();
    throw error;
  }
}

/** Null where it was removed since it was listed. */
async function openListed(storage: LakeStorage, key: string): Promise<Source | null> {
  try {
    return await openSource(storage, key);
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    throw error;
  }
}

/** The lake, which answers from what is open: what an object is has been read with it. */
function whereOpen(storage: LakeStorage, open: ObjectHead): LakeStorage {
  return { ...storage, head: async (key) => (key === open.key ? open : storage.head(key)) };
}

/** Anomalies expire long before silver; what is left of the batch are then the rows of silver. */
async function siblingIn(storage: LakeStorage, silver: ObjectHead): Promise<ObjectHead | null | "expired"> {
  try {
    return await siblingOf(storage, silver);
  } catch (error) {
    if (hasCode(error, "anomalies_missing", "not_rebuildable")) return "expired";
    throw error;
  }
}

/** What is small is in memory when this returns, and its reader closed. */
async function openSource(storage: LakeStorage, key: string): Promise<Source> {
  const reader = await storage.read(key);
  const { head } = reader;
  if (head.size > SMALL_BYTES) return reader;
  const chunks: Buffer[] = [];
  try {
    await digestOf(reader, (bytes) => void chunks.push(Buffer.from(bytes)));
  } finally {
    await reader.close();
  }
  const all = Buffer.concat(chunks);
  let start = 0;
  return {
    head,
    pull(into) {
      const length = all.copy(into, 0, start);
      start += length;
      return length;
    },
    async close() {},
  };
}

/** Where the rows of a batch go. */
export interface RowTarget {
  readonly columns: TableColumns;
  /** The buffer that is filled now. */
  readonly buffer: () => TableRows;
  /** Makes room where the buffer is full: called between slices, with no row half put there. */
  readonly drain: () => void | Promise<void>;
}

/** What gold counts is not counted here. */
const NO_SINK: ReadingSink = { add() {}, flush() {} };

/**
 * Reads the rows of a batch, silver's first. Throws the data faults of a file that is no silver, as silver that somebody put there by
 * hand may be: some of its rows are in the target then.
 */
export async function readBatch(open: OpenBatch, settings: PipelineSettings, target: RowTarget): Promise<SyncedBatch> {
  const { batch, silver, anomalies, isSplit } = open;
  const rows = new RowReader(target.buffer, target.columns, batch.path);
  const scan = (source: Source, threshold: number) =>
    scanObject(
      { key: source.head.key, arrival: () => source.head.modified, size: source.head.size },
      (into) => source.pull(into),
      {
        settings,
        threshold,
        ...BUILT_IN,
        readings: NO_SINK,
        trace: rows,
        sink: () => sinkOf(source.head.key, rows, target),
      },
    );
  const own = await scan(silver, isSplit ? Number.POSITIVE_INFINITY : settings.anomalyThreshold);
  const odd = anomalies === null ? null : await scan(anomalies, Number.NEGATIVE_INFINITY);
  const { token, modified } = silver.head;
  const count = (scanned: typeof own) => scanned.counts.silver + scanned.counts.anomalies;
  return {
    path: batch.path,
    version: versionOf(silver.head, anomalies?.head ?? null),
    ...{ token, size: own.size, sha256: own.sha256, modified },
    sibling: odd === null ? null : { size: odd.size, sha256: odd.sha256 },
    rows: count(own) + (odd === null ? 0 : count(odd)),
  };
}

function sinkOf(key: string, rows: RowReader, { drain }: RowTarget): RowSink {
  return { ...strictSink(key), header: (header) => rows.header(header), drain };
}
