import { createHash, randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, vi } from "vitest";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Client } from "../../src/storage/s3/client.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { bytesOf, keysOf, put, textOf } from "../pipeline/lake.ts";
import { connect } from "../s3/client.ts";
import { startOwnBucket } from "../s3/own.ts";

/** What a healthy server never does: a server of our own breaks connections, loses answers and has quirks. */

const { credentials, server, client, bucket } = await startOwnBucket();
const MIB = 1024 * 1024;
const LINEAGE = { sourceKey: "bronze/b.csv", sourceToken: "t1", variant: "v" };
let lakes = 0;

function makeLake(): LakeStorage {
  return createS3Storage({ client, bucket, prefix: `lake-${++lakes}/` });
}

function uploads() {
  return server.buckets.get(bucket)?.uploads.size;
}

/** Something befalls the first request that matches. */
function once(what: ReturnType<typeof server.interfere>, wanted: string): void {
  let done = false;
  server.interfere = (method, key) => {
    if (done || !`${method} ${key}`.includes(wanted)) return "none";
    done = true;
    return what;
  };
}

async function write(storage: LakeStorage, key: string, bytes: Uint8Array, ifToken?: string | null, lineage = true) {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const writer = await storage.create(key, { derived: lineage });
  try {
    for (let at = 0; at < bytes.length; at += MIB) await writer.write(bytes.subarray(at, at + MIB));
    return await writer.commit({
      sha256,
      ...(ifToken === undefined ? {} : { ifToken }),
      ...(lineage ? { lineage: LINEAGE } : {}),
    });
  } finally {
    await writer.abort();
  }
}

describe("a write whose answer is lost", () => {
  for (const [what, size] of Object.entries({ "one PutObject": 10, "a multipart upload": 17 * MIB })) {
    it(`${what}: is known again by its writer, and is no conflict`, async () => {
      const storage = makeLake();
      const bytes = Buffer.alloc(size, "0123456789abcde");
      await write(storage, "silver/before.csv", bytes, null);
      // Of a multipart upload the first POST begins it and the second completes it.
      let [puts, posts] = [0, 0];
      server.interfere = (method) => {
        if (method === "POST") posts++;
        if (method === "PUT") puts++;
        const last = size > MIB ? method === "POST" && posts === 2 : puts === 1;
        return last ? "break after" : "none";
      };
      const before = server.requests.length;
      const info = await write(storage, "bronze/b.csv", bytes, null, false);
      expect(server.requests.slice(before).filter((one) => one.startsWith("HEAD"))).toHaveLength(1);
      expect(info).toMatchObject({ key: "bronze/b.csv", size });
      const replaced = await write(storage, "bronze/b.csv", Buffer.from("next"), info.token);
      expect((await storage.head("bronze/b.csv"))?.token).toBe(replaced.token);
    });
  }

  it("the same bytes of the same source, written by somebody else meanwhile, are no conflict", async () => {
    const storage = makeLake();
    await write(storage, "a", Buffer.from("same"), null);
    expect((await write(storage, "a", Buffer.from("same"), null)).size).toBe(4);
    await expect(write(storage, "a", Buffer.from("else"), null)).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("a multipart upload that comes to nothing", () => {
  const bytes = Buffer.alloc(20 * MIB);

  it("leaves no parts and no lineage: after a conflict, a failed part, a failed completion, an abort", async () => {
    const storage = makeLake();
    await put(storage, "a", "there");
    const asides = () => server.buckets.get(bucket)?.keys(`lake-${lakes}/.vantageflow/lineage/`);
    await expect(write(storage, "a", bytes, null)).rejects.toMatchObject({ code: "conflict" });
    expect([uploads(), asides()]).toEqual([0, []]);
    server.interfere = (method, key) => (method === "PUT" && key.endsWith("/b") ? "500" : "none");
    await expect(write(storage, "b", bytes)).rejects.toMatchObject({ code: "storage_failed" });
    expect([uploads(), asides()]).toEqual([0, []]);
    let posts = 0;
    server.interfere = (method) => (method === "POST" && ++posts > 1 ? "500" : "none");
    await expect(write(storage, "c", bytes)).rejects.toMatchObject({ code: "storage_failed" });
    expect([uploads(), asides()]).toEqual([0, []]);
    server.interfere = () => "none";
    const writer = await storage.create("d");
    await writer.write(bytes);
    expect(uploads()).toBe(1);
    await writer.abort();
    expect([uploads(), asides(), await keysOf(storage)]).toEqual([0, [], ["a"]]);
  });

  it("a failed part is retried, and the object is whole", async () => {
    const storage = makeLake();
    once("break before", "PUT lake-");
    const odd = Buffer.alloc(20 * MIB + 7, "abcdefghijk");
    await write(storage, "a", odd);
    expect((await bytesOf(storage, "a"))?.equals(odd)).toBe(true);
  });
});

describe("a body that breaks while it is read", () => {
  const bytes = Buffer.alloc(3 * MIB, "0123456789abcdef-");

  it("is taken up again where it broke", async () => {
    const storage = makeLake();
    await put(storage, "a", bytes);
    once("break body", "GET lake-");
    const before = server.requests.length;
    expect((await bytesOf(storage, "a"))?.equals(bytes)).toBe(true);
    expect(server.requests.slice(before).filter((one) => one.startsWith("GET"))).toHaveLength(2);
  });

  it("is superseded when the object was replaced meanwhile: bytes of two versions are never mixed", async () => {
    const storage = makeLake();
    await put(storage, "a", bytes);
    once("break body", "GET lake-");
    const reader = await storage.read("a");
    await put(storage, "a", Buffer.alloc(bytes.length, "x"));
    await expect(drain(reader)).rejects.toMatchObject({ code: "superseded" });
    await reader.close();
  });

  it("fails clearly when it breaks again and again", async () => {
    const storage = makeLake();
    await put(storage, "a", bytes);
    server.interfere = (method) => (method === "GET" ? "break body" : "none");
    const reader = await storage.read("a");
    await expect(drain(reader)).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringMatching(/^Cannot read "lake-\d+\/a" in bucket ".*": .*\. Run the command again\.$/),
    });
    await reader.close();
  });

  it("a checksum that does not match is an error before the end is told", async () => {
    const storage = makeLake();
    await put(storage, "a", bytes);
    const version = server.buckets.get(bucket)?.current(`lake-${lakes}/a`);
    version?.body.write("!", 1000);
    const reader = await storage.read("a");
    await expect(drain(reader)).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining("checksum"),
    });
    await reader.close();
  });
});

