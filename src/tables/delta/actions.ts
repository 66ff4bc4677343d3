import { quote, VantageflowError } from "../../errors.ts";

/** The actions of a commit, as the Delta protocol has them ("Actions"); only what reader version 1 and writer version 2 know. */

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Only of versions that are newer than those that are understood here. */
  readonly readerFeatures?: readonly string[];
  readonly writerFeatures?: readonly string[];
}

export interface Metadata {
  readonly id: string;
  readonly name?: string | null;
  readonly format: { readonly provider: string; readonly options?: Readonly<Record<string, string>> };
  /** A struct in JSON, see `schema.ts`. */
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdTime?: number | null;
}

/** Values of partition columns as texts; null is JSON's, never a text. */
type PartitionValues = Readonly<Record<string, string | null>>;

export interface Add {
  /** Relative to the table and encoded as in a URI. */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  /** Bytes. Readers that are told too few lose rows without a word. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modificationTime: number;
  /** False where the rows are those of files that go with the same commit. */
  readonly dataChange: boolean;
  /** JSON in a text, see `statistics.ts`; absent where a foreign writer made none. */
  readonly stats?: string | null;
  readonly tags?: Readonly<Record<string, string>> | null;
}

export interface Remove {
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly deletionTimestamp?: number | null;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean | null;
  readonly partitionValues?: PartitionValues | null;
  readonly size?: number | null;
}

/** The action that takes a file out of a table; the commit says when. */
export function removalOf({ path, partitionValues, size }: Add, dataChange: boolean): Remove {
  return { path, dataChange, extendedFileMetadata: true, partitionValues, size };
}

/** How far an application has come, by its own count. */
export interface Txn {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number | null;
}

/** Free form: whoever writes says what it likes. Times are whole numbers, or Spark and Trino cannot read the table. */
export interface CommitInfo {
  readonly timestamp?: number;
  readonly operation?: string;
  readonly [more: string]: unknown;
}

/** One line of a commit: exactly one of these. */
export interface Action {
  readonly commitInfo?: CommitInfo;
  readonly protocol?: Protocol;
  readonly metaData?: Metadata;
  readonly add?: Add;
  readonly remove?: Remove;
  readonly txn?: Txn;
}

/**
 * The actions of a commit's text, one JSON object a line; what is none of the above, as `cdc`, is left out by
 * whoever replays them. Throws `table_damaged` with the line.
 */
export function parseActions(text: string, key: string): Action[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      const action: unknown = JSON.parse(line);
      if (typeof action === "object" && action !== null && !Array.isArray(action)) return [action as Action];
    } catch {
      // Told below, as any other text that is no action.
    }
    const why = `line ${i + 1} is no action of a Delta log: ${quote(line)}`;
    throw damagedTable(key, why);
  });
}

/** What a commit says of itself; nothing where it does not. */
export function commitInfoOf(actions: readonly Action[]): CommitInfo {
  return actions.find(({ commitInfo }) => commitInfo !== undefined)?.commitInfo ?? {};
}

/**
 * A commit's text: an object a line and no empty one, which Trino refuses. Throws for a number that is not whole where all
 * readers want one, and for two actions on one path, on which readers disagree: those are bugs.
 */
export function actionsText(actions: readonly Action[]): string {
  const paths = new Set<string>();
  for (const { add, remove, commitInfo, metaData } of actions) {
    const { path } = add ?? remove ?? {};
    if (path !== undefined && paths.size === paths.add(path).size) throw new Error(`two actions for ${path}`);
    checkWhole(
      add?.size,
      add?.modificationTime,
      remove?.deletionTimestamp,
      commitInfo?.timestamp,
      metaData?.createdTime,
    );
  }
  return `${actions.map((action) => JSON.stringify(action)).join("\n")}\n`;
}

function checkWhole(...numbers: readonly (number | null | undefined)[]): void {
  const wrong = numbers.find((number) => typeof number === "number" && !Number.isSafeInteger(number));
  if (wrong !== undefined) throw new Error(`${wrong} is no whole number`);
}

/** What is wrong with the table for good. */
export function damagedTable(key: string, why: string): VantageflowError {
  const what = "Restore the table from a backup, or make it anew: vantageflow tables sync --rebuild";
  return new VantageflowError("table_damaged", `Cannot read "${key}": ${why}. ${what}.`, { key });
}
