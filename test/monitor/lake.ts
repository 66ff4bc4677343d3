import { processObject } from "../../src/engine/foreground.ts";
import { processOnce } from "../../src/functions/process.ts";
import { NO_ROWS, type Receipt } from "../../src/ledger/receipts.ts";
import { createMonitor, type Monitor } from "../../src/monitor/monitor.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage, ObjectInfo } from "../../src/storage/port.ts";
import { type FunctionId, topology } from "../../src/topology.ts";
import { put, writeReceipt } from "../pipeline/lake.ts";

export const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
export const GOLD_HEADER = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage\n";

export const NOON = Date.parse("2026-03-10T12:00:00Z");
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A lake whose clock stands still until it is set, and which counts what is read. */
export interface ClockedLake {
  readonly storage: LakeStorage;
  readonly monitor: Monitor;
  /** How often each key was read. */
  readonly reads: Map<string, number>;
  readonly lists: string[];
  now: number;
  /** Puts the object and runs it to gold, in one pass over bronze. */
  ingest(key: string, content: string): Promise<void>;
  /** The same with each function by itself, as in Lambda; each takes `ms`. */
  invoke(key: string, content: string, ms: number): Promise<void>;
  receipt(id: FunctionId, path: string, fields?: Partial<Receipt>): Promise<void>;
}

export function createClockedLake(failures: LakeStorage | null = null): ClockedLake {
  const memory = createMemoryStorage();
  const written = new Map<string, number>();
  const timed = <T extends ObjectInfo>(info: T): T => ({ ...info, modified: written.get(info.key) ?? 0 });
  const storage: LakeStorage = {
    ...memory,
    async *list(prefix, options) {
      lake.lists.push(prefix);
      for await (const info of memory.list(prefix, options)) yield timed(info);
    },
    async head(key) {
      const head = await memory.head(key);
      return head === null ? null : timed(head);
    },
    async read(key, range) {
      lake.reads.set(key, (lake.reads.get(key) ?? 0) + 1);
      const reader = await memory.read(key, range);
      return { ...reader, head: timed(reader.head) };
    },
    async create(key, options) {
      const writer = await memory.create(key, options);
      const commit: typeof writer.commit = async (options) => {
        const info = await writer.commit(options);
        written.set(key, lake.now);
        return timed(info);
      };
      return { ...writer, commit };
    },
  };
  const context = (now: () => number) => ({ storage, settings: DEFAULT_SETTINGS, code: "test", now });
  const headOf = async (key: string) => {
    const head = await storage.head(key);
    if (head === null) throw new Error(`${key} was just written`);
    return head;
  };
  const lake: ClockedLake = {
    storage,
    monitor: createMonitor({ storage, failures, now: () => lake.now }),
    reads: new Map(),
    lists: [],
    now: NOON,
    async ingest(key, content) {
      await put(storage, key, content);
      const id = key.startsWith("bronze/") ? "bronzeToSilver" : "silverToGold";
      await processObject(
        context(() => lake.now),
        id,
        await headOf(key),
      );
    },
    async invoke(key, content, ms) {
      await put(storage, key, content);
      const attempt = { attempt: 1, fused: false };
      // The receipt's duration is what passes between the first and the last look at the clock.
      const clock = () => {
        const time = lake.now;
        lake.now += ms;
        return time;
      };
      await processOnce(context(clock), "bronzeToSilver", await headOf(key), attempt);
      await processOnce(context(clock), "silverToGold", await headOf(key.replace("bronze/", "silver/")), attempt);
    },
    async receipt(id, path, fields = {}) {
      const { name, startedBy } = topology.functions[id];
      const key = `${startedBy.prefix}${path}`;
      const head = await storage.head(key);
      await writeReceipt(storage, {
        version: 2,
        function: name,
        source: { key, token: head?.token ?? "none", size: 1, sha256: null },
        outcome: "done",
        code: "test",
        outputs: [],
        attempts: 1,
        started: new Date(lake.now).toISOString(),
        duration_ms: 20,
        error: null,
        ...(id === "bronzeToSilver" ? { split: TALLY } : { aggregate: { ...TALLY, sibling: null } }),
        ...fields,
      });
    },
  };
  return lake;
}

/** What {@link ClockedLake.receipt} says that it counted. */
export const TALLY = { anomaly_threshold: 0.5, rows: { ...NO_ROWS, in: 10, silver: 10 }, devices: 1 };

/** A reading, at so many seconds after noon. */
export function reading(device: string, value: number, { score = 0.1, second = 0 } = {}): string {
  return `${new Date(NOON + second * SECOND).toISOString()},${device},${value},C,${score}\n`;
}
