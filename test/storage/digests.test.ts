import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createDigests, type Digests } from "../../src/storage/local/digests.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { textOf } from "../pipeline/lake.ts";

const SCRIPT = pathToFileURL(resolve("dist/digests.js"));
const MB = 1024 * 1024;
const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-digests-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
const opened: Digests[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** Of a thread that can be had. */
function begun(thread: Digests, fd: number) {
  const digest = thread.open(fd);
  if (digest === undefined) throw new Error("no thread");
  return digest;
}

function digests(script = SCRIPT): Digests {
  const made = createDigests(script);
  opened.push(made);
  return made;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const some = (length: number, seed: number) => Buffer.alloc(length, `${seed}, and on it goes; `);
const open = (name: string) => fs.openSync(join(home, name), "wx+");

describe("large files hashed by another thread", () => {
  it("have the digest of their bytes, whatever the pieces, several at once, and one without a byte", async () => {
    const thread = digests();
    const files = [0, 1, 5 * MB + 1, 17 * MB].map((length, i) => ({ bytes: some(length, i), fd: open(`f${i}`) }));
    const ends = files.map(({ bytes, fd }, i) => {
      const digest = begun(thread, fd);
      for (let at = 0; at < bytes.length; at += 700_001 * (i + 1)) {
        const piece = bytes.subarray(at, at + 700_001 * (i + 1));
        fs.writeSync(fd, piece);
        digest.wrote(piece.length);
      }
      return digest.end();
    });
    expect(await Promise.all(ends)).toEqual(files.map(({ bytes }) => sha256(bytes)));
    for (const { fd } of files) fs.closeSync(fd);
  });

  it("fail where what was written is gone, and so does what a thread was at that has ended; the next file has another", async () => {
    const thread = digests();
    const fd = open("gone");
    const digest = begun(thread, fd);
    digest.wrote(9);
    await expect(digest.end()).rejects.toMatchObject({ code: "EIO", message: "what was written is gone" });

    const other = begun(thread, fd);
    await thread.close();
    await expect(other.end()).rejects.toMatchObject({ code: "EIO" });
    fs.writeSync(fd, "abc");
    const again = begun(thread, fd);
    again.wrote(3);
    expect(await again.end()).toBe(sha256(Buffer.from("abc")));
    fs.closeSync(fd);
  });

  it("are told by the writer of a file that is to be large, and by no other", async () => {
    const storage = createLocalStorage({ root: join(home, "lake"), digests: digests() });
    for (const [key, size] of [
      ["silver/large.csv", 32 * MB],
      ["silver/small.csv", 32 * MB - 1],
    ] as const) {
      const writer = await storage.create(key, { derived: true, size });
      await writer.write(Buffer.from("abc"));
      await writer.settle();
      expect(await writer.digest?.()).toBe(size === 32 * MB ? sha256(Buffer.from("abc")) : undefined);
      const lineage = { sourceKey: "bronze/b.csv", sourceToken: "t", variant: "v" };
      await writer.commit({ ifToken: null, sha256: "s", lineage });
      expect(await textOf(storage, key)).toBe("abc");
    }
    await storage.close();
  });

  it("leave nothing behind when they are thrown away, or when their thread cannot be", async () => {
    const lake = join(home, "aborted");
    const storage = createLocalStorage({ root: lake, digests: digests() });
    const writer = await storage.create("silver/b.csv", { size: 40 * MB });
    await writer.write(some(9 * MB, 1));
    await writer.abort();

    const broken = createLocalStorage({ root: lake, digests: digests(pathToFileURL(join(home, "no-script.js"))) });
    const failing = await broken.create("silver/b.csv", { size: 40 * MB });
    await failing.write(Buffer.from("abc"));
    await expect(failing.commit({ ifToken: null })).rejects.toMatchObject({ code: "storage_failed" });
    expect([fs.readdirSync(join(lake, ".vantageflow/tmp")), fs.existsSync(join(lake, "silver/b.csv"))]).toEqual([
      [],
      false,
    ]);
  });
});
