import { fork, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { openInputCopies, openVersions } from "../../src/storage/open.ts";
import { put, textOf } from "../pipeline/lake.ts";
import { describeVersions, readAll, retainedOf } from "./versions-conformance.ts";

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-versions-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
let root = "";
let lakes = 0;
beforeEach(() => {
  root = join(home, `lake-${++lakes}`);
});

describeVersions("local", () => {
  const dir = join(home, `lake-${++lakes}`);
  return { storage: createLocalStorage({ root: dir }), versions: openVersions(dir) };
});

const lake = () => createLocalStorage({ root });
const versions = () => openVersions(root);
const folderOf = (key: string) => join(root, ".vantageflow/versions", key);

async function textsOf(key: string): Promise<string[]> {
  const texts = [];
  for (const { versionId, deleted } of await versions().versions(key)) {
    texts.push(deleted ? "(removed)" : await readAll(await versions().readVersion(key, versionId)));
  }
  return texts;
}

describe("versions of a local lake", () => {
  it("keep the id that the version had while it was the current one", async () => {
    await put(lake(), "silver/a", "1");
    const token = (await lake().head("silver/a"))?.token;
    await put(lake(), "silver/a", "2");
    expect((await versions().versions("silver/a"))[1].versionId).toBe(token);
  });

  it("are links: no byte is copied", async () => {
    await put(lake(), "silver/a", "1");
    const { ino } = fs.statSync(join(root, "silver/a"));
    await put(lake(), "silver/a", "2");
    const [name] = fs.readdirSync(folderOf("silver/a"));
    expect(fs.statSync(join(folderOf("silver/a"), name)).ino).toBe(ino);
  });

  it("are kept of contracts, as of bronze", async () => {
    await put(lake(), "contracts/station.json", "1");
    await put(lake(), "contracts/station.json", "2");
    await lake().remove("contracts/station.json");
    expect(await textsOf("contracts/station.json")).toEqual(["(removed)", "2", "1"]);
  });

  it("are not kept of receipts, run logs, tables and state, and leave a lake of new files without a folder", async () => {
    for (const key of ["receipts/f/a/t.json", "logs/run.jsonl", "tables/t/1.parquet", "state/s/1.json"]) {
      await put(lake(), key, "1");
      await put(lake(), key, "2");
      await lake().remove(key);
      expect(await textsOf(key)).toEqual([]);
    }
    expect(fs.existsSync(join(root, ".vantageflow/versions"))).toBe(false);
  });

  it("leave no metadata and no folder behind when they are purged", async () => {
    const writer = await lake().create("silver/a", { derived: true });
    await writer.commit({ lineage: { sourceKey: "bronze/a", sourceToken: "t", variant: "v" } });
    await lake().remove("silver/a");
    expect(fs.readdirSync(join(root, ".vantageflow/metadata/silver"))).toHaveLength(1);
    for (const { key, versionId } of await retainedOf(versions())) await versions().purge(key, versionId);
    expect(fs.readdirSync(join(root, ".vantageflow/metadata/silver"))).toEqual([]);
    expect(fs.existsSync(folderOf("silver/a"))).toBe(false);
  });

  it("hide the link that a writer left who was killed before it replaced the object; the next write takes it over", async () => {
    await put(lake(), "silver/a", "1");
    const [{ time, versionId }] = await versions().versions("silver/a");
    fs.mkdirSync(folderOf("silver/a"), { recursive: true });
    fs.linkSync(join(root, "silver/a"), join(folderOf("silver/a"), `${time}-${time + 9}-${versionId}-replaced`));
    expect((await versions().versions("silver/a")).map((one) => [one.current, one.time])).toEqual([[true, time]]);
    expect(await retainedOf(versions())).toEqual([]);
    await versions().purge("silver/a", versionId);
    await put(lake(), "silver/a", "2");
    expect(await textsOf("silver/a")).toEqual(["2", "1"]);
    expect(fs.readdirSync(folderOf("silver/a"))).toHaveLength(1);
    await lake().remove("silver/a");
    expect(await textsOf("silver/a")).toEqual(["(removed)", "2", "1"]);
  });

  it("are never reached through a symbolic link", async () => {
    await put(lake(), "silver/a", "1");
    fs.mkdirSync(join(home, "outside"), { recursive: true });
    for (const at of ["silver", "silver/a"]) {
      fs.rmSync(join(root, ".vantageflow/versions"), { recursive: true, force: true });
      fs.mkdirSync(join(folderOf(at), ".."), { recursive: true });
      fs.symlinkSync(join(home, "outside"), folderOf(at));
      const refused = expect.objectContaining({ code: "storage_failed" });
      await expect(put(lake(), "silver/a", "2")).rejects.toEqual(refused);
      await expect(lake().remove("silver/a")).rejects.toEqual(refused);
      await expect(versions().versions("silver/a")).rejects.toEqual(refused);
      expect([fs.readdirSync(join(home, "outside")), await textOf(lake(), "silver/a")]).toEqual([[], "1"]);
      await expect(retainedOf(versions())).rejects.toEqual(refused);
    }
  });

  it("survive what is no version in their folder", async () => {
    await put(lake(), "silver/a", "1");
    await put(lake(), "silver/a", "2");
    for (const name of ["note.txt", "1-2-xyz-replaced", ".DS_Store"]) {
      fs.writeFileSync(join(folderOf("silver/a"), name), "");
    }
    expect(await textsOf("silver/a")).toEqual(["2", "1"]);
    for (const { key, versionId } of await retainedOf(versions())) await versions().purge(key, versionId);
    expect(fs.readdirSync(folderOf("silver/a"))).toHaveLength(3);
  });

  it("show when an object was put there, whatever old time a copy kept", async () => {
    await put(lake(), "bronze/a.csv", "x");
    const before = Date.now();
    fs.utimesSync(join(root, "bronze/a.csv"), 1000, 1000);
    expect((await lake().head("bronze/a.csv"))?.modified).toBeGreaterThanOrEqual(before - 10);
  });
});

describe("a copy of an input", () => {
  const copyOf = async (key: string) => {
    const token = (await lake().head(key))?.token ?? "";
    await openInputCopies(root)({ key, token });
    return token;
  };

  it("brings back what a foreign program has overwritten or removed", async () => {
    await put(lake(), "bronze/a.csv", "original");
    const token = await copyOf("bronze/a.csv");
    await copyOf("bronze/a.csv");
    expect(await versions().versions("bronze/a.csv")).toHaveLength(1);
    fs.writeFileSync(join(root, "bronze/a.csv"), "foreign");
    expect(await textsOf("bronze/a.csv")).toEqual(["foreign", "original"]);
    const [{ versionId, replaced }] = await retainedOf(versions());
    expect([versionId, replaced]).toEqual([token, (await versions().versions("bronze/a.csv"))[0].time]);
    await put(lake(), "bronze/a.csv", "ours");
    expect(await textsOf("bronze/a.csv")).toEqual(["ours", "foreign", "original"]);
    await copyOf("bronze/a.csv");
    fs.rmSync(join(root, "bronze/a.csv"));
    expect(await textsOf("bronze/a.csv")).toEqual(["ours", "foreign", "original"]);
    expect((await retainedOf(versions())).at(-1)?.replaced).toBeGreaterThan(Date.now() - 60_000);
  });

  it("is none of its own once vantageflow itself replaces the object", async () => {
    await put(lake(), "bronze/a.csv", "1");
    await copyOf("bronze/a.csv");
    await put(lake(), "bronze/a.csv", "2");
    expect(await textsOf("bronze/a.csv")).toEqual(["2", "1"]);
    expect(fs.readdirSync(folderOf("bronze/a.csv"))).toHaveLength(1);
  });

  it("is not made of a version that is no longer current", async () => {
    await put(lake(), "bronze/a.csv", "1");
    await openInputCopies(root)({ key: "bronze/a.csv", token: "gone" });
    await openInputCopies(root)({ key: "bronze/none.csv", token: "gone" });
    expect([await textsOf("bronze/a.csv"), await textsOf("bronze/none.csv")]).toEqual([["1"], []]);
  });
});

/** Writes numbered texts to one key, for ever or so many, and says each number once it is committed. */
const WRITER = `
import { createLocalStorage } from "./src/storage/local.ts";
const [, , root, name, count] = process.argv;
const storage = createLocalStorage({ root });
for (let i = 0; i < Number(count); i++) {
  const writer = await storage.create("silver/a");
  await writer.write(Buffer.from(name + ":" + i));
  await writer.commit();
  process.stdout.write(i + "\\n");
  if (name === "remover" && i % 2) await storage.remove("silver/a");
}
`;

/** Replaces an object and then removes it, and kills itself before its n-th operation on files. */
const SUICIDE = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { createLocalStorage } from "./src/storage/local.ts";
const [, , root, at] = process.argv;
let operations = 0;
for (const name of ["linkSync", "renameSync", "rmSync", "mkdirSync", "openSync", "writeSync", "fsyncSync", "fsync"]) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (++operations === Number(at)) process.kill(process.pid, "SIGKILL");
    return real(...args);
  };
}
syncBuiltinESMExports();
const storage = createLocalStorage({ root });
const writer = await storage.create("silver/a", { derived: true });
await writer.write(Buffer.from("2"));
await writer.commit({ lineage: { sourceKey: "bronze/a", sourceToken: "t2", variant: "v" } });
await storage.remove("silver/a");
`;

async function scriptOf(contents: string): Promise<string> {
  const script = join(home, `script-${++lakes}.mjs`);
  await build({
    stdin: { contents, resolveDir: process.cwd(), loader: "ts" },
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return script;
}

describe("processes that write one key while versions are kept", () => {
  it("two at once: every text that was committed is the current one or retained, once", async () => {
    const script = await scriptOf(WRITER);
    const run = (name: string) =>
      new Promise((done) => fork(script, [root, name, "40"], { silent: true }).on("exit", done));
    expect(await Promise.all([run("one"), run("remover")])).toEqual([0, 0]);
    const texts = (await textsOf("silver/a")).filter((text) => text !== "(removed)");
    const wanted = ["one", "remover"].flatMap((name) => Array.from({ length: 40 }, (_, i) => `${name}:${i}`));
    expect(texts.toSorted()).toEqual(wanted.toSorted());
    for (const name of ["one", "remover"]) {
      const own = texts.filter((text) => text.startsWith(`${name}:`));
      expect(own).toEqual(Array.from({ length: 40 }, (_, i) => `${name}:${39 - i}`));
    }
  }, 60_000);

  it("killed at any moment, nothing that was committed is lost and nothing is listed twice", async () => {
    const script = await scriptOf(WRITER);
    for (let round = 0; round < 6; round++) {
      root = join(home, `killed-${round}`);
      const child = spawn(process.execPath, [script, root, round % 2 ? "remover" : "one", "100000"]);
      let said = "";
      const enough = new Promise<void>((done) => {
        child.stdout.on("data", (text: Buffer) => {
          said += text;
          if (said.split("\n").length > 5 + round) done();
        });
      });
      await enough;
      await new Promise((done) => setTimeout(done, round % 4));
      child.kill("SIGKILL");
      await new Promise((done) => child.on("exit", done));
      await put(lake(), "silver/a", "after");
      const texts = await textsOf("silver/a");
      const committed = Number(said.trim().split("\n").at(-1));
      const numbers = texts.filter((text) => text.includes(":")).map((text) => Number(text.split(":")[1]));
      expect(texts[0]).toBe("after");
      // The one that was being committed when the signal came may be there or not.
      expect([committed, committed + 1]).toContain(numbers[0]);
      expect(numbers).toEqual(Array.from({ length: numbers[0] + 1 }, (_, i) => numbers[0] - i));
    }
  }, 60_000);

  it("killed before every single operation of a replacement and a removal, the next write has all of them, in order", async () => {
    const script = await scriptOf(SUICIDE);
    const ends: string[] = [];
    for (let at = 1; at < 200 && ends.at(-1) !== "ended"; at++) {
      root = join(home, `operation-${at}`);
      const first = await lake().create("silver/a", { derived: true });
      await first.write(Buffer.from("1"));
      await first.commit({ lineage: { sourceKey: "bronze/a", sourceToken: "t1", variant: "v" } });
      const child = fork(script, [root, String(at)], { silent: true });
      const signal = await new Promise((done) => child.on("exit", (_, killed) => done(killed)));
      ends.push(signal === null ? "ended" : (await textsOf("silver/a")).join(" "));
      const before = await textsOf("silver/a");
      await put(lake(), "silver/a", "3");
      expect([at, await textsOf("silver/a")]).toEqual([at, ["3", ...before]]);
      const [oldest] = (await versions().versions("silver/a")).toReversed();
      const reader = await versions().readVersion("silver/a", oldest.versionId);
      expect([at, reader.head.metadata?.sourceToken]).toEqual([at, "t1"]);
      await reader.close();
    }
    // Only whole steps were ever seen, one after the other.
    expect([...new Set(ends)]).toEqual(["1", "2 1", "(removed) 2 1", "ended"]);
    expect(ends.length).toBeGreaterThan(20);
  }, 60_000);
});
