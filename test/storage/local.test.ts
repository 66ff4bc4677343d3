import { execFileSync, fork, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { ownerName, ownerOf } from "../../src/storage/local/owner.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { bytesOf, keysOf, put, textOf } from "../pipeline/lake.ts";

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-local-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

let root = "";
let lakes = 0;
beforeEach(() => {
  root = join(home, `lake-${++lakes}`);
});

const lake = () => createLocalStorage({ root });
const temporaryFiles = () => fs.readdirSync(join(root, ".vantageflow/tmp"));
const locks = () => fs.readdirSync(join(root, ".vantageflow/locks"));

/** A pid that no process has. */
function deadPid(): number {
  return Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
}

describe("a local lake", () => {
  it("is not made by looking at it", async () => {
    expect([await keysOf(lake()), await lake().head("a")]).toEqual([[], null]);
    expect(fs.existsSync(root)).toBe(false);
  });

  it("leaves no temporary file and no lock behind a commit, an abort or a lost swap", async () => {
    const storage = lake();
    await put(storage, "a", "x");
    await put(storage, "a", "y");
    await (await storage.create("b")).abort();
    const writer = await storage.create("a");
    await expect(writer.commit({ ifToken: null })).rejects.toMatchObject({ code: "conflict" });
    expect([temporaryFiles(), locks()]).toEqual([[], []]);
  });

  it("keeps metadata over a reopening, and voids it when a foreign program writes, even with the same size and time", async () => {
    const writer = await lake().create("silver/b.csv", { derived: true });
    await writer.write(Buffer.from("abc"));
    await writer.commit({
      sha256: "digest",
      lineage: {
        sourceKey: "bronze/b.csv",
        sourceToken: "t",
        variant: "v",
      },
    });
    expect((await lake().head("silver/b.csv"))?.metadata).toMatchObject({ sourceToken: "t", sha256: "digest" });
    const path = join(root, "silver/b.csv");
    const { atime, mtime } = fs.statSync(path);
    const before = await lake().head("silver/b.csv");
    fs.writeFileSync(`${path}.new`, "xyz");
    fs.utimesSync(`${path}.new`, atime, mtime);
    fs.renameSync(`${path}.new`, path);
    const after = await lake().head("silver/b.csv");
    expect(after?.metadata).toBeNull();
    expect(after?.token).not.toBe(before?.token);
  });

  it("tells an overwrite in place that keeps size and mtime by its token", async () => {
    await put(lake(), "bronze/b.csv", "abc");
    const path = join(root, "bronze/b.csv");
    const before = await lake().head("bronze/b.csv");
    const { atime, mtime } = fs.statSync(path);
    fs.writeFileSync(path, "xyz");
    fs.utimesSync(path, atime, mtime);
    expect((await lake().head("bronze/b.csv"))?.token).not.toBe(before?.token);
  });

  it("follows no symbolic link to a file", async () => {
    await put(lake(), "bronze/a.csv", "x");
    fs.writeFileSync(join(home, "secret.csv"), "secret");
    fs.symlinkSync(join(home, "secret.csv"), join(root, "bronze/link.csv"));
    expect(await keysOf(lake(), "bronze/")).toEqual(["bronze/a.csv"]);
    await expect(lake().read("bronze/link.csv")).rejects.toMatchObject({ code: "key_invalid" });
    await expect(lake().head("bronze/link.csv")).rejects.toMatchObject({ code: "key_invalid" });
  });

  it("follows no symbolic link to a folder, out of the lake or within it", async () => {
    await put(lake(), "bronze/a.csv", "x");
    fs.mkdirSync(join(home, "outside"), { recursive: true });
    fs.writeFileSync(join(home, "outside/b.csv"), "secret");
    fs.symlinkSync(join(home, "outside"), join(root, "bronze/out"));
    const refused = expect.objectContaining({ code: "storage_failed" });
    await expect(keysOf(lake(), "bronze/")).rejects.toEqual(refused);
    await expect(lake().read("bronze/out/b.csv")).rejects.toEqual(refused);
    await expect(lake().create("bronze/out/new/c.csv")).rejects.toEqual(refused);
    await expect(lake().remove("bronze/out/b.csv")).rejects.toEqual(refused);
    expect(fs.readdirSync(join(home, "outside"))).toEqual(["b.csv"]);
  });

  it("may itself be reached through a symbolic link", async () => {
    fs.mkdirSync(`${root}-real`);
    fs.symlinkSync(`${root}-real`, root);
    await put(lake(), "bronze/a.csv", "x");
    expect(await textOf(lake(), "bronze/a.csv")).toBe("x");
  });

  it("does not wait for a pipe", async () => {
    fs.mkdirSync(join(root, "bronze"), { recursive: true });
    execFileSync("mkfifo", [join(root, "bronze/pipe.csv")]);
    expect(await keysOf(lake())).toEqual([]);
    await expect(lake().read("bronze/pipe.csv")).rejects.toMatchObject({ code: "key_invalid" });
  });

  it("says what to do when a file stands where a folder is needed, and when the lake is a file", async () => {
    fs.mkdirSync(root);
    fs.writeFileSync(join(root, "bronze"), "a file");
    const error = await put(lake(), "bronze/a.csv", "x").catch((caught) => caught);
    expect(error).toMatchObject({
      code: "storage_failed",
      message: expect.stringMatching(/^Cannot look into "bronze" in .*: it is no folder. Move it away/),
    });
    expect(fs.readdirSync(root)).toEqual(["bronze"]);
    await expect(keysOf(createLocalStorage({ root: join(root, "bronze") }))).rejects.toMatchObject({
      code: "storage_failed",
    });
  });

  it("writes in the background and still has every byte", async () => {
    const storage = lake();
    const writer = await storage.create("big");
    const chunk = Buffer.alloc(1024 * 1024, "x");
    for (let i = 0; i < 40; i++) {
      chunk.writeUInt32LE(i);
      await writer.write(chunk);
    }
    await writer.commit();
    const bytes = await bytesOf(storage, "big");
    expect(bytes?.length).toBe(40 * chunk.length);
    for (let i = 0; i < 40; i++) expect(bytes?.readUInt32LE(i * chunk.length)).toBe(i);
  });

  it("clears temporary files of processes that are gone, and no others", async () => {
    await put(lake(), "a", "x");
    const dir = join(root, ".vantageflow/tmp");
    const me = ownerOf(process.pid);
    const dead = { ...me, pid: deadPid() };
    const owners = {
      dead,
      recycled: { ...me, start: "1" },
      beforeThisBoot: { ...me, boot: "00000000" },
      mine: me,
      inAnotherContainer: { ...dead, space: "1" },
      onAnotherHost: { ...dead, host: "another@host" },
    };
    const names = Object.fromEntries(Object.entries(owners).map(([who, owner]) => [who, `${ownerName(owner)}@ab`]));
    for (const name of Object.values(names)) fs.writeFileSync(join(dir, name), "");
    await put(lake(), "b", "x");
    expect(temporaryFiles().sort()).toEqual([names.mine, names.inAnotherContainer, names.onAnotherHost].sort());
  });

  it("breaks the lock of a process that is gone and waits for one that lives", async () => {
    await put(lake(), "a", "0");
    await put(lake(), "a", "1");
    const sleeper = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    const path = lockOf("a");
    const hold = (pid: number, start: string) =>
      fs.writeFileSync(path, JSON.stringify({ ...ownerOf(pid), start, nonce: "n" }));
    try {
      hold(deadPid(), "1");
      await put(lake(), "a", "2");
      hold(process.pid, "1");
      await put(lake(), "a", "3");
      expect(locks()).toEqual([]);

      const { start } = ownerOf(sleeper.pid ?? 0);
      hold(sleeper.pid ?? 0, start);
      let committed = false;
      const waiting = put(lake(), "a", "4").then(() => {
        committed = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(committed).toBe(false);
      fs.rmSync(path);
      await waiting;
      expect(await textOf(lake(), "a")).toBe("4");
    } finally {
      sleeper.kill();
    }
  });

  /** The name of a key's lock, learned from watching one being held. */
  function lockOf(key: string): string {
    const { createHash } = process.getBuiltinModule("node:crypto");
    const name = createHash("sha256").update(key).digest("hex").slice(0, 32);
    return join(root, ".vantageflow/locks", `${name}.lock`);
  }

  it("loses no update among eight processes that compare and swap, behind a dead lock", async () => {
    const script = join(home, "increment.mjs");
    await build({
      stdin: { contents: INCREMENT, resolveDir: process.cwd(), loader: "ts" },
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
    });
    for (const number of ["1", "0"]) await put(lake(), "n", number);
    const dead = { ...ownerOf(deadPid()), nonce: "dead" };
    fs.writeFileSync(lockOf("n"), JSON.stringify(dead));
    const processes = Array.from({ length: 8 }, () => fork(script, [root, "12"]));
    const codes = await Promise.all(processes.map((one) => new Promise((resolve) => one.on("exit", resolve))));
    expect(codes).toEqual(Array(8).fill(0));
    expect(await textOf(lake(), "n")).toBe("96");
    expect([temporaryFiles(), locks()]).toEqual([[], []]);
  }, 60_000);
});

const INCREMENT = `
import { createLocalStorage } from "./src/storage/local.ts";
const storage = createLocalStorage({ root: process.argv[2] });
for (let done = 0; done < Number(process.argv[3]); ) {
  const reader = await storage.read("n");
  const bytes = Buffer.alloc(16);
  const next = Number(bytes.toString("utf8", 0, await reader.pull(bytes))) + 1;
  await reader.close();
  const writer = await storage.create("n");
  await writer.write(Buffer.from(String(next)));
  try {
    await writer.commit({ ifToken: reader.head.token });
    done++;
  } catch (error) {
    if (error.code !== "conflict") throw error;
  }
}
`;
