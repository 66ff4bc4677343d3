import { VantageflowError } from "../errors.ts";
import { isCsvName } from "../ledger/layers.ts";
import { litterOf } from "../ledger/litter.ts";
import { receiptName, VERIFY_RECORD } from "../ledger/names.ts";
import { isOfNewerVersion } from "../ledger/receipts.ts";
import { lookAtSources } from "../ledger/sources.ts";
import { type GoldRow, readGoldRows } from "../report/rows.ts";
import { readText } from "../storage/objects.ts";
import type { LakeStorage, LakeVersions, ObjectInfo, OnSkipped } from "../storage/port.ts";
import { readDoorStates } from "../streams/door-state.ts";
import { byFunction, FUNCTION_IDS, topology } from "../topology.ts";
import { readVerification, type Verification } from "../verify/record.ts";
import { createContractsFinder } from "./contracts.ts";
import { createDetectionsFinder } from "./detections.ts";
import { type Ended, endedOf, recentOf } from "./ended.ts";
import type { Facts, Folder } from "./facts.ts";
import { createGoldTable, type GoldTable } from "./gold-table.ts";
import type { Listing, Odd } from "./listing.ts";
import { createLetterBox } from "./open-letters.ts";
import { createOrphanFinder } from "./orphans.ts";
import { createOutdatedFinder } from "./outdated.ts";
import { type Known, readNew } from "./read-new.ts";
import { createTableFinder } from "./table.ts";
import { stampOf, waitingIn } from "./waiting.ts";

export interface Collector {
  /** Reads what is new since the last time. `now` in milliseconds. Throws `storage_failed`. */
  collect(now: number): Promise<Facts>;
  /** What was read of gold. */
  readonly gold: Pick<GoldTable, "ofDevice" | "ofObject">;
}

export interface CollectorOptions {
  readonly storage: LakeStorage;
  /** Where Lambda itself puts its dead letters; null where there is no such bucket. */
  readonly failures: LakeStorage | null;
  /** What a directory keeps of what was removed, see `isGoneByRule`; null or absent for a bucket. */
  readonly versions?: LakeVersions | null | undefined;
  /** Which receipts are read: all, or those of the last day and of the newest batches, see `recentOf`. */
  readonly reach: "all" | "day";
}

/**
 * Reads a lake again and again, each receipt and each gold object once: it lists all there is, then reads what is new.
 * Objects are listed before receipts, so that what is processed meanwhile is not taken for work.
 */
