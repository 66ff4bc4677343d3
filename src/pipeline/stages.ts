import { hasCode } from "../errors.ts";
import { checkOwnOutputs } from "../ledger/batch-source.ts";
import { checkInputKey, outputKeys } from "../ledger/layers.ts";
import { assertCurrent, siblingOf } from "../ledger/lineage.ts";
import type { ReadContract } from "../ledger/read-contract.ts";
import type { OutputRecord, RowCounts, RowNotes } from "../ledger/receipts.ts";
import { removeSame } from "../storage/objects.ts";
import type { LakeStorage, Lineage, ObjectInfo, ObjectReader } from "../storage/port.ts";
import { DeviceTable } from "./devices.ts";
import { goldBytes } from "./gold.ts";
import { type Incoming, isJustRead, withObject, withOutputs, withReader } from "./opened.ts";
import { type Output, type Published, SplitSink, strictSink } from "./output.ts";
import { contractOf, countsOf, notesOf } from "./remarks.ts";
import { scanObject } from "./scan.ts";
import type { PipelineSettings } from "./settings.ts";
import { openText } from "./source.ts";
import { BUILT_IN, type Terms } from "./terms.ts";

export interface StageContext {
  readonly storage: LakeStorage;
  readonly settings: PipelineSettings;
  /** The version of vantageflow: receipts and lineage name it, no output's bytes depend on it. */
  readonly code: string;
  /** Called now and then with the bytes and rows of an object read so far. */
  readonly onProgress?: ((key: string, bytes: number, rows: number) => void) | undefined;
  /** How a batch of bronze is read and judged; unless given, by the built-in contract, or for `functions/stages.ts` by those of the lake. */
  readonly terms?: Terms | undefined;
  /** Nobody knows of anything that was made of the object: what is there of it all the same is a `conflict`. */
  readonly isNew?: boolean | undefined;
  /** The version to be read, where the caller has looked: any other is `superseded`. */
  readonly seen?: ObjectInfo | undefined;
}

/** An object that a stage has read: this version, and these bytes. */
interface Read extends OutputRecord {
  readonly token: string;
}

/** The object that started a stage. */
interface StageInput extends Read {
  /** When it was put there, milliseconds since the epoch. */
  readonly modified: number;
}

export interface StageResult {
  readonly source: StageInput;
  /** The anomalies that were read beside silver. */
  readonly sibling: Read | null;
  readonly rows: RowCounts;
  /** Of a split; absent where there is nothing to note. */
  readonly notes?: RowNotes;
  /** Of a split; absent of the built-in contract. */
  readonly contract?: ReadContract;
  readonly devices: number;
  readonly outputs: readonly Published[];
}

/**
 * Streams one bronze object once and splits it into anomalies, rejects and silver, published in
 * that order: silver starts the next stage. Running it again writes the same bytes.
 *
 * Throws a data fault (see `DATA_FAULTS`) when the file is refused, `superseded` when the source was replaced
 * meanwhile, `conflict` when an output was; nothing is published then, or an older version's outputs stay until the
 * next run.
 */
export async function bronzeToSilver(context: StageContext, key: string): Promise<StageResult> {
  return (await withObject(context, key, (incoming) => split(context, incoming, false))).silver;
}

/**
 * Both stages in one pass over bronze: gold is written from the statistics that the split gathered. Byte for byte what
 * {@link bronzeToSilver} and {@link silverToGold} write one after the other, results included.
 */
export async function bronzeToGold(
  context: StageContext,
  key: string,
): Promise<{ silver: StageResult; gold: StageResult }> {
  return withObject(context, key, (incoming) => landToGold(context, incoming));
}

/** The same for a batch that is landing while it is read: nothing is published before it has landed. */
export async function landToGold(
  context: StageContext,
  incoming: Incoming,
): Promise<{ silver: StageResult; gold: StageResult }> {
  const { silver, gold } = await split(context, incoming, true);
  if (gold === null) throw new Error("a fused pass writes gold");
  return { silver, gold };
}