async function drain(reader: Awaited<ReturnType<LakeStorage["read"]>>): Promise<number> {
  const into = Buffer.alloc(100_000);
  for (let total = 0; ; ) {
    const pulled = await reader.pull(into);
    if (pulled === 0) return total;
    total += pulled;
  }
}

describe("a server that is less compatible than it says", () => {
  it("is refused when it ignores conditions: nothing is overwritten silently", async () => {
    const storage = makeLake();
    server.quirks.add("ignores conditions on put");
    await expect(write(storage, "a", Buffer.from("x"), null)).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining("ignores If-None-Match"),
    });
    expect(await keysOf(storage)).toEqual([]);
  });

  it("is served in the form of ETags that it matches", async () => {
    const storage = makeLake();
    server.quirks.add("matches bare ETags only");
    let { token } = await write(storage, "a", Buffer.from("1"), null);
    for (const text of ["2", "3"]) ({ token } = await write(storage, "a", Buffer.from(text), token));
    await expect(write(storage, "a", Buffer.from("4"), "0".repeat(32))).rejects.toMatchObject({ code: "conflict" });
    expect(await textOf(storage, "a")).toBe("3");
  });

  it("gets large objects in one request when multipart uploads ignore conditions, in constant memory", async () => {
    const storage = makeLake();
    server.quirks.add("ignores conditions on complete");
    const { token } = await write(storage, "a", Buffer.alloc(20 * MIB), null);
    expect(token).not.toContain("-");
    await expect(write(storage, "a", Buffer.alloc(17 * MIB), null)).rejects.toMatchObject({ code: "conflict" });
    const before = process.memoryUsage.rss();
    const writer = await storage.create("b", { derived: true });
    const chunk = Buffer.alloc(32 * MIB);
    for (let i = 0; i < 9; i++) await writer.write(chunk);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MIB);
    await writer.abort();
    expect([uploads(), await keysOf(storage)]).toEqual([0, ["a"]]);
  });

  it("a request of a temporary file is sent again from its start when the server fails", async () => {
    const storage = makeLake();
    server.quirks.add("ignores conditions on complete");
    const bytes = randomBytes(12 * MIB);
    await put(storage, "first", "asks what the server obeys");
    let puts = 0;
    server.interfere = (method, key) => (method === "PUT" && key.endsWith("/a") && ++puts < 3 ? "500" : "none");
    await write(storage, "a", bytes, null);
    expect(puts).toBe(3);
    expect((await bytesOf(storage, "a"))?.equals(bytes)).toBe(true);
    server.interfere = (method, key) => (method === "PUT" && key.endsWith("/b") ? "500" : "none");
    await expect(write(storage, "b", bytes, null)).rejects.toMatchObject({ code: "storage_failed" });
    server.interfere = () => "none";
    expect(await keysOf(storage)).toEqual(["a", "first"]);
  });

  it("a request that is over reads its temporary file no more: the file's number may be another's by then", async () => {
    const own = connect({ ...credentials, endpoint: server.endpoint });
    const bodies: Readable[] = [];
    own.middlewareStack.add(
      (next) => (args) => {
        const { Body } = args.input as { Body?: unknown };
        if (Body instanceof Readable) bodies.push(Body);
        return next(args);
      },
      { step: "initialize" },
    );
    const storage = createS3Storage({ client: own, bucket, prefix: `lake-${++lakes}/` });
    server.quirks.add("ignores conditions on complete");
    await put(storage, "taken", "");
    let puts = 0;
    server.interfere = (method, key) => (method === "PUT" && key.endsWith("/a") && ++puts < 2 ? "500" : "none");
    await write(storage, "a", Buffer.alloc(12 * MIB), null);
    await expect(write(storage, "taken", Buffer.alloc(12 * MIB), null)).rejects.toMatchObject({ code: "conflict" });
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
    own.destroy();
  });
});

