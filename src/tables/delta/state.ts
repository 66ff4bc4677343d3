import { quote, VantageflowError } from "../../errors.ts";
import type { Action, Add, Metadata, Protocol, Remove, Txn } from "./actions.ts";

/** The table protocol that is understood here and written: PROTOCOL.md of delta-io/delta, "Requirements for Readers", "… Writers". */
export const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/** What the log says of a table as of one version. */
export interface TableState {
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  /** The files that the rows are in, by their decoded path. */
  readonly files: ReadonlyMap<string, Add>;
  /** Files that readers of older versions may still need, by their decoded path. */
  readonly removed: ReadonlyMap<string, Remove>;
  readonly txns: ReadonlyMap<string, Txn>;
}

/** A table as of one version: an immutable value, from which reading, committing and checkpointing begin. */
export interface Snapshot extends TableState {
  /** The table's prefix: `tables/readings/`. */
  readonly table: string;
  readonly version: number;
  /** The version of the newest checkpoint; -1 where there is none. */
  readonly checkpointed: number;
  /** When the newest commit says it was made, milliseconds since the epoch; 0 where no commit behind the checkpoint says so. */
  readonly committed: number;
}

/** Replays actions, oldest first: of each path, application, protocol and metadata the last one counts. */
export class Replay {
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #files: Map<string, Add>;
  readonly #removed: Map<string, Remove>;
  readonly #txns: Map<string, Txn>;
  readonly #table: string;

  /** From the beginning, or from what the log says as of a version. */
  constructor(table: string, base?: TableState) {
    this.#table = table;
    this.#protocol = base?.protocol;
    this.#metadata = base?.metadata;
    this.#files = new Map(base?.files);
    this.#removed = new Map(base?.removed);
    this.#txns = new Map(base?.txns);
  }

  /** Throws `table_unsupported` for a protocol that is newer than {@link PROTOCOL}, and for a file outside of the table. */
  apply(actions: readonly Action[]): void {
    for (const { protocol, metaData, add, remove, txn } of actions) {
      if (protocol !== undefined && protocol !== null) this.#protocol = checkProtocol(this.#table, protocol);
      if (metaData !== undefined && metaData !== null) this.#metadata = metaData;
      if (txn !== undefined && txn !== null) this.#txns.set(txn.appId, txn);
      if (add !== undefined && add !== null) {
        const path = pathOfFile(this.#table, add.path);
        this.#files.set(path, add);
        this.#removed.delete(path);
      }
      if (remove !== undefined && remove !== null) {
        const path = pathOfFile(this.#table, remove.path);
        this.#files.delete(path);
        this.#removed.set(path, remove);
      }
    }
  }

  /** What comes of all that was applied; null where no metadata or no protocol has come, without which there is no table. */
  state(): TableState | null {
    const [protocol, metadata] = [this.#protocol, this.#metadata];
    if (protocol === undefined || metadata === undefined) return null;
    return { protocol, metadata, files: this.#files, removed: this.#removed, txns: this.#txns };
  }
}

/** Where the file of an action stands: its path as it is in the lake, behind the table's prefix. Throws `table_unsupported`. */
function pathOfFile(table: string, path: string): string {
  const decoded = decodedPath(path);
  const isInside = decoded !== null && !/^[a-z][a-z\d+.-]*:|^\//i.test(decoded) && !decoded.split("/").includes("..");
  if (isInside) return decoded;
  const why = `its log names ${quote(path)}, which is no file of this lake's table`;
  throw unsupported(table, why);
}

function decodedPath(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function checkProtocol(table: string, protocol: Protocol): Protocol {
  const { minReaderVersion: reader, minWriterVersion: writer } = protocol;
  if (reader <= PROTOCOL.minReaderVersion && writer <= PROTOCOL.minWriterVersion) return protocol;
  const features = [...new Set([...(protocol.readerFeatures ?? []), ...(protocol.writerFeatures ?? [])])];
  const named = features.length === 0 ? "" : ` (${features.join(", ")})`;
  const why = `another program has made it a table of reader version ${reader} and writer version ${writer}${named}, and vantageflow knows 1 and 2`;
  throw unsupported(table, why);
}

/** What somebody has made of the table and is not understood here: nothing is written into it. */
export function unsupported(table: string, why: string): VantageflowError {
  const what =
    "Nothing was changed. Read it with that program, or move the table away and make it anew: vantageflow tables sync --rebuild";
  return new VantageflowError("table_unsupported", `Cannot use the table "${table}": ${why}. ${what}.`, { key: table });
}
