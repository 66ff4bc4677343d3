import { execFileSync } from "node:child_process";
import builtin, * as fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { mirror, planLakes } from "../../src/backup/mirror.ts";
import { openLocalLake } from "../../src/storage/local/lake.ts";
import { checkLocalFolders } from "../../src/storage/local/paths.ts";
import { createLocalVersions } from "../../src/storage/local/versions.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { openStorage } from "../../src/storage/open.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";
import { WINDOWS_KEYS } from "./keys.ts";

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-paths-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

let root = "";
let lakes = 0;
beforeEach(async () => {
  root = join(home, `lake-${++lakes}`);
  await put(lake(), "bronze/a.csv", "x");
});

const lake = () => createLocalStorage({ root });
const REFUSED = expect.objectContaining({ code: "key_invalid" });
const FAILED = expect.objectContaining({ code: "storage_failed" });

describe("names that Windows cannot hold", () => {
  it("are refused where the file system is Windows', before anything is touched, with what to do", async () => {
    const windows = createLocalStorage({ root, platform: "win32" });
    for (const key of WINDOWS_KEYS) {
      for (const operation of ["head", "read", "create", "remove"] as const) {
        await expect(windows[operation](key), `${operation} ${key}`).rejects.toEqual(REFUSED);
      }
    }
    const why = '"nul.csv" is reserved on Windows. Keep this lake on Linux, macOS or in a bucket, or rename the file.';
    await expect(windows.create("bronze/nul.csv")).rejects.toThrow(`Cannot use "bronze/nul.csv" here: ${why}`);
    const versions = createLocalVersions(openLocalLake({ root, platform: "win32" }));
    await expect(versions.versions("bronze/nul.csv")).rejects.toEqual(REFUSED);
    expect(await keysOf(windows)).toEqual(["bronze/a.csv"]);
  });

  it("fail one by one when a lake is brought to Windows, and the rest is copied", async () => {
    const source = createMemoryStorage();
    for (const key of [...WINDOWS_KEYS, "bronze/b.csv"]) await put(source, key, key);
    const windows = createLocalStorage({ root, platform: "win32" });
    const options = { concurrency: 2, removeExtra: false, removeEmptied: false };
    const { copied, failed } = await mirror(source, windows, await planLakes(source, windows), options);
    expect(copied.map(({ key }) => key)).toEqual(["bronze/b.csv"]);
    expect(failed.map(({ key }) => key).toSorted()).toEqual(WINDOWS_KEYS.toSorted());
    expect(failed.every(({ message }) => message.includes("Windows"))).toBe(true);
  });
});

describe("what stands at a key's path", () => {
  it("refuses a folder that became a link after the writer was made", async () => {
    const outside = join(home, `outside-${lakes}`);
    fs.mkdirSync(outside);
    fs.mkdirSync(join(root, "silver"));
    const writer = await lake().create("silver/b.csv");
    fs.rmdirSync(join(root, "silver"));
    fs.symlinkSync(outside, join(root, "silver"));
    await expect(writer.commit()).rejects.toEqual(FAILED);
    expect(fs.readdirSync(outside)).toEqual([]);
    expect(fs.readdirSync(join(root, ".vantageflow/tmp"))).toEqual([]);
  });

  it("refuses folders that are links in a circle, and makes nothing through a link to nowhere", async () => {
    fs.symlinkSync("circle", join(root, "bronze/circle"));
    for (const operation of ["head", "read", "create", "remove"] as const) {
      await expect(lake()[operation]("bronze/circle/b.csv"), operation).rejects.toEqual(FAILED);
    }
    fs.symlinkSync(join(home, "nowhere"), join(root, "bronze/dangling"));
    await expect(put(lake(), "bronze/dangling/new/b.csv", "x")).rejects.toEqual(FAILED);
    expect(fs.existsSync(join(home, "nowhere"))).toBe(false);
  });

  it("writes no object over a folder; that is no lost swap, which would be tried again", async () => {
    for (const ifToken of [undefined, null, "token"]) {
      const writer = await lake().create("bronze");
      const commit = writer.commit(ifToken === undefined ? {} : { ifToken });
      await expect(commit, String(ifToken)).rejects.toEqual(FAILED);
    }
    expect(await keysOf(lake())).toEqual(["bronze/a.csv"]);
  });

  it("fails as itself when the lake is a file", async () => {
    const storage = createLocalStorage({ root: join(root, "bronze/a.csv") });
    await expect(storage.create("b.csv")).rejects.toEqual(FAILED);
    for (const operation of ["head", "read", "create", "remove"] as const) {
      await expect(storage[operation]("bronze/b.csv"), operation).rejects.toEqual(FAILED);
    }
    for (const prefix of ["", "bronze/"]) await expect(keysOf(storage, prefix), prefix).rejects.toEqual(FAILED);
  });
});

