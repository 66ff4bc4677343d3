import type { LakeStorage } from "../../storage/port.ts";
import { PARTITION } from "../days/day.ts";
import { type Action, commitInfoOf, type Metadata } from "../delta/actions.ts";
import { commit, commitTime, engineOf } from "../delta/commit.ts";
import { readCommit, snapshotBehind } from "../delta/snapshot.ts";
import { PROTOCOL, type Snapshot } from "../delta/state.ts";
import { attemptOf, packAttempt } from "../readings/commit-info.ts";
import { DETECTIONS, viewSchema } from "./layout.ts";
import type { ViewFiles } from "./view-files.ts";
import { APPLICATION, type ViewState, withViewState } from "./view-state.ts";
import type { ViewContext } from "./view-types.ts";

/** What a run has made. */
export interface ViewChanges {
  readonly state: Omit<ViewState, "version">;
  readonly files: Pick<ViewFiles, "removes" | "written">;
  /** The version of the table of readings that the rows show from now on; null where they do not yet. */
  readonly readings: number | null;
}

/** Commits to the version behind the one that was read, or makes the table. "raced" where somebody else has made that version. */
export async function commitView(
  context: ViewContext,
  view: Snapshot | null,
  changes: ViewChanges,
): Promise<Snapshot | "raced"> {
  const { storage, newId } = context;
  const attempt = newId();
  const actions = actionsOf(context, view, changes, attempt);
  const version = (view?.version ?? -1) + 1;
  const made = await commit(storage, DETECTIONS, version, actions);
  // The answer to our own attempt may have been lost, and the store asked again.
  const isOurs = made === "committed" || (await attemptAt(storage, version)) === attempt;
  return isOurs ? snapshotBehind(DETECTIONS, view, actions) : "raced";
}

async function attemptAt(storage: LakeStorage, version: number): Promise<string | null> {
  return attemptOf(commitInfoOf(await readCommit(storage, DETECTIONS, version)));
}

function actionsOf(
  context: ViewContext,
  view: Snapshot | null,
  { state, files: { removes, written }, readings }: ViewChanges,
  attempt: string,
): Action[] {
  const timestamp = commitTime(context.now(), view?.committed ?? 0);
  const commitInfo = {
    timestamp,
    operation: "WRITE",
    operationParameters: { mode: "Append", partitionBy: JSON.stringify([PARTITION]) },
    isBlindAppend: false,
    operationMetrics: {
      numFiles: String(written.length),
      numOutputRows: String(written.reduce((sum, { rows }) => sum + rows, 0)),
      numRemovedFiles: String(removes.length),
    },
    engineInfo: engineOf(context),
    ...packAttempt(attempt),
  };
  const version = (view?.version ?? -1) + 1;
  const metaData = withViewState(view?.metadata ?? newTable(context, timestamp), { ...state, version });
  return [
    { commitInfo },
    ...(view === null ? [{ protocol: PROTOCOL }] : []),
    { metaData },
    ...(readings === null ? [] : [{ txn: { appId: APPLICATION, version: readings, lastUpdated: timestamp } }]),
    ...removes.map((remove) => ({ remove: { ...remove, deletionTimestamp: timestamp } })),
    ...written.map(({ add }) => ({ add })),
  ];
}

function newTable({ newId }: ViewContext, createdTime: number): Metadata {
  return {
    id: newId(),
    name: "detections",
    format: { provider: "parquet", options: {} },
    schemaString: viewSchema(),
    partitionColumns: [PARTITION],
    configuration: {},
    createdTime,
  };
}
