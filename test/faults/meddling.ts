import type { LakeStorage } from "../../src/storage/port.ts";
import { throughEach } from "./operations.ts";

/** A store in which somebody does something right before the `at`-th operation of its user (from 0), or after all of them. */
export function meddledWith(storage: LakeStorage, at: number, meddle: () => Promise<unknown>) {
  let operations = 0;
  const operation = async <T>(work: () => Promise<T> | T): Promise<T> => {
    if (operations++ === at) await meddle();
    return work();
  };
  return { storage: throughEach(storage, operation), hasMeddled: () => operations > at };
}