describe("what cannot be seen is an error, and never nothing", () => {
  const elsewhere = () => join(home, `elsewhere-${lakes}`);
  /** What may stand where a folder of the lake was, whose objects are somewhere else now. */
  const HIDING: Readonly<Record<string, (path: string) => void>> = {
    "a link to the folder": (path) => fs.symlinkSync(elsewhere(), path),
    "a link to nowhere": (path) => fs.symlinkSync(join(home, "nowhere"), path),
    "a link in a circle": (path) => fs.symlinkSync("2025", path),
  };

  for (const [what, hide] of Object.entries(HIDING)) {
    it(`${what} instead of a folder: listing, reading, writing and removing below it`, async () => {
      await put(lake(), "bronze/2025/b.csv", "x");
      fs.renameSync(join(root, "bronze/2025"), elsewhere());
      hide(join(root, "bronze/2025"));
      const error = {
        code: "storage_failed",
        message: expect.stringContaining(`Cannot look into "bronze/2025" in ${root}: `),
      };
      for (const prefix of ["bronze/2025/", "bronze/2025/b.csv"]) {
        await expect(keysOf(lake(), prefix), prefix).rejects.toMatchObject(error);
      }
      for (const operation of ["head", "read", "create", "remove"] as const) {
        await expect(lake()[operation]("bronze/2025/b.csv"), operation).rejects.toMatchObject(error);
      }
      expect(await keysOf(lake(), "bronze/a")).toEqual(["bronze/a.csv"]);
    });
  }

  it("a file or a pipe instead of a layer; deeper, a file is an object, and nothing is behind it", async () => {
    expect([await keysOf(lake(), "bronze/a.csv/"), await lake().head("bronze/a.csv/b.csv")]).toEqual([[], null]);
    for (const hide of [
      (path: string) => fs.writeFileSync(path, "x"),
      (path: string) => execFileSync("mkfifo", [path]),
    ]) {
      fs.rmSync(join(root, "bronze"), { recursive: true });
      hide(join(root, "bronze"));
      const error = {
        code: "storage_failed",
        message: `Cannot look into "bronze" in ${root}: it is no folder. Move it away, or put the folder back.`,
      };
      for (const prefix of ["bronze/", "bronze/2025/", "bronze/a"]) {
        await expect(keysOf(lake(), prefix), prefix).rejects.toMatchObject(error);
      }
      for (const operation of ["head", "read", "create", "remove"] as const) {
        await expect(lake()[operation]("bronze/a.csv"), operation).rejects.toMatchObject(error);
      }
    }
  });

  it("a link that may hide a folder, met in a walk; one to a file is that one object, and named", async () => {
    fs.symlinkSync(join(root, "bronze/a.csv"), join(root, "bronze/b.csv"));
    fs.symlinkSync("somebody@host.1234:5678", join(root, "bronze/.#a.csv"));
    const skipped: string[] = [];
    for await (const _ of lake().list("bronze/", { onSkipped: (key) => skipped.push(key) }));
    expect(skipped).toEqual(["bronze/.#a.csv", "bronze/b.csv"]);
    for (const target of [home, join(home, "nowhere"), "deep"]) {
      fs.mkdirSync(join(root, "bronze/2025"), { recursive: true });
      fs.symlinkSync(target, join(root, "bronze/2025/deep"));
      for (const prefix of ["", "bronze/", "bronze/2025/", "bronze/2025/de"]) {
        await expect(keysOf(lake(), prefix), `${target} ${prefix}`).rejects.toEqual(FAILED);
      }
      expect(await keysOf(lake(), "bronze/a")).toEqual(["bronze/a.csv"]);
      fs.rmSync(join(root, "bronze/2025/deep"));
    }
  });

  it("but nothing that comes before the key after which a listing begins: it hides nothing of it", async () => {
    const skipped: string[] = [];
    const following = async (key: string) => {
      const keys: string[] = [];
      const options = { after: key, onSkipped: (one: string) => skipped.push(one) };
      for await (const { key } of lake().list("bronze/", options)) keys.push(key);
      return keys;
    };
    fs.symlinkSync(home, join(root, "bronze/A"));
    fs.symlinkSync(join(root, "bronze/a.csv"), join(root, "bronze/b.csv"));
    for (const key of ["bronze/", "bronze/A", "bronze/A/", "bronze/A/~"]) {
      await expect(following(key), key).rejects.toEqual(FAILED);
    }
    expect([await following("bronze/A0"), skipped]).toEqual([["bronze/a.csv"], ["bronze/b.csv"]]);
    skipped.length = 0;
    expect([await following("bronze/b.csv"), skipped]).toEqual([[], []]);
  });

  it("a folder whose name is not UTF-8", async () => {
    const folder = Buffer.from(`${root}/bronze/caf\xe9`, "latin1");
    fs.mkdirSync(folder);
    await expect(keysOf(lake(), "bronze/")).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Cannot look into "bronze\/caf\ufffd" in .*: its name is not UTF-8. Give it another/,
      ),
    });
  });
});

describe("a lake's name", () => {
  it("may be a path or a file: URL", async () => {
    for (const url of [root, new URL(`file://${root}`).href, `FILE://${root}`]) {
      const storage = openStorage(url);
      expect([storage.url, await textOf(storage, "bronze/a.csv")]).toEqual([url, "x"]);
    }
  });

  it("is a usage error when it names no directory and no bucket: a folder gs: would be taken for the cloud", () => {
    for (const url of [
      "gs://bucket",
      "S3A://bucket/x",
      "https://bucket.s3.amazonaws.com",
      "s3://",
      "S3://b",
      "s3://bucket/../x",
      "file://another-host/lake",
    ]) {
      expect(() => openStorage(url), url).toThrow(expect.objectContaining({ code: "usage" }));
    }
  });
});

describe("a lake that another process makes while it is looked for", () => {
  it("is no link to what is not there", () => {
    const root = fs.mkdtempSync(join(tmpdir(), "vantageflow-made-"));
    const real = builtin.opendirSync;
    // It was not there at the first look, and is at the next.
    builtin.opendirSync = (() => {
      throw Object.assign(new Error("not yet"), { code: "ENOENT" });
    }) as typeof real;
    syncBuiltinESMExports();
    try {
      expect(() => checkLocalFolders({ root, url: root }, ["bronze/"])).not.toThrow();
      const link = `${root}-link`;
      fs.symlinkSync(`${root}-none`, link);
      expect(() => checkLocalFolders({ root: link, url: link }, [])).toThrow("a symbolic link to what is not there");
      fs.rmSync(link);
    } finally {
      builtin.opendirSync = real;
      syncBuiltinESMExports();
      fs.rmSync(root, { recursive: true });
    }
  });
});
