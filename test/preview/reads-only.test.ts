import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readableContract } from "../../src/contracts/readable.ts";
import { run } from "../../src/engine/run.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { previewLake } from "../../src/preview/preview.ts";
import { rerunOf } from "../../src/preview/rerun.ts";
import { summarizePreview } from "../../src/preview/summary.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { cli, folder, stamps, tree } from "../cli/run-cli.ts";
import { createLake, put } from "../pipeline/lake.ts";
import { startOwnBucket } from "../s3/own.ts";

/** A plan reads. Whoever may only read a lake may plan on it, and nobody sees later that it was planned. */

const contractWith = (changes: object) =>
  JSON.stringify({
    ...{ version: 1, name: "s", prefix: "bronze/s/", suffixes: [".ndjson"], format: { type: "ndjson" } },
    reading: {
      ...{ timestamp: { column: "t" }, device_id: { column: "id" }, value: { column: "v" }, unit: { constant: "C" } },
    },
    ...changes,
  });
const [BEFORE, AFTER] = [
  contractWith({}),
  // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
  contractWith({ rules: [{ name: "r", max: 2, then: "reject" }] }),
];
const LINES = [1, 2, 3].map((v) => `{"t":"2025-01-01T00:00:0${v}Z","id":"A","v":${v}}\n`).join("");

/** Refuses what changes something. */
function readOnly(storage: LakeStorage): LakeStorage {
  const refuse = (key: string) => {
    throw new Error(`somebody writes "${key}"`);
  };
  return { ...storage, create: async (key) => refuse(key), remove: async (key) => refuse(key) };
}

async function filled(storage: LakeStorage): Promise<LakeStorage> {
  await put(storage, contractKey("s"), BEFORE);
  for (const name of ["a", "b"]) await put(storage, `bronze/s/${name}.ndjson`, LINES);
  await run(createLake({}, storage), { concurrency: 2 });
  return storage;
}

async function planOn(storage: LakeStorage) {
  const proposed = [await readableContract(AFTER, "after.json")];
  const rules = { before: DEFAULT_SETTINGS, after: DEFAULT_SETTINGS, proposed };
  const preview = await previewLake({ storage, ...rules, limit: 5, concurrency: 2 });
  const summary = await summarizePreview(storage, preview, 5);
  const { batches, measured } = await rerunOf(storage, summary.again);
  return { summary, batches, measured };
}

const { client, bucket, server } = await startOwnBucket();
const STORES: Record<string, () => LakeStorage> = {
  memory: createMemoryStorage,
  "a bucket": () => createS3Storage({ client, bucket }),
};

describe("a plan writes nothing", () => {
  it.each(Object.entries(STORES))("to %s, whose user may not write, and says the same there", async (_, create) => {
    const { summary, batches, measured } = await planOn(readOnly(await filled(create())));
    expect(summary.moves.map(({ from, to, readings }) => [from.name, to.name, readings])).toEqual([
      ["silver", "rejects", 2],
    ]);
    expect([batches, measured, summary.samples.length]).toEqual([2, 2, 2]);
  });

  it("to a bucket: every request is one that reads", async () => {
    const storage = await filled(createS3Storage({ client, bucket, prefix: "watched/" }));
    const methods = new Set<string>();
    server.interfere = (method) => {
      methods.add(method);
      return "none";
    };
    await planOn(storage);
    expect([...methods].filter((method) => method !== "GET" && method !== "HEAD")).toEqual([]);
    expect(methods.size).toBeGreaterThan(0);
  });

  it("to a directory: no file of the lake is another one, and none is there that was not", async () => {
    const cwd = folder({ "before.json": BEFORE, "after.json": AFTER, "a.ndjson": LINES });
    await cli(["ingest", "--contract", "before.json", "a.ndjson"], { cwd });
    const lake = join(cwd, "lake");
    const seen = () => [
      stamps(lake),
      tree(lake, fs.readdirSync(lake)),
      fs.readdirSync(lake, { recursive: true }).toSorted(),
    ];
    const before = seen();
    for (const args of [["--json"], ["--exit-code"], ["--anomaly-threshold", "0.1"]]) {
      const { code, stderr } = await cli(["plan", "--contract", "after.json", ...args], { cwd });
      expect([stderr, code]).toEqual([stderr, args[0] === "--exit-code" ? 1 : 0]);
    }
    expect(seen()).toEqual(before);
  });
});
