import { isLetterOnly } from "../functions/dead-letter.ts";
import { type Work, withoutRebuilt } from "../functions/plan.ts";
import { ANOMALIES, GOLD, pathOf, RECEIPTS } from "../pipeline/layers.ts";
import { readText } from "../pipeline/objects.ts";
import { parseReceiptKey, receiptKey } from "../pipeline/receipts.ts";
import { VantageflowError } from "../errors.ts";
import type { DeviceReport } from "../report/merge.ts";
import { type GoldRow, readGoldRows } from "../report/rows.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo, OnSkipped } from "../storage/port.ts";
import { FUNCTION_IDS, type FunctionId, matches, topology } from "../topology.ts";
import { createGoldTable, type GoldTable } from "./gold-table.ts";
import { createLetterBox, type Odd, type StateOf } from "./letters.ts";
import type { LayerName, OpenLetter } from "./overview.ts";
import { type Known, readNew } from "./reading.ts";
import { type Ended, endedOf } from "./receipts.ts";
import { DAY_MS } from "./totals.ts";

/** What a listing of a layer adds up to. */
export interface Listed {
  readonly files: number;
  readonly bytes: number;
  readonly files24h: number;
  /** Milliseconds since the epoch; null where there are no files. */
  readonly lastWrite: number | null;
}

/** All that is known of a lake at one time: what every figure is made of. */
export interface Facts {
  readonly lake: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly layers: Readonly<Record<LayerName, Listed>>;
  readonly receipts: readonly Ended[];
  /** Objects that match a trigger and have no receipt; no silver whose bronze is work too. */
  readonly work: readonly Work[];
  readonly ignored: readonly Odd[];
  /** Open ones, newest first. */
  readonly letters: readonly OpenLetter[];
  readonly devices: readonly DeviceReport[];
  readonly gold: GoldTable;
}

export interface Collector {
  /** Reads what is new since the last time. `now` in milliseconds. Throws `storage_failed`. */
  collect(now: number): Promise<Facts>;
}

type Receipts = ReadonlyMap<string, Known<Ended>>;

/**
 * Reads a lake again and again, each receipt and each gold object once: six listings, then what is new in them. Objects
 * are listed before receipts, so that what is processed meanwhile is not taken for work.
 */
export function createCollector(storage: LakeStorage, failures: LakeStorage | null): Collector {
  const gold = createGoldTable();
  const letterBox = createLetterBox(storage, failures);
  let knownGold: ReadonlyMap<string, Known<true>> = new Map();
  let receipts: Readonly<Record<FunctionId, Receipts>> = { bronzeToSilver: new Map(), silverToGold: new Map() };

  async function readGold(objects: readonly ObjectInfo[]): Promise<void> {
    knownGold = await readNew(knownGold, objects, async (object) => {
      const rows: GoldRow[] = [];
      await readGoldRows(storage, object, (row) => rows.push(row));
      gold.put(object, rows);
      return true as const;
    });
    gold.arrange(objects);
  }

  return {
    async collect(now) {
      const ignored: Odd[] = [];
      const skip: OnSkipped = (key, reason) => void ignored.push({ key, reason });
      const since = now - DAY_MS;
      const [bronze, silver, anomalies, goldObjects] = await Promise.all([
        listInputs(storage, "bronzeToSilver", since, skip),
        listInputs(storage, "silverToGold", since, skip),
        listLayer(storage, ANOMALIES, since),
        listLayer(storage, GOLD, since, isCsv),
      ]);
      const [first, second] = await Promise.all(FUNCTION_IDS.map((id) => readReceipts(storage, id, receipts[id])));
      receipts = { bronzeToSilver: first, silverToGold: second };
      await readGold(goldObjects.objects);
      const objects = { bronzeToSilver: bronze.objects, silverToGold: silver.objects };
      const letters = await letterBox.read(stateOf(objects, receipts));
      const unreadable = [...knownGold.values(), ...first.values(), ...second.values()].flatMap(problemOf);
      return {
        lake: storage.url,
        time: now,
        layers: { bronze, silver, anomalies, gold: goldObjects },
        receipts: [...first.values(), ...second.values()].flatMap(({ value }) => value ?? []),
        work: await workOf(storage, objects, receipts),
        ignored: [...ignored, ...unreadable, ...letters.odd],
        letters: letters.open,
        devices: gold.devices(),
        gold,
      };
    },
  };
}

