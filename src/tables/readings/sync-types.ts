import type { PipelineSettings } from "../../pipeline/settings.ts";
import type { OnSkipped } from "../../storage/port.ts";
import type { Snapshot } from "../delta/state.ts";
import type { Carried } from "./columns.ts";
import type { FilesEncoder } from "./encoder.ts";
import type { TableRun } from "./receipts.ts";

export interface SyncContext extends TableRun {
  readonly settings: PipelineSettings;
  /** A UUID, another each time. */
  readonly newId: () => string;
  /** Without it rows are sorted and encoded here, by turns with reading them. */
  readonly encoder?: FilesEncoder | null;
}

export interface SyncOptions {
  /** Asked before each batch; true makes what has been read the last commit. */
  readonly stopped?: () => boolean;
  /** Called with each batch that has been read, and the rows so far. */
  readonly onBatch?: (path: string, rows: number) => void;
  /** What can be no batch, and why. */
  readonly onSkipped?: OnSkipped;
}

/** A batch that is not in the table, and why. */
export interface Left {
  readonly path: string;
  readonly message: string;
}

export interface SyncResult {
  /** The table's version, as it is now. */
  readonly version: number;
  readonly commits: number;
  /** Batches that came into the table, those that replaced their older rows included. */
  readonly batches: number;
  readonly rows: number;
  /** Batches of which there were older rows. */
  readonly replaced: number;
  /** Batches that went: their silver was taken away or is refused. */
  readonly gone: number;
  /** Rows that went. */
  readonly removed: number;
  /** Batches that are the same under another token: only their receipts were written. */
  readonly renewed: number;
  readonly files: number;
  readonly bytes: number;
  /** Columns that the table has not had before. */
  readonly columns: readonly Carried[];
  /** No silver: an invalid row. Not tried again while they are as they are. */
  readonly refused: readonly Left[];
  /** To be tried again: a split is still writing them. */
  readonly waiting: readonly Left[];
}

/** What one commit has come to, in the terms of {@link SyncResult}. */
export interface AttemptResult extends Omit<SyncResult, "version" | "commits"> {
  /** The table after its commit; null where there was nothing to commit. */
  readonly snapshot: Snapshot | null;
}
