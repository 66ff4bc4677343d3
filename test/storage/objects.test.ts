import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { digestOf, pullChunks, readChunks, readText, sha256Of } from "../../src/storage/objects.ts";
import { put } from "../pipeline/lake.ts";

const MIB = 1024 * 1024;

/** A source that answers at once, and gives no more than `most` bytes at a time. */
function sourceOf(bytes: Buffer, most = Number.POSITIVE_INFINITY) {
  let at = 0;
  const sizes: number[] = [];
  return {
    sizes,
    pull(into: Uint8Array) {
      sizes.push(into.length);
      const pulled = bytes.copy(into, 0, at, at + Math.min(into.length, most));
      at += pulled;
      return pulled;
    },
  };
}

async function joined(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

describe("the bytes of an object", () => {
  it("come whole and in order, whatever a pull gives and whatever size was expected", async () => {
    const law = fc.asyncProperty(
      fc.uint8Array({ maxLength: 5000 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
      async (bytes, most, size) => {
        const read = await joined(pullChunks(sourceOf(Buffer.from(bytes), most), size));
        expect(read.equals(Buffer.from(bytes))).toBe(true);
      },
    );
    await fc.assert(law);
  });

  it("are read in two pulls, in no more memory than they need, where there are few", async () => {
    const source = sourceOf(Buffer.alloc(3000));
    await joined(pullChunks(source, 3000));
    expect(source.sizes).toEqual([3000, 3000]);
    const unknown = sourceOf(Buffer.alloc(3000));
    await joined(pullChunks(unknown));
    expect(unknown.sizes).toEqual([256 * 1024, 256 * 1024]);
  });

  it("may be kept: every chunk that is read of a lake has memory of its own", async () => {
    const storage = createMemoryStorage();
    const bytes = Buffer.alloc(MIB + 7, "0123456789abcdef-");
    await put(storage, "a", bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of readChunks(storage, "a")) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(2);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it("leave room to breathe: a signal or timer is heard while they are read from what answers at once", async () => {
    let heard = false;
    setImmediate(() => {
      heard = true;
    });
    let read = 0;
    for await (const chunk of pullChunks(sourceOf(Buffer.alloc(40 * MIB)))) {
      read += chunk.length;
      if (heard) break;
    }
    expect(heard).toBe(true);
    expect(read).toBeLessThan(17 * MIB);
  });

  it("have a digest, of a reader as of a key", async () => {
    const storage = createMemoryStorage();
    const bytes = Buffer.alloc(700_000, "0123456789abcdef-");
    await put(storage, "a", bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(await sha256Of(storage, "a")).toBe(sha256);
    const taken: Buffer[] = [];
    const reader = await storage.read("a");
    expect(await digestOf(reader, (chunk) => void taken.push(Buffer.from(chunk)))).toBe(sha256);
    expect(Buffer.concat(taken).equals(bytes)).toBe(true);
    await expect(sha256Of(storage, "none")).rejects.toMatchObject({ code: "not_found" });
  });

  it("are pulled in one loop: elsewhere a pull fills the scanner's arena, what a contract makes on the way there or what several read, or is handed on", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
    const pulling = files.filter((file) =>
      /(?<!function )\b#?pull\((?!into\b)/.test(readFileSync(join("src", file), "utf8")),
    );
    expect(pulling.toSorted()).toEqual([
      ...["cli/commands/contract/infer.ts", "contracts/charset/decoder.ts", "contracts/charset/utf8.ts"],
      ...["contracts/compressed/input.ts", "contracts/frames/json.ts"],
      ...["contracts/frames/json/window.ts", "contracts/frames/window.ts"],
      ...["contracts/threads/threaded-rows.ts", "pipeline/source.ts", "preview/tee.ts", "storage/objects.ts"],
    ]);
  });
});

describe("the text of a small object", () => {
  it("may have 1 MiB, or as much as is asked for", async () => {
    const storage = createMemoryStorage();
    await put(storage, "most", "x".repeat(MIB));
    await put(storage, "more", "x".repeat(MIB + 1));
    expect((await readText(storage, "most")).length).toBe(MIB);
    const refused = {
      code: "input_invalid",
      message: `Cannot read "more": it is larger than 1048576 bytes. Remove it if it is not vantageflow's.`,
    };
    await expect(readText(storage, "more")).rejects.toMatchObject(refused);
    expect((await readText(storage, "more", 2 * MIB)).length).toBe(MIB + 1);
    expect((await readText(storage, "more", MIB + 1)).length).toBe(MIB + 1);
    await expect(readText(storage, "most", 10)).rejects.toMatchObject({
      message: expect.stringContaining("it is larger than 10 bytes"),
    });
  });

  it("is whole where a chunk ends within a character", async () => {
    const storage = createMemoryStorage();
    const text = `x${"日本\u{1f600}".repeat(30_000)}`;
    await put(storage, "a", text);
    expect(await readText(storage, "a")).toBe(text);
  });
});
