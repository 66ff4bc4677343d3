import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { type Action, actionsText, parseActions } from "../../src/tables/delta/actions.ts";
import { writeCheckpoint } from "../../src/tables/delta/checkpoint.ts";
import { commit } from "../../src/tables/delta/commit.ts";
import { commitKey, logFileOf } from "../../src/tables/delta/names.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import type { Snapshot } from "../../src/tables/delta/state.ts";
import { bytesOf, keysOf, put, textOf } from "../pipeline/lake.ts";
import { TABLE } from "./table.ts";

const LOG = `${TABLE}_delta_log/`;
const metaData = {
  id: "an-id",
  name: "readings",
  format: { provider: "parquet", options: {} },
  schemaString: '{"type":"struct","fields":[]}',
  partitionColumns: ["date"],
  configuration: { "delta.appendOnly": "false" },
  createdTime: 1,
};
const FIRST: Action[] = [
  { commitInfo: { timestamp: 1, operation: "CREATE TABLE" } },
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  { metaData },
];

const add = (path: string, date: string | null = "2025-01-01") => ({
  add: { path, partitionValues: { date }, size: 10, modificationTime: 5, dataChange: true, stats: '{"numRecords":1}' },
});
const remove = (path: string, deletionTimestamp = 7) => ({
  remove: {
    path,
    deletionTimestamp,
    dataChange: true,
    extendedFileMetadata: true,
    partitionValues: { date: null },
    size: 10,
  },
});

async function lakeOf(...commits: readonly (readonly Action[])[]): Promise<LakeStorage> {
  const storage = createMemoryStorage();
  for (const [version, actions] of commits.entries()) {
    expect(await commit(storage, TABLE, version, actions)).toBe("committed");
  }
  return storage;
}

const read = async (storage: LakeStorage) => (await readSnapshot(storage, TABLE))!;
const shown = ({ version, files, removed, txns, metadata, protocol }: Snapshot) => ({
  ...{ version, metadata, protocol },
  files: [...files].toSorted(),
  removed: [...removed].map(([path, { dataChange: _, ...rest }]) => [path, rest]).toSorted(),
  txns: [...txns],
});
const code = (expected: string, message: RegExp) =>
  expect.objectContaining({ code: expected, message: expect.stringMatching(message) });

describe("names in the log", () => {
  it("are of a version and a kind, or of nothing", () => {
    expect(logFileOf("00000000000000000012.json")).toEqual({ kind: "commit", version: 12 });
    expect(logFileOf("00000000000000000012.checkpoint.parquet")).toMatchObject({ version: 12, part: 1, parts: 1 });
    expect(logFileOf("00000000000000000012.checkpoint.0000000002.0000000003.parquet")).toMatchObject({
      part: 2,
      parts: 3,
    });
    for (const other of [
      ...["_last_checkpoint", "12.json", "00000000000000000012.json#1", "00000000000000000012.crc", ".tmp"],
      "00000000000000000012.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet",
    ]) {
      expect([other, logFileOf(other)]).toEqual([other, null]);
    }
  });
});

describe("a commit", () => {
  it("is a JSON object a line, with no empty one, and is made once", async () => {
    const storage = await lakeOf(FIRST);
    const text = await textOf(storage, commitKey(TABLE, 0));
    expect(text?.split("\n")).toHaveLength(FIRST.length + 1);
    expect(text?.endsWith("\n")).toBe(true);
    expect(parseActions(text ?? "", "k")).toEqual(FIRST);
    expect(await commit(storage, TABLE, 0, [{ commitInfo: { timestamp: 2 } }])).toBe("conflict");
    expect(await textOf(storage, commitKey(TABLE, 0))).toBe(text);
    expect(await keysOf(storage)).toEqual([commitKey(TABLE, 0)]);
  });

  it("is refused with a fraction where all readers want a whole number, and with two actions on one path", () => {
    expect(() => actionsText([{ commitInfo: { timestamp: 1.5 } }])).toThrow("1.5 is no whole number");
    expect(() => actionsText([{ add: { ...add("a").add, modificationTime: 470.25 } }])).toThrow("470.25");
    expect(() => actionsText([{ add: { ...add("a").add, size: Number.NaN } }])).toThrow("NaN");
    expect(() => actionsText([remove("a"), add("a")])).toThrow("two actions for a");
  });
});

