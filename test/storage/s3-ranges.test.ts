import { describe, expect, it } from "vitest";
import type { ByteRange, LakeStorage } from "../../src/storage/port.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { startOwnBucket } from "../s3/own.ts";
import { readAll } from "./versions-conformance.ts";

/** Pieces and pages of a bucket where something goes wrong, and what they cost. */

const { server, client, bucket } = await startOwnBucket();
const NONE = { ifMatch: undefined, ifNoneMatch: undefined };
let lakes = 0;

function makeLake(): LakeStorage {
  return createS3Storage({ client, bucket, prefix: `lake-${++lakes}/` });
}

/** What somebody else puts there. */
function replace(key: string, text: string): void {
  const body = Buffer.from(text);
  server.buckets.get(bucket)?.put(`lake-${lakes}/${key}`, body, `etag${text.length}`, {}, NONE);
}

async function piece(storage: LakeStorage, range: ByteRange): Promise<string> {
  return readAll(await storage.read("a", range));
}

/** The requests of a piece of work, without their keys. */
async function requestsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = server.requests.length;
  await work();
  return server.requests.slice(before).map((request) => request.split(" ")[0]);
}

describe("a piece of an object in a bucket", () => {
  it("is one request; a second one only where there are no bytes", async () => {
    const storage = makeLake();
    await put(storage, "a", "0123456789");
    for (const range of [{ start: 0 }, { start: 2, end: 5 }, { start: 5 }, { start: -5 }, { start: 5, end: 50 }]) {
      expect(await requestsOf(() => piece(storage, range)), JSON.stringify(range)).toEqual(["GET"]);
    }
    expect(await requestsOf(() => piece(storage, { start: 5, end: 5 }))).toEqual(["HEAD"]);
    expect(await requestsOf(() => piece(storage, { start: 10 }))).toEqual(["GET", "HEAD"]);
  });

  it("is taken up again where it broke, and ends where it was to end", async () => {
    const storage = makeLake();
    const bytes = "0123456789abcdef-".repeat(60_000);
    await put(storage, "a", bytes);
    let gets = 0;
    server.interfere = (method) => (method === "GET" && ++gets < 3 ? "break body" : "none");
    expect((await piece(storage, { start: 1000, end: 901_000 })) === bytes.slice(1000, 901_000)).toBe(true);
    expect(gets).toBe(3);
  });

  it("is superseded when it broke and the object was replaced meanwhile", async () => {
    const storage = makeLake();
    await put(storage, "a", "x".repeat(500_000));
    server.interfere = (method) => (method === "GET" ? "break body" : "none");
    const reader = await storage.read("a", { start: 10, end: 400_000 });
    replace("a", "y".repeat(500_000));
    server.interfere = () => "none";
    await expect(readAll(reader)).rejects.toMatchObject({ code: "superseded" });
    await reader.close();
  });

  it("is of one version, when the object grows between being too short and being described", async () => {
    const storage = makeLake();
    await put(storage, "a", "short");
    server.interfere = (method) => {
      if (method === "HEAD") replace("a", "much longer");
      return "none";
    };
    expect(await piece(storage, { start: 5 })).toBe("longer");
  });

  it("fails clearly when the object is another one at every look", async () => {
    const storage = makeLake();
    await put(storage, "a", "short");
    server.interfere = (method) => {
      replace("a", method === "HEAD" ? "much longer" : "short");
      return "none";
    };
    await expect(piece(storage, { start: 5 })).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringMatching(/^Cannot read "lake-\d+\/a" in bucket ".*": .*\. Run the command again\.$/),
    });
  });

  it("is never the wrong one, of a server that knows no ranges", async () => {
    const storage = makeLake();
    await put(storage, "a", "0123456789");
    server.quirks.add("ignores ranges");
    expect(await piece(storage, { start: 0 })).toBe("0123456789");
    for (const range of [{ start: 2, end: 5 }, { start: 5 }, { start: -5 }]) {
      await expect(piece(storage, range)).rejects.toMatchObject({
        code: "storage_failed",
        message: expect.stringContaining("the server gives other bytes than it was asked for"),
      });
    }
  });

  it("leaves no socket open, whatever is read of it", async () => {
    const storage = makeLake();
    await put(storage, "a", "x".repeat(3_000_000));
    for (let i = 0; i < 200; i++) {
      const reader = await storage.read("a", { start: i, end: 2_500_000 });
      if (i % 2 === 0) await reader.pull(Buffer.alloc(10));
      await reader.close();
      if (i % 10 === 0) await expect(piece(storage, { start: 3_000_000 })).resolves.toBe("");
    }
    await expect.poll(() => server.connections()).toBeLessThan(10);
  });
});

describe("a listing of a bucket that begins after a key", () => {
  it("does not ask for the pages before it", async () => {
    const storage = makeLake();
    for (let i = 0; i < 2500; i++) replace(`n/${String(i).padStart(4, "0")}`, "x");
    expect((await requestsOf(() => keysOf(storage))).length).toBe(3);
    const after = async () => {
      for await (const _ of storage.list("n/", { after: "n/1999" }));
    };
    expect((await requestsOf(after)).length).toBe(1);
  });

  it("begins there all the same, of a server that does not know how", async () => {
    const storage = makeLake();
    for (const key of ["a", "b", "c"]) replace(key, "x");
    server.quirks.add("ignores start-after");
    const keys: string[] = [];
    for await (const { key } of storage.list("", { after: "b" })) keys.push(key);
    expect(keys).toEqual(["c"]);
  });
});
