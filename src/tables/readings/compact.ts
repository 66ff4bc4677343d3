import { compareKeys } from "../../storage/keys.ts";
import { removeSame } from "../../storage/objects.ts";
import { dayOfDate, PARTITION } from "../days/day.ts";
import type { NewFile } from "../days/day-file.ts";
import { openTableFile } from "../days/table-file.ts";
import { removalOf } from "../delta/actions.ts";
import { checkpointInTurn } from "../delta/checkpoint.ts";
import { MAX_RACES, raced } from "../delta/races.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { ROW_GROUP_ROWS } from "../parquet/write.ts";
import { TableColumns } from "./columns.ts";
import { commitSync } from "./commit-sync.ts";
import { READINGS } from "./layout.ts";
import { mergeFiles } from "./merge.ts";
import { MergeSource, Unmergeable } from "./merge-source.ts";
import { recoverReceipts } from "./recover.ts";
import type { SyncContext } from "./sync-types.ts";

const MB = 1024 * 1024;
/** What is smaller is merged with others. */
const SMALL_BYTES = 64 * MB;
/** What files come to, about: nothing that is merged is cut into pieces of less than two thirds or more than one and a half times this. */
const TARGET_BYTES = 128 * MB;
/** Row groups that are in memory at once: what does not fit into one merge is merged in several, and these by the next. */
const MEMORY_BYTES = 160 * MB;
/** Bytes that one commit merges, but for a day's that are more: so much work at most is done again when it is killed. */
const MAX_BYTES = 4096 * MB;
/** Small files of a day that are merged without having been asked for. */
export const MANY_FILES = 16;

export interface CompactOptions {
  /** Only of days that have more small files than this; 1 unless told. */
  readonly above?: number;
  /** Asked before each merge; true makes those that are done the last commit. */
  readonly stopped?: () => boolean;
  /** Called with a file that stays as it is for good, and why. */
  readonly onLeft?: (message: string) => void;
  /** For tests, which have small tables. */
  readonly smallBytes?: number;
  readonly targetBytes?: number;
  readonly memoryBytes?: number;
}