describe("a bucket that others use too", () => {
  it("folders that consoles make and vantageflow's own objects are in no listing", async () => {
    const storage = makeLake();
    for (const Key of [`lake-${lakes}/`, `lake-${lakes}/.vantageflow/x`, `lake-${lakes}/b/`, `lake-${lakes}0/other`]) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "" }));
    }
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: `lake-${lakes}/c/`, Body: "bytes: nothing is hidden" }),
    );
    await put(storage, "b/1", "");
    expect(await keysOf(storage)).toEqual(["b/1", "c/"]);
  });

  it("lineage that came along with a copy to another name is not believed", async () => {
    const storage = makeLake();
    await write(storage, "silver/a", Buffer.from("x"));
    const { headers = {}, body = Buffer.alloc(0) } =
      server.buckets.get(bucket)?.current(`lake-${lakes}/silver/a`) ?? {};
    const none = { ifMatch: undefined, ifNoneMatch: undefined };
    server.buckets.get(bucket)?.put(`lake-${lakes}/silver/b`, body, "etag", { ...headers }, none);
    expect((await storage.head("silver/a"))?.metadata?.sourceKey).toBe(LINEAGE.sourceKey);
    expect((await storage.head("silver/b"))?.metadata).toBeNull();
  });
});

describe("sockets", () => {
  it("as many bodies as batches can be in flight may be open at once, and the next request still gets its answer", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL_S3", server.endpoint);
    vi.stubEnv("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey);
    const own = await createS3Client();
    const storage = createS3Storage({ client: own, bucket, prefix: `lake-${++lakes}/` });
    await put(storage, "a", Buffer.alloc(MIB));
    const readers = Array.from({ length: 256 }, () => storage.read("a"));
    const answers = Promise.all([...readers, storage.head("a")]).then(() => "answered");
    expect(await Promise.race([answers, sleep(10_000, "still waiting")])).toBe("answered");
    for (const reader of readers) await (await reader).close();
    own.destroy();
    vi.unstubAllEnvs();
  });

  it("500 reads and writes, broken ones among them, leave no socket open", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const own = new S3Client({
      credentials,
      endpoint: server.endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: { httpAgent: agent },
    });
    const storage = createS3Storage({ client: own, bucket, prefix: `lake-${++lakes}/` });
    await put(storage, "a", Buffer.alloc(MIB));
    const faults = ["none", "none", "500", "break before", "break body", "break after"] as const;
    let asked = 0;
    server.interfere = () => faults[asked++ % faults.length];
    const outcomes = { done: 0, failed: 0 };
    const one = async (i: number) => {
      try {
        if (i % 5 === 0) await write(storage, `b-${i}`, Buffer.alloc(i * 10), i % 10 === 0 ? null : undefined);
        else if (i % 5 === 1) await storage.head("missing");
        else if (i % 5 === 2) await storage.read("missing");
        else {
          const reader = await storage.read("a");
          try {
            // Every other reader is closed after its first bytes, or before them.
            if (i % 5 === 3) await drain(reader);
            else if (i % 2 === 0) await reader.pull(Buffer.alloc(10));
          } finally {
            await reader.close();
          }
        }
        outcomes.done++;
      } catch {
        outcomes.failed++;
      }
    };
    for (let i = 0; i < 500; i += 20) await Promise.all(Array.from({ length: 20 }, (_, j) => one(i + j)));
    expect(outcomes.done + outcomes.failed).toBe(500);
    expect(Math.min(outcomes.done, outcomes.failed)).toBeGreaterThan(50);
    await expect.poll(() => Object.keys(agent.sockets).length + Object.keys(agent.requests).length).toBe(0);
    const others = (await server.connections()) - Object.values(agent.freeSockets).flat().length;
    own.destroy();
    agent.destroy();
    await expect.poll(() => server.connections()).toBe(others);
  });
});
