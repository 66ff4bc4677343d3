import { expect, it } from "vitest";
import { readSources } from "../../src/ledger/sources.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { put } from "../pipeline/lake.ts";

const claim = (prefix: string) => JSON.stringify({ version: 1, name: "plant", prefix });
const KEY = "contracts/plant.json";

it("is read again where it was replaced between a listing and the read, and is as it was listed once more", async () => {
  const storage = createMemoryStorage();
  await put(storage, KEY, claim("bronze/a/"));
  let between = () => Promise.resolve<unknown>(undefined);
  const tokens: Record<string, string> = {};
  // A bucket gives the same bytes the same token again.
  const token = (info: { token: string }, text: string) => {
    tokens[text] ??= info.token;
    return tokens[text];
  };
  let now = claim("bronze/a/");
  const bucket: LakeStorage = {
    ...storage,
    async *list(prefix) {
      for await (const object of storage.list(prefix)) {
        const listed = { ...object, token: token(object, now) };
        await between();
        yield listed;
      }
    },
    async read(key) {
      const reader = await storage.read(key);
      return {
        ...reader,
        head: { ...reader.head, token: token(reader.head, now) },
        pull: (into) => reader.pull(into),
        close: () => reader.close(),
      };
    },
  };
  const replace = (prefix: string) => {
    now = claim(prefix);
    return put(storage, KEY, now);
  };
  between = () => replace("bronze/b/");
  expect((await readSources(bucket)).contracts.map(({ prefix }) => prefix)).toEqual(["bronze/b/"]);
  between = () => Promise.resolve();
  await replace("bronze/a/");
  expect((await readSources(bucket)).contracts.map(({ prefix }) => prefix)).toEqual(["bronze/a/"]);
});