export interface CompactResult {
  /** The table's version, as it is now; null where there is no table. */
  readonly version: number | null;
  readonly commits: number;
  /** Files that went, and those that have their rows now. */
  readonly removed: number;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Merges the small files of each day into sorted ones. Rows stay what they are, and no version has one twice or lacks one: files come in
 * the commit in which those go that their rows were in. Whoever loses the race to a commit goes behind it, or begins again where
 * it took away what is merged here. Throws `table_damaged`, `table_unsupported`, and `conflict` after twenty lost races.
 */
export async function compactReadings(context: SyncContext, options: CompactOptions = {}): Promise<CompactResult> {
  const { storage, now } = context;
  const left = new Set<string>();
  const total = { commits: 0, removed: 0, files: 0, rows: 0, bytes: 0 };
  for (let races = 0; ; ) {
    const snapshot = await readSnapshot(storage, READINGS);
    if (snapshot === null) return { version: null, ...total };
    const days = smallFilesOf(snapshot, left, options);
    if (days.length === 0 || options.stopped?.() === true) return { version: snapshot.version, ...total };
    await recoverReceipts(context, snapshot);
    const done = await attempt(context, snapshot, days, options);
    if (done instanceof Unmergeable) {
      left.add(done.path);
      options.onLeft?.(done.message);
      continue;
    }
    if (done === "raced") {
      if (++races > MAX_RACES) throw raced(READINGS);
      continue;
    }
    races = 0;
    total.commits++;
    total.removed += done.removed;
    for (const { rows, add } of done.files) {
      total.files++;
      total.rows += rows;
      total.bytes += add.size;
    }
    await checkpointInTurn(storage, done.snapshot, now());
  }
}

/** The small files of one day, the smallest first. */
interface Day {
  readonly day: number;
  readonly paths: readonly string[];
}

function smallFilesOf(
  { files }: Snapshot,
  left: ReadonlySet<string>,
  { above = 1, smallBytes = SMALL_BYTES }: CompactOptions,
): Day[] {
  const days = new Map<string | null, string[]>();
  for (const [path, { partitionValues, size }] of files) {
    if (size >= smallBytes || left.has(path)) continue;
    const { [PARTITION]: date = null } = partitionValues;
    const known = days.get(date);
    if (known === undefined) days.set(date, [path]);
    else known.push(path);
  }
  const many = [...days].filter(([, paths]) => paths.length > above);
  const sizeOf = (path: string) => files.get(path)!.size;
  return many
    .map(([date, paths]) => ({
      day: dayOfDate(date),
      paths: paths.sort((a, b) => sizeOf(a) - sizeOf(b) || compareKeys(a, b)),
    }))
    .sort((a, b) => a.day - b.day);
}

interface Merged {
  readonly snapshot: Snapshot;
  readonly removed: number;
  readonly files: readonly NewFile[];
}

/** Merges as much as one commit takes; "raced" where another writer has taken some of it away. */
async function attempt(
  context: SyncContext,
  snapshot: Snapshot,
  days: readonly Day[],
  options: CompactOptions,
): Promise<Merged | "raced" | Unmergeable> {
  const { storage, newId } = context;
  const columns = new TableColumns(snapshot.metadata);
  const files: NewFile[] = [];
  const merged: MergeSource[] = [];
  const discard = async () => {
    for (const { object } of files) await removeSame(storage, object);
  };
  const isEnough = () =>
    merged.length > 0 &&
    (options.stopped?.() === true || merged.reduce((sum, { add }) => sum + add.size, 0) >= MAX_BYTES);
  try {
    for (const { day, paths } of days) {
      const queue = [...paths];
      while (queue.length > 1 && !isEnough()) {
        const sources = await openSome(context, snapshot, queue, columns, options);
        const rows = sources.reduce((sum, one) => sum + one.rows, 0);
        const bytes = sources.reduce((sum, { add }) => sum + add.size, 0);
        const fileRows = rowsOfFile(rows, bytes, options.targetBytes ?? TARGET_BYTES);
        const onFile = (file: NewFile) => void files.push(file);
        await mergeFiles(sources, { storage, columns: columns.inFiles(), day, newId, fileRows, onFile });
        merged.push(...sources);
      }
    }
    await storage.flush(files.map(({ object }) => object.key));
    const removes = merged.map(({ add }) => removalOf(add, false));
    const adds = files.map(({ add }) => add);
    const changes = { operation: "OPTIMIZE" as const, batches: [], gone: [], removes, adds, columns };
    const committed = await commitSync(context, snapshot, changes);
    if (committed !== "raced") return { snapshot: committed, removed: removes.length, files };
    await discard();
    return "raced";
  } catch (error) {
    // What cannot be removed now is left to the vacuum, as what a killed run leaves.
    await discard().catch(() => {});
    if (error instanceof Unmergeable) return error;
    throw error;
  }
}

/** Takes as many files from the queue as can be open at once, two at least. */
async function openSome(
  { storage }: SyncContext,
  snapshot: Snapshot,
  queue: string[],
  columns: TableColumns,
  { memoryBytes = MEMORY_BYTES }: CompactOptions,
): Promise<MergeSource[]> {
  const sources: MergeSource[] = [];
  let bytes = 0;
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const add = snapshot.files.get(path)!;
    const file = await openTableFile(storage, READINGS, path, add);
    const source = new MergeSource(path, add, file, columns.inFiles());
    if (sources.length > 1 && bytes + source.bytes > memoryBytes) {
      queue.unshift(path);
      break;
    }
    bytes += source.bytes;
    sources.push(source);
  }
  return sources;
}

/** Rows of each file, in whole row groups, so that files come to about as much as they should. */
function rowsOfFile(rows: number, bytes: number, target: number): number {
  const count = Math.max(1, Math.round(bytes / target));
  return Math.ceil(rows / count / ROW_GROUP_ROWS) * ROW_GROUP_ROWS;
}
