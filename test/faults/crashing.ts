import type { LakeStorage } from "../../src/storage/port.ts";
import { throughEach } from "./operations.ts";

/** The process is gone: nothing that it does has an effect any more. Not a fault that anybody handles. */
class Crashed extends Error {}

/**
 * A store whose user dies at the `at`-th operation that changes something or reads (from 0): before it, or with
 * `isDone` when it had its effect and before anybody heard of it.
 */
export function crashing(storage: LakeStorage, at: number, isDone: boolean) {
  let operations = 0;
  let crashed = false;

  async function operation<T>(work: () => Promise<T> | T): Promise<T> {
    if (crashed) throw new Crashed();
    const isLast = operations++ === at;
    if (!isLast) return work();
    crashed = true;
    if (isDone) await work();
    throw new Crashed();
  }

  // What it drafted is thrown away all the same: a dead process's drafts are cleared by the next one.
  return { storage: throughEach(storage, operation), hasCrashed: () => crashed };
}
