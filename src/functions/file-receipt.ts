import { hasCode } from "../errors.ts";
import { assertCurrent } from "../ledger/lineage.ts";
import {
  draftReceipt,
  type Fault,
  listReceipts,
  NO_ROWS,
  type OutputRecord,
  type Receipt,
} from "../ledger/receipts.ts";
import type { StageResult } from "../pipeline/stages.ts";
import type { Terms } from "../pipeline/terms.ts";
import { removeSame } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo, ObjectWriter } from "../storage/port.ts";
import { type FunctionId, topology } from "../topology.ts";
import type { ProcessContext } from "./context.ts";

interface Started {
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly started: number;
}

type Effect = Pick<Receipt, "source" | "outcome" | "outputs" | "error">;
type Counted = Pick<StageResult, "rows" | "notes" | "contract" | "devices" | "sibling">;

/** The receipt of a stage that came to its end in this attempt. */
export function doneReceipt(context: ProcessContext, id: FunctionId, attempt: Started, result: StageResult): Receipt {
  const { key, token, size, sha256, modified } = result.source;
  const source = { key, token, size, sha256, modified: new Date(modified).toISOString() };
  const effect = { source, outcome: "done", outputs: result.outputs.map(recordOf), error: null } as const;
  return receiptOf(context, id, attempt, effect, result);
}

/** The receipt of an attempt that made nothing of its object. */
export function failureReceipt(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  attempt: Started,
  what: {
    outcome: Exclude<Receipt["outcome"], "done">;
    sha256: string | null;
    error: Fault;
    /** By which it was refused: another one may take it. */
    contract?: Terms["contract"];
  },
): Receipt {
  const source = { key: object.key, token: object.token, size: object.size, sha256: what.sha256 };
  const effect = { source, outcome: what.outcome, outputs: [], error: what.error };
  const by = what.contract == null ? {} : { contract: { ...what.contract, absent: 0 } };
  return receiptOf(context, id, attempt, effect, { rows: NO_ROWS, devices: 0, sibling: null, ...by });
}

function receiptOf(
  context: ProcessContext,
  id: FunctionId,
  { attempt, started }: Started,
  { source, outcome, outputs, error }: Effect,
  counted: Counted,
): Receipt {
  return {
    version: 2,
    function: topology.functions[id].name,
    source,
    outcome,
    code: context.code,
    attempts: attempt,
    started: new Date(started).toISOString(),
    duration_ms: Math.round(context.now() - started),
    outputs,
    error,
    ...partOf(id, context.settings.anomalyThreshold, counted),
  };
}

/** What only the function's kind has. */
function partOf(id: FunctionId, threshold: number, { rows, notes, contract, devices, sibling }: Counted) {
  const tally = { anomaly_threshold: threshold, rows, devices };
  if (topology.functions[id].receiptPart === "split")
    return {
      split: { ...tally, ...(notes === undefined ? {} : { notes }), ...(contract === undefined ? {} : { contract }) },
    };
  return { aggregate: { ...tally, sibling: sibling === null ? null : recordOf(sibling) } };
}

function recordOf({ key, size, sha256 }: OutputRecord): OutputRecord {
  return { key, size, sha256 };
}

/**
 * Writes the receipt of a version that is current, and removes those of older ones. Throws `superseded` when it is not, or
 * no longer: then this receipt is taken back, and that of the version which came in between stands.
 */
export async function fileReceipt(storage: LakeStorage, receipt: Receipt): Promise<void> {
  await fileReceipts(storage, [receipt]);
}

/**
 * The same for several, which become visible in this order and durable together. `check` is called after each; whatever it
 * throws leaves those after it unwritten. With `isNew` there was no receipt of any version and the outputs replaced nothing,
 * so that no older one is looked for; one of this version is a `conflict`.
 *
 * A slow run over an older version may have filed its own meanwhile. It finds that out and takes it back; killed before it
 * could, it leaves two receipts beside each other, and such end no work (see `areOfOneObject` in `ledger/names.ts`).
 */
export async function fileReceipts(
  storage: LakeStorage,
  receipts: readonly Receipt[],
  isNew = false,
  check: (index: number) => Promise<void> = async () => {},
): Promise<void> {
  const drafts: Draft[] = [];
  try {
    for (const receipt of receipts) drafts.push(await draft(storage, receipt, isNew));
    // What the other sources are was written just now.
    if (isNew) for (const { source } of drafts.slice(-1)) await assertCurrent(storage, source);
    await Promise.all(drafts.map(({ writer }) => writer.settle()));
    for (const [i, { writer, source }] of drafts.entries()) {
      const written = await writer.commit({ deferred: true, ...(isNew ? { ifToken: null } : {}) });
      const checked = check(i);
      checked.catch(() => {});
      try {
        await assertCurrent(storage, source);
      } catch (error) {
        if (hasCode(error, "superseded")) await removeSame(storage, written);
        throw error;
      }
      await checked;
    }
    await storage.flush(drafts.map(({ key }) => key));
    for (const { key, older } of drafts) for (const old of older) if (old.key !== key) await removeSame(storage, old);
  } finally {
    for (const { writer } of drafts) await writer.abort();
  }
}

interface Draft {
  readonly key: string;
  readonly source: Receipt["source"];
  readonly older: readonly ObjectInfo[];
  readonly writer: ObjectWriter;
}

async function draft(storage: LakeStorage, receipt: Receipt, isNew: boolean): Promise<Draft> {
  const { function: fn, source } = receipt;
  if (isNew) return { ...(await draftReceipt(storage, receipt)), source, older: [] };
  // Listed while this version is the newest: none of them is of a newer one.
  const older = await listReceipts(storage, fn, source.key);
  await assertCurrent(storage, source);
  return { ...(await draftReceipt(storage, receipt)), source, older };
}