async function split(context: StageContext, incoming: Incoming, fused: boolean) {
  const { key, pull, size, digest, object } = incoming;
  checkInputKey(key);
  const { storage, settings, terms = BUILT_IN } = context;
  await checkOwnOutputs(storage, key);
  const keys = outputKeys(key);
  const before = context.isNew ? null : undefined;
  return withOutputs(storage, async (open) => {
    // Where rows are made of something else, other threads are at work already.
    const large = terms.openRows === openText ? size : undefined;
    const [anomalies, silver] = [
      await open(keys.anomalies, key, before, large),
      await open(keys.silver, key, before, large),
    ];
    // Of a new batch, too: rejects are the one output that may stay where the batch has none to put in their place.
    const rejectsBefore = await storage.head(keys.rejects);
    const goldBefore = fused && !context.isNew ? await storage.head(keys.gold) : null;
    const devices = new DeviceTable();
    let sink: SplitSink | undefined;
    const scanned = await scanObject({ key, arrival: () => object().modified, size, digest }, pull, {
      settings,
      threshold: settings.anomalyThreshold,
      ...terms,
      readings: devices,
      sink: (arena) => (sink = new SplitSink(arena, silver, anomalies, () => open(keys.rejects, key, rejectsBefore))),
      onProgress: (bytes, rows) => context.onProgress?.(key, bytes, rows),
    });
    await sink?.finish();
    const gold = fused ? await open(keys.gold, keys.silver, goldBefore) : null;
    if (gold !== null) await writeGold(gold, devices);
    await settleAll([anomalies, silver, gold, sink?.rejects ?? null]);
    const { token, modified } = object();
    const variant = terms.contract === null ? variantOf(context) : `${variantOf(context)}/${terms.contract.digest}`;
    const lineage = { sourceKey: key, sourceToken: token, variant };
    if (!incoming.isJustSeen()) await assertCurrent(storage, { key, token });

    // In this order: silver starts the next stage. It is durable with all the others.
    const odd = await anomalies.publish(lineage);
    const outputs = [odd];
    if (sink?.rejects) outputs.push(await publishRejects(storage, sink.rejects, lineage));
    else if (rejectsBefore !== null) await storage.remove(keys.rejects, rejectsBefore.token);
    const published = await silver.publish(lineage);
    const { info, sha256 } = published;
    outputs.push(published);
    const made = await gold?.publish({ sourceKey: keys.silver, sourceToken: info.token, variant: variantOf(context) });
    await storage.flush([...outputs, made ?? []].flat().map((output) => output.key));
    const { counts } = scanned;
    const source = { key, token, modified, size: scanned.size, sha256: scanned.sha256 };
    const rows = { rows: counts, ...notesOf(scanned), ...contractOf(terms, scanned) };
    const result: StageResult = { source, sibling: null, ...rows, devices: devices.size, outputs };
    if (made === undefined) return { silver: result, gold: null };
    return {
      silver: result,
      gold: {
        source: { key: keys.silver, token: info.token, modified: info.modified, size: published.size, sha256 },
        sibling: { key: odd.key, token: odd.info.token, size: odd.size, sha256: odd.sha256 },
        rows: { ...counts, in: counts.silver + counts.anomalies, rejects: 0, blank: 0 },
        devices: devices.size,
        outputs: [made],
      },
    };
  });
}

/**
 * Publishes rejects and looks at their source again: beside a newer version that has none, nobody would replace them. Then
 * they are taken back. Throws `superseded`.
 */
async function publishRejects(storage: LakeStorage, rejects: Output, lineage: Lineage): Promise<Published> {
  const published = await rejects.publish(lineage);
  try {
    await assertCurrent(storage, { key: lineage.sourceKey, token: lineage.sourceToken });
  } catch (error) {
    if (hasCode(error, "superseded")) await removeSame(storage, published.info);
    throw error;
  }
  return published;
}

/**
 * Aggregates a silver object and its anomalies sibling per device. Silver that a split wrote needs the
 * sibling of the same split: another one is `sibling_pending` (transient), a missing one `anomalies_missing` (a data
 * fault, or `not_rebuildable` once bronze is gone too). Silver that somebody put there by hand, without anomalies beside
 * it, stands alone: its rows above the threshold are the anomalies, and an invalid row refuses it (`row_invalid`).
 */
export async function silverToGold(context: StageContext, key: string): Promise<StageResult> {
  checkInputKey(key);
  const { storage, settings, isNew } = context;
  const keys = outputKeys(key);
  return withReader(storage, key, async (silver) => {
    const { head } = silver;
    return withOutputs(storage, async (open) => {
      const gold = await open(keys.gold, key, isNew ? null : undefined);
      const devices = new DeviceTable();
      const scan = (reader: ObjectReader, threshold: number) =>
        scanObject(sourceOf(reader), (into) => reader.pull(into), {
          settings,
          threshold,
          ...BUILT_IN,
          readings: devices,
          sink: () => strictSink(reader.head.key),
          onProgress: (bytes, rows) => context.onProgress?.(reader.head.key, bytes, rows),
        });

      // A split has decided by its own threshold which rows are anomalies; only silver that stands alone is judged here.
      const sibling = await siblingOf(storage, head);
      let read: Read | null = null;
      const scanned = await (sibling === null
        ? scan(silver, settings.anomalyThreshold)
        : withReader(storage, sibling.key, async (anomalies) => {
            const rows = await scan(silver, Number.POSITIVE_INFINITY);
            const odd = await scan(anomalies, Number.NEGATIVE_INFINITY);
            if (anomalies.head.token !== sibling.token || !isJustRead(anomalies)) await assertCurrent(storage, sibling);
            read = { key: sibling.key, token: sibling.token, size: odd.size, sha256: odd.sha256 };
            return { ...rows, counts: countsOf(rows, odd) };
          }));
      await writeGold(gold, devices);
      await assertCurrent(storage, head);
      return {
        source: { key, token: head.token, modified: head.modified, size: scanned.size, sha256: scanned.sha256 },
        sibling: read,
        rows: scanned.counts,
        devices: devices.size,
        outputs: [
          await publishAlone(storage, gold, { sourceKey: key, sourceToken: head.token, variant: variantOf(context) }),
        ],
      };
    });
  });
}

function sourceOf({ head }: ObjectReader) {
  return { key: head.key, arrival: () => head.modified, size: head.size };
}

/** Outputs of two runs over one version belong together only when this is the same. */
function variantOf({ code, settings }: StageContext): string {
  return `${code}/${settings.anomalyThreshold}`;
}

/** Ahead of the first that anybody sees, and all at once: those who are in flight together wait together. */
async function settleAll(outputs: readonly (Output | null)[]): Promise<void> {
  await Promise.all(outputs.map((output) => output?.settle()));
}

async function publishAlone(storage: LakeStorage, output: Output, lineage: Lineage): Promise<Published> {
  const published = await output.publish(lineage);
  await storage.flush([published.key]);
  return published;
}

async function writeGold(gold: Output, devices: DeviceTable): Promise<void> {
  for (const bytes of goldBytes(devices)) await gold.write(bytes);
}
