import { createHash } from "node:crypto";
import type { Scheduler } from "fast-check";
import { type ReadableContract, readableContract } from "../../src/contracts/readable.ts";
import { claimKey, contractKey, readSources } from "../../src/ledger/sources.ts";
import { conflict } from "../../src/storage/faults.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { put, textOf } from "../pipeline/lake.ts";
import { CASES } from "./contracts.ts";

const TOA5 = JSON.parse(CASES.find(({ name }) => name === "toa5")?.text ?? "");

/** The contract of a Campbell logger with another name, prefix or threshold. */
export function loggerContract(changes: object = {}): Promise<ReadableContract> {
  return readableContract(`${JSON.stringify({ ...TOA5, ...changes }, null, 2)}\n`, "test");
}

/** What lies under a name in force, and as its claim. */
export async function contractsOf(storage: LakeStorage, name: string) {
  return [await textOf(storage, contractKey(name)), await textOf(storage, claimKey(name))];
}

/** Who reads this key: the name of a contract, `built-in` or `nobody`; `waits` where a contract claims it and does not read it. */
export async function readerOf(storage: LakeStorage, key: string): Promise<string> {
  const by = (await readSources(storage)).readBy(key);
  if ("nobody" in by) return by.nobody.startsWith("it waits") ? "waits" : "nobody";
  return by.contract?.name ?? "built-in";
}

/** A lake in which so many changes are done and all behind them fail, as for a process that has died. */
export function dyingAfter(storage: LakeStorage, last: number): LakeStorage {
  let changes = 0;
  const change = <T>(work: () => T) => {
    if (++changes > last) throw new Error("died");
    return work();
  };
  return {
    ...storage,
    async create(key) {
      const writer = await storage.create(key);
      return { ...writer, commit: async (options) => change(() => writer.commit(options)) };
    },
    remove: async (key, ifToken) => change(() => storage.remove(key, ifToken)),
  };
}

/** A lake of which each request is answered in the order that fast-check chooses. */
export function scheduled(storage: LakeStorage, scheduler: Scheduler): LakeStorage {
  const turn = () => scheduler.schedule(Promise.resolve());
  const inTurn = async <T>(work: () => T) => {
    await turn();
    return work();
  };
  return {
    ...storage,
    async *list(prefix, options) {
      await turn();
      yield* storage.list(prefix, options);
    },
    head: async (key) => inTurn(() => storage.head(key)),
    read: async (key, range) => inTurn(() => storage.read(key, range)),
    async create(key) {
      const writer = await storage.create(key);
      return { ...writer, commit: async (options) => inTurn(() => writer.commit(options)) };
    },
    remove: async (key, ifToken) => inTurn(() => storage.remove(key, ifToken)),
  };
}

/** A lake in memory whose tokens are those of S3: the same bytes written again have the same one. */
export function createTaggedStorage(): LakeStorage {
  const storage = createMemoryStorage();
  const tags = new Map<string, string>();
  const check = (key: string, ifToken: string | null | undefined) => {
    if (ifToken !== undefined && ifToken !== (tags.get(key) ?? null)) throw conflict(key);
  };
  const tagged = <T extends { key: string }>(object: T) => ({ ...object, token: tags.get(object.key) ?? "" });
  return {
    ...storage,
    async *list(prefix, options) {
      for await (const object of storage.list(prefix, options)) yield tagged(object);
    },
    async head(key) {
      const head = await storage.head(key);
      return head === null ? null : tagged(head);
    },
    async create(key) {
      const writer = await storage.create(key);
      const hash = createHash("md5");
      return {
        ...writer,
        write(chunk) {
          hash.update(chunk);
          return writer.write(chunk);
        },
        async commit(options = {}) {
          check(key, options.ifToken);
          tags.set(key, hash.digest("hex"));
          return tagged(await writer.commit());
        },
      };
    },
    async remove(key, ifToken) {
      if (tags.has(key)) check(key, ifToken);
      tags.delete(key);
      await storage.remove(key);
    },
  };
}

/** Puts contracts where they lie in force. */
export async function inForce(storage: LakeStorage, ...contracts: readonly ReadableContract[]): Promise<void> {
  for (const { contract, text } of contracts) await put(storage, contractKey(contract.name), text);
}
