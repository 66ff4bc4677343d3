import { randomUUID } from "node:crypto";
import { fusedLines, type Log, type LogLine } from "../functions/log.ts";
import type { BatchResult } from "../functions/result.ts";
import type { LakeStorage } from "../storage/port.ts";
import { topology, triggeredBy } from "../topology.ts";

const LOGS = topology.layers.logs.prefix;
/** So many lines go into one object at most. */
const LINES = 1000;

export interface RunLog {
  readonly add: Log;
  /** Adds what a foreground run did with an object; nothing for what was done before. */
  addResult(result: BatchResult): void;
  /** Writes what was added since the last time as one object under `logs/`. */
  flush(): Promise<void>;
}

/** The log of one run: JSON lines, the very ones that Lambda writes to CloudWatch. `now` in milliseconds. */
export function createRunLog(storage: LakeStorage, command: string, now: () => number): RunLog {
  const run = randomUUID().slice(0, 8);
  let lines: LogLine[] = [];
  let part = 0;
  let writing: Promise<void> = Promise.resolve();

  async function write(batch: readonly LogLine[]): Promise<void> {
    const time = new Date(now()).toISOString();
    const day = time.slice(0, 10).replaceAll("-", "/");
    part++;
    const key = `${LOGS}${day}/${time.slice(0, 19).replaceAll(":", ".")}-${command}-${run}-${part}.jsonl`;
    const writer = await storage.create(key);
    try {
      await writer.write(Buffer.from(batch.map((line) => `${JSON.stringify(line)}\n`).join("")));
      await writer.commit({ ifToken: null });
    } finally {
      await writer.abort();
    }
  }

  async function flush(): Promise<void> {
    const batch = lines;
    if (batch.length === 0) return writing;
    lines = [];
    writing = writing.catch(() => {}).then(() => write(batch));
    return writing;
  }

  function add(line: LogLine): void {
    lines.push(line);
    // A full disk must not end the work that is logged; the last flush says so.
    if (lines.length >= LINES) flush().catch(() => {});
  }

  return {
    add,
    addResult(result) {
      const id = triggeredBy(result.key);
      if (id === null || result.outcome === "already_ingested") return;
      for (const line of fusedLines({ function: id, stage: topology.stage }, result, now())) add(line);
    },
    flush,
  };
}
