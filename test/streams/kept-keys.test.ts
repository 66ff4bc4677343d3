import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type KeyedAnswer, keyLines, keyUse, RequestKeys } from "../../src/streams/keys.ts";
import { segmentEntry } from "../../src/streams/segment.ts";
import { keepKeys, loadKeys, sweepShard } from "../../src/streams/spool.ts";
import { spoolFiles } from "../../src/streams/spool-files.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "vantageflow-keys-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const NOW = Date.parse("2025-06-01T12:00:00Z");
const DAY = 86_400_000;

const body = Buffer.from("body");
function keyed(name: string): KeyedAnswer {
  return { ...keyUse(name, body), time: NOW, answer: { accepted: 1, rejected: [], rejectedCount: 0 } };
}

describe("keys of requests on the disk", () => {
  it("take no more than twice what is remembered of them, and the last ones are known", async () => {
    const shard = { shard: "s", path: join(folder, "s.taken") };
    const spool = { files: spoolFiles, folder };
    fs.mkdirSync(shard.path);
    const full = () => fs.appendFileSync(join(shard.path, "keys"), "\n".repeat(32 * 1024 * 1024));
    await keepKeys(spool, shard, [keyed("first")]);
    full();
    await keepKeys(spool, shard, [keyed("second")]);
    await keepKeys(spool, shard, [keyed("third")]);
    full();
    await keepKeys(spool, shard, [keyed("fourth")]);
    await keepKeys(spool, shard, [keyed("fifth")]);
    expect(fs.readdirSync(shard.path).sort()).toEqual(["keys", "keys.old"]);

    const reads: string[] = [];
    const read = (path: string) => {
      reads.push(path);
      return spoolFiles.read(path);
    };
    const watched = { ...spool, files: { ...spoolFiles, read } };
    const keys = new RequestKeys(() => NOW);
    await loadKeys(watched, [shard], keys);
    const known = ["first", "second", "third", "fourth", "fifth"].map(
      (name) => keys.find(keyUse(name, body)) !== undefined,
    );
    expect(known).toEqual([false, false, true, true, true]);
    // Read once: the folder stays for a day, and is looked at once a minute.
    const before = reads.length;
    await loadKeys(watched, [shard], keys);
    expect([before, reads.length]).toEqual([2, 2]);
  });

  it("are the newest where there are more than are remembered, whichever file they stand in", async () => {
    const shard = { shard: "u", path: join(folder, "u.taken") };
    const spool = { files: spoolFiles, folder };
    fs.mkdirSync(shard.path);
    const at = (name: string, ms: number) => ({ ...keyed(name), time: NOW + ms });
    const entry = segmentEntry("0123456789abcdef", 1, ["r"], at("newest", 5));
    fs.writeFileSync(join(shard.path, "1-0123456789abcdef.segment"), entry);
    fs.writeFileSync(join(shard.path, "keys"), keyLines([at("new", 3), at("newer", 4)]));
    fs.writeFileSync(join(shard.path, "keys.old"), keyLines([at("oldest", 1), at("old", 2)]));
    const keys = new RequestKeys(() => NOW, { keys: 3 });
    const known = () =>
      ["oldest", "old", "new", "newer", "newest", "own"].filter((one) => keys.find(keyUse(one, body)));
    await loadKeys(spool, [shard], keys);
    expect(known()).toEqual(["new", "newer", "newest"]);
    // What it has answered itself is newer than what it takes over later.
    keys.hold(keyUse("own", body), Promise.resolve(at("own", 0).answer));
    keys.addAll([at("older", -1)]);
    expect(known()).toContain("newest");
  });

  it("are fewer where their answers are long: as many as memory has room for, the last ones, whoever has answered", async () => {
    const rejected = Array.from({ length: 5 }, (_, index) => ({ index, reason: "r", message: "m".repeat(150) }));
    const long = { accepted: 1, rejected, rejectedCount: 5 };
    const keys = new RequestKeys(() => NOW, { bytes: 23_500 });
    const known = () => Array.from({ length: 30 }, (_, i) => i).filter((i) => keys.find(keyUse(String(i), body)));
    for (let i = 0; i < 20; i++) keys.hold(keyUse(String(i), body), Promise.resolve(long));
    await new Promise((go) => setImmediate(go));
    expect(known()).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    keys.addAll([20, 21].map((i) => ({ ...keyed(String(i)), time: NOW + i, answer: long })));
    expect(known()).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
    keys.hold(keyUse("22", body), Promise.reject(new Error("full")));
    await new Promise((go) => setImmediate(go));
    keys.hold(keyUse("23", body), Promise.resolve(long));
    await new Promise((go) => setImmediate(go));
    expect(known()).toHaveLength(10);
  });

  it("stay for a day, also where the process was killed between two files of them", async () => {
    const shard = { shard: "t", path: join(folder, "t.taken") };
    const spool = { files: spoolFiles, folder };
    fs.mkdirSync(shard.path);
    fs.writeFileSync(join(shard.path, "keys.old"), "");
    const touched = fs.statSync(join(shard.path, "keys.old")).mtimeMs;
    await sweepShard(spool, shard, touched + DAY - 1);
    expect(fs.existsSync(shard.path)).toBe(true);
    await sweepShard(spool, shard, touched + DAY + 1);
    expect(fs.existsSync(shard.path)).toBe(false);
  });
});