function isCsv(key: string): boolean {
  return key.endsWith(".csv");
}

interface ListedObjects extends Listed {
  readonly objects: readonly ObjectInfo[];
}

/** Lists a layer and keeps the objects that are `wanted`; a layer's other objects are only counted. */
async function listLayer(
  storage: LakeStorage,
  prefix: string,
  since: number,
  wanted: (key: string) => boolean = () => false,
  onSkipped: OnSkipped = () => {},
): Promise<ListedObjects> {
  const objects: ObjectInfo[] = [];
  let [files, bytes, files24h, lastWrite] = [0, 0, 0, Number.NEGATIVE_INFINITY];
  for await (const object of storage.list(prefix, onSkipped)) {
    files++;
    bytes += object.size;
    if (object.modified > since) files24h++;
    lastWrite = Math.max(lastWrite, object.modified);
    if (wanted(object.key)) objects.push(object);
  }
  return { files, bytes, files24h, lastWrite: files === 0 ? null : lastWrite, objects };
}

function listInputs(storage: LakeStorage, id: FunctionId, since: number, skip: OnSkipped): Promise<ListedObjects> {
  const { trigger } = topology.functions[id];
  const wanted = (key: string) => {
    const isWork = matches(trigger, key);
    if (!isWork) skip(key, `only names ending in "${trigger.suffix}" are processed`);
    return isWork;
  };
  return listLayer(storage, trigger.prefix, since, wanted, skip);
}

async function readReceipts(storage: LakeStorage, id: FunctionId, known: Receipts): Promise<Receipts> {
  const { name } = topology.functions[id];
  const { objects } = await listLayer(storage, `${RECEIPTS}${name}/`, 0, (key) => parseReceiptKey(name, key) !== null);
  return readNew(known, objects, async ({ key, modified }) => {
    const ended = endedOf(id, key, await readText(storage, key), modified);
    if (ended !== null) return ended;
    const why = "it is no receipt of this name. Remove it if it is not vantageflow's";
    throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key });
  });
}

type Inputs = Readonly<Record<FunctionId, readonly ObjectInfo[]>>;

/** As `planRun` plans it, from listings that there are already. */
async function workOf(
  storage: LakeStorage,
  inputs: Inputs,
  receipts: Readonly<Record<FunctionId, Receipts>>,
): Promise<Work[]> {
  const [bronze, silver] = await Promise.all(
    FUNCTION_IDS.map(async (id) => {
      const fn = topology.functions[id];
      const waiting: Work[] = [];
      for (const object of inputs[id]) {
        const receipt = receiptKey(fn.name, object.key, object.token);
        if (receipts[id].has(receipt)) continue;
        const isSettled = keyProblem(receipt) !== null && (await isLetterOnly(storage, fn, object));
        if (!isSettled) waiting.push({ function: id, object });
      }
      return waiting;
    }),
  );
  return [...bronze, ...withoutRebuilt(silver, bronze)];
}

function stateOf(inputs: Inputs, receipts: Readonly<Record<FunctionId, Receipts>>): StateOf {
  return (keys) => {
    const lines: string[] = [];
    const paths = new Set([...keys].map(pathOf));
    for (const id of FUNCTION_IDS) {
      for (const { key, token } of inputs[id]) if (keys.has(key)) lines.push(`${key} ${token}\n`);
      for (const { object } of receipts[id].values()) {
        const path = parseReceiptKey(topology.functions[id].name, object.key)?.path;
        if (path !== undefined && paths.has(path)) lines.push(`${object.key} ${object.token}\n`);
      }
    }
    return lines.join("");
  };
}

function problemOf({ object, problem }: Known<unknown>): Odd[] {
  return problem === null ? [] : [{ key: object.key, reason: problem }];
}
