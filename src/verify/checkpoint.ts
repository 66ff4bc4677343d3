import { hasCode } from "../errors.ts";
import { VERIFY_CHECKPOINT } from "../ledger/names.ts";
import { readChunks, writeJson } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { Counts } from "./judge.ts";
import { STATES } from "./judge.ts";

/** How far a verify has come. */
export interface Checkpoint {
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** Batches up to the one of this path are done; "" before the first. */
  readonly position: string;
  /** Objects of the batches that are all intact, and of those that are only counted. */
  readonly clean: Counts;
  readonly more: number;
  /** Paths of the other batches: they are looked at again. */
  readonly suspects: readonly string[];
}

/** Where a verify keeps how far it has come. */
export interface Checkpoints {
  /** Null where none was stopped that asked the same. */
  read(): Promise<Checkpoint | null>;
  write(checkpoint: Checkpoint): Promise<void>;
  clear(): Promise<void>;
}

/**
 * In the lake itself. `question` is all that a verify depends on but the lake: one that asks something else begins anew.
 * A lake that cannot be written to is told to `onProblem` once, and verified all the same.
 */
export function createCheckpoints(
  storage: LakeStorage,
  question: Readonly<Record<string, unknown>>,
  onProblem: (error: unknown) => void,
): Checkpoints {
  const asked = JSON.stringify(question);
  let works = true;
  async function attempt(work: () => Promise<unknown>): Promise<void> {
    if (!works) return;
    try {
      await work();
    } catch (error) {
      works = false;
      onProblem(error);
    }
  }
  return {
    async read() {
      try {
        const kept = JSON.parse(await textOf(storage)) as { asked?: unknown; checkpoint?: unknown } | null;
        return kept?.asked === asked && isCheckpoint(kept.checkpoint) ? kept.checkpoint : null;
      } catch (error) {
        if (error instanceof SyntaxError || hasCode(error, "not_found")) return null;
        throw error;
      }
    },
    write: (checkpoint) => attempt(() => writeJson(storage, VERIFY_CHECKPOINT, { version: 1, asked, checkpoint })),
    clear: () => attempt(() => storage.remove(VERIFY_CHECKPOINT)),
  };
}

/** Its paths may take more than a receipt may. */
async function textOf(storage: LakeStorage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(storage, VERIFY_CHECKPOINT)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== "object" || value === null) return false;
  const { started, position, clean, more, suspects } = value as Record<string, unknown>;
  const areTexts = Array.isArray(suspects) && suspects.every((path) => typeof path === "string");
  return (
    Number.isFinite(started) && typeof position === "string" && isCounts(clean) && Number.isFinite(more) && areTexts
  );
}

/** Whether a value counts every state. */
export function isCounts(value: unknown): value is Counts {
  const counts = value as Record<string, unknown> | null;
  return typeof counts === "object" && counts !== null && STATES.every((state) => Number.isSafeInteger(counts[state]));
}