export function createCollector({ storage, failures, versions = null, reach }: CollectorOptions): Collector {
  const gold = createGoldTable();
  const letterBox = createLetterBox(storage, failures);
  const orphanFinder = createOrphanFinder(storage, versions);
  const outdatedFinder = createOutdatedFinder((receipt) => readReceipt(storage, receipt));
  const tableFinder = createTableFinder(storage);
  const detectionsFinder = createDetectionsFinder(storage);
  const contractsFinder = createContractsFinder((receipt) => readReceipt(storage, receipt));
  let knownGold: ReadonlyMap<string, Known<true>> = new Map();
  let knownRecord: ReadonlyMap<string, Known<Verification>> = new Map();
  let knownReceipts: ReadonlyMap<string, Known<Ended>> = new Map();

  async function readReceipts(receipts: Listing, time: number): Promise<void> {
    const wanted = reach === "all" ? FUNCTION_IDS.flatMap((id) => receipts[id]) : recentOf(receipts, time);
    knownReceipts = await readNew(knownReceipts, wanted, (object) => readReceipt(storage, object));
  }

  async function readGold(objects: readonly ObjectInfo[]): Promise<void> {
    const wanted = objects.filter(({ key }) => isCsvName(key));
    knownGold = await readNew(knownGold, wanted, async (object) => {
      const rows: GoldRow[] = [];
      await readGoldRows(storage, object, (row) => rows.push(row));
      gold.put(object, rows);
      return true as const;
    });
    gold.arrange(wanted);
  }

  return {
    gold,
    async collect(time) {
      const ignored: Odd[] = [];
      const skip: OnSkipped = (key, reason) => void (litterOf(key) === null && ignored.push({ key, reason }));
      const list = (folder: Folder, onSkipped?: OnSkipped) =>
        listAll(storage, topology.layers[folder].prefix, onSkipped);
      const [bronze, silver] = await Promise.all([list("bronze", skip), list("silver", skip)]);
      const [anomalies, goldObjects, receiptObjects, deadLetter, logs] = await Promise.all(
        (["anomalies", "gold", "receipts", "deadLetter", "logs"] as const).map((folder) => list(folder)),
      );
      const sources = await lookAtSources(storage);
      const receipts = receiptsIn(withoutLitter(receiptObjects));
      const records = receiptObjects.filter(({ key }) => key === VERIFY_RECORD);
      knownRecord = await readNew(knownRecord, records, () => readVerification(storage));
      await readReceipts(receipts, time);
      await readGold(goldObjects);
      const objects = { bronze, silver, anomalies, gold: goldObjects, receipts: receiptObjects, deadLetter, logs };
      const inputs = inputsIn(objects);
      const waiting = await waitingIn(storage, inputs, receipts, sources);
      const { work, outdated } = await outdatedFinder.sort(waiting.work, receipts, time);
      const table = await tableFinder.look({ silver, anomalies, receipts: receiptObjects }, time);
      const letters = await letterBox.read(deadLetter, (keys) => stampOf(keys, inputs, receipts));
      return {
        lake: storage.url,
        time,
        objects,
        receipts: [...knownReceipts.values()].flatMap(({ value }) => value ?? []),
        work,
        outdated,
        ignored: [
          ...ignored,
          ...waiting.strangers,
          ...[...knownGold.values(), ...knownReceipts.values(), ...knownRecord.values()].flatMap(problemOf),
          ...letters.odd,
        ],
        letters: letters.open,
        orphans: await orphanFinder.find(
          { bronze, silver, anomalies, gold: goldObjects, receipts: receiptObjects },
          time,
        ),
        verified: knownRecord.get(VERIFY_RECORD)?.value ?? null,
        devices: gold.devices(),
        contracts: {
          problem: sources.problem,
          all: sources.contracts,
          waiting: waiting.forContracts,
          contested: waiting.contested,
          madeOtherwise: await contractsFinder.find({ bronze, receipts, sources, known: knownReceipts }),
        },
        table,
        detections: await detectionsFinder.look(table, time),
        doors: await readDoorStates(storage, time),
      };
    },
  };
}

async function listAll(storage: LakeStorage, prefix: string, onSkipped?: OnSkipped): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const object of storage.list(prefix, { onSkipped })) objects.push(object);
  return objects;
}

/** What programs leave beside other files takes room, and is nothing else to a lake. */
function withoutLitter(objects: readonly ObjectInfo[]): ObjectInfo[] {
  return objects.filter(({ key }) => litterOf(key) === null);
}

/** What stands where it starts a function. */
function inputsIn(objects: Facts["objects"]): Listing {
  return byFunction((id) => {
    const { prefix } = topology.functions[id].startedBy;
    const folders = (Object.keys(objects) as Folder[]).filter((one) => prefix.startsWith(topology.layers[one].prefix));
    return withoutLitter(folders.flatMap((folder) => objects[folder]).filter(({ key }) => key.startsWith(prefix)));
  });
}

function receiptsIn(objects: readonly ObjectInfo[]): Listing {
  return byFunction((id) => {
    const { name } = topology.functions[id];
    return objects.filter(({ key }) => receiptName(key)?.function === name);
  });
}

async function readReceipt(storage: LakeStorage, { key, modified }: ObjectInfo): Promise<Ended> {
  const text = await readText(storage, key);
  const ended = endedOf(key, text, modified);
  if (ended !== null) return ended;
  const why = isOfNewerVersion(text)
    ? "it was written by a newer vantageflow. Use that one, or a newer one, with this lake"
    : "it is no receipt of this name. Remove it if it is not vantageflow's";
  throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key });
}

function problemOf({ object, problem }: Known<unknown>): Odd[] {
  return problem === null ? [] : [{ key: object.key, reason: problem }];
}