describe("reading the log", () => {
  it("gives what the last action of each path and kind says", async () => {
    const storage = await lakeOf(
      FIRST,
      [add("date=2025-01-01/a"), add("date=2025-01-02/b%20c", "2025-01-02")],
      [remove("date=2025-01-01/a"), add("date=2025-01-01/d"), { txn: { appId: "x", version: 4 } }],
    );
    const snapshot = await read(storage);
    expect([snapshot.version, [...snapshot.files.keys()].toSorted(), [...snapshot.removed.keys()]]).toEqual([
      2,
      ["date=2025-01-01/d", "date=2025-01-02/b c"],
      ["date=2025-01-01/a"],
    ]);
    expect(snapshot.txns.get("x")?.version).toBe(4);
    expect([snapshot.checkpointed, snapshot.committed]).toEqual([-1, 1]);
  });

  it("of no table is null, and what others leave beside it is passed over", async () => {
    const storage = createMemoryStorage();
    expect(await readSnapshot(storage, TABLE)).toBeNull();
    await put(storage, `${LOG}00000000000000000000.json#1`, "{}");
    expect(await readSnapshot(storage, TABLE)).toBeNull();
  });

  it("a gap is named, and never read over", async () => {
    const storage = await lakeOf(FIRST, [add("a")], [add("b")], [add("c")]);
    await storage.remove(commitKey(TABLE, 2));
    const gap =
      /^Cannot read "tables\/readings\/_delta_log\/0{19}2\.json": .*version 3 is: the log has a gap\. Restore .* --rebuild\.$/;
    await expect(readSnapshot(storage, TABLE)).rejects.toEqual(code("table_damaged", gap));
    await storage.remove(commitKey(TABLE, 0));
    await expect(readSnapshot(storage, TABLE)).rejects.toEqual(code("table_damaged", /the log has no version 0/));
  });

  it("a line that is no action is named by its place", async () => {
    const storage = await lakeOf(FIRST);
    await put(storage, commitKey(TABLE, 1), `${JSON.stringify(add("a"))}\n\n{"add":\n`);
    await expect(readSnapshot(storage, TABLE)).rejects.toEqual(
      code("table_damaged", /line 3 is no action of a Delta log: "\{\\"add/),
    );
  });

  it("a newer protocol is named, with its features", async () => {
    const protocol = {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ["deletionVectors"],
      writerFeatures: ["deletionVectors"],
    };
    const storage = await lakeOf(FIRST, [{ protocol }]);
    const why =
      /another program has made it a table of reader version 3 and writer version 7 \(deletionVectors\), .* Nothing was changed\./;
    await expect(readSnapshot(storage, TABLE)).rejects.toEqual(code("table_unsupported", why));
  });

  it("a file outside of the table is named", async () => {
    for (const path of ["s3://other/a", "/etc/a", "../a", "a/%2e%2e/b", "%zz"]) {
      const storage = await lakeOf(FIRST, [add(path)]);
      await expect(readSnapshot(storage, TABLE)).rejects.toEqual(
        code("table_unsupported", /is no file of this lake's table/),
      );
    }
  });
});

describe("a checkpoint", () => {
  const COMMITS = [
    FIRST,
    [add("a"), add("b", null), { txn: { appId: "x", version: 4, lastUpdated: 9 } }],
    [remove("a", 7), add("c"), { add: { ...add("d").add, tags: { k: "v" } } }],
  ];

  it("stands for all before it, whether the commits are there or not", async () => {
    const storage = await lakeOf(...COMMITS);
    const before = await read(storage);
    await writeCheckpoint(storage, before, 10);
    for (let version = 0; version <= 2; version++) await storage.remove(commitKey(TABLE, version));
    const after = await read(storage);
    expect(after.checkpointed).toBe(2);
    const unchanged = (one: Snapshot) =>
      JSON.parse(JSON.stringify(shown(one)).replaceAll('"dataChange":true', '"dataChange":false'));
    expect(unchanged(after)).toEqual(unchanged(before));
    await commit(storage, TABLE, 3, [remove("c")]);
    expect([...(await read(storage)).files.keys()].toSorted()).toEqual(["b", "d"]);
  });

  it("has files that are gone for a week, and no longer", async () => {
    const storage = await lakeOf(...COMMITS);
    await writeCheckpoint(storage, await read(storage), 7 + 7 * 86_400_000);
    for (let version = 0; version <= 2; version++) await storage.remove(commitKey(TABLE, version));
    expect((await read(storage)).removed.size).toBe(0);
  });

  it("is pointed at once it is there, and never before", async () => {
    const storage = await lakeOf(...COMMITS);
    const pointer = `${LOG}_last_checkpoint`;
    await put(storage, pointer, '{"version":1}');
    const seen: (string | null)[] = [];
    const watching: LakeStorage = {
      ...storage,
      async create(key, options) {
        if (key.endsWith(".parquet")) seen.push(await textOf(storage, pointer));
        return storage.create(key, options);
      },
    };
    await writeCheckpoint(watching, await read(storage), 10);
    expect(seen).toEqual([null]);
    expect(JSON.parse((await textOf(storage, pointer)) ?? "")).toEqual({ version: 2, size: 7 });
  });

  it("that is gone, of another version, or no text is looked for by listing", async () => {
    const storage = await lakeOf(...COMMITS);
    const before = await read(storage);
    await writeCheckpoint(storage, before, 10);
    for (const text of ['{"version":40}', '{"version":1}', "", "null", '{"version":"2"}', "x".repeat(2_000_000)]) {
      await put(storage, `${LOG}_last_checkpoint`, text);
      expect((await read(storage)).files.size).toBe(before.files.size);
    }
  });

  it("that is cut off costs nothing while the commits before it are there, and is named when they are not", async () => {
    const storage = await lakeOf(...COMMITS);
    const before = await read(storage);
    await writeCheckpoint(storage, before, 10);
    const [key] = (await keysOf(storage)).filter((one) => one.endsWith(".checkpoint.parquet"));
    const bytes = (await bytesOf(storage, key))!;
    await put(storage, key, bytes.subarray(0, bytes.length - 9));
    expect(shown(await read(storage))).toEqual(shown(before));
    await storage.remove(commitKey(TABLE, 0));
    await expect(readSnapshot(storage, TABLE)).rejects.toEqual(
      code("table_damaged", /0{19}2\.checkpoint\.parquet": it is no whole Parquet/),
    );
  });

  it("in parts counts when all of them are there", async () => {
    const storage = await lakeOf(...COMMITS);
    const before = await read(storage);
    await writeCheckpoint(storage, before, 10);
    const [key] = (await keysOf(storage)).filter((one) => one.endsWith(".checkpoint.parquet"));
    const part = (n: number) => key.replace(".parquet", `.000000000${n}.0000000002.parquet`);
    await put(storage, part(1), (await bytesOf(storage, key))!);
    await storage.remove(key);
    expect((await read(storage)).checkpointed).toBe(-1);
    await put(storage, part(2), (await bytesOf(storage, part(1)))!);
    expect([(await read(storage)).checkpointed, (await read(storage)).files.size]).toEqual([2, before.files.size]);
  });
});
