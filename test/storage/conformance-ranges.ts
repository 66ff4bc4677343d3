import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteRange, LakeStorage, ObjectReader } from "../../src/storage/port.ts";
import { put } from "../pipeline/lake.ts";
import { REFUSED_KEYS } from "./keys.ts";

/** Of a store that is a server, each costs some requests. */
const RUNS = 60;
const SIZES = [0, 1, 2, 7, 1000];

async function drain(reader: ObjectReader, chunkBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for (;;) {
      const chunk = Buffer.alloc(chunkBytes);
      const pulled = await reader.pull(chunk);
      if (pulled === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, pulled));
    }
  } finally {
    await reader.close();
  }
}

async function piece(storage: LakeStorage, key: string, range: ByteRange, chunkBytes = 64 * 1024): Promise<Buffer> {
  return drain(await storage.read(key, range), chunkBytes);
}

const text = async (storage: LakeStorage, range: ByteRange) => (await piece(storage, "a", range)).toString();

/** Every byte tells where it stands. */
function bytesOfSize(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
}

/** What every adapter must do with a piece of an object. */
export function describeRanges(name: string, make: () => LakeStorage): void {
  describe(`${name} reads pieces of an object`, () => {
    it("from a byte up to another, to the end, and the last ones", async () => {
      const storage = make();
      await put(storage, "a", "0123456789");
      expect(await text(storage, { start: 2, end: 5 })).toBe("234");
      expect(await text(storage, { start: 0, end: 1 })).toBe("0");
      expect(await text(storage, { start: 9, end: 10 })).toBe("9");
      expect(await text(storage, { start: 0 })).toBe("0123456789");
      expect(await text(storage, { start: 7 })).toBe("789");
      expect(await text(storage, { start: -3 })).toBe("789");
      expect(await text(storage, { start: -10 })).toBe("0123456789");
    });

    it("leaves out what lies beyond the end, which may be all of it", async () => {
      const storage = make();
      await put(storage, "a", "0123456789");
      expect(await text(storage, { start: 8, end: 12 })).toBe("89");
      expect(await text(storage, { start: 8, end: Number.MAX_SAFE_INTEGER })).toBe("89");
      expect(await text(storage, { start: -11 })).toBe("0123456789");
      for (const start of [10, 11, 1e12]) {
        expect(await text(storage, { start }), String(start)).toBe("");
        expect(await text(storage, { start, end: start + 5 }), String(start)).toBe("");
      }
    });

    it("an empty piece is no bytes, of whatever object there is", async () => {
      const storage = make();
      await put(storage, "a", "0123456789");
      for (const at of [0, 5, 10, 11]) expect(await text(storage, { start: at, end: at }), String(at)).toBe("");
      await put(storage, "a", "");
      for (const range of [{ start: 0 }, { start: 0, end: 0 }, { start: 0, end: 5 }, { start: 3 }, { start: -3 }]) {
        const reader = await storage.read("a", range);
        expect(reader.head).toEqual(await storage.head("a"));
        expect((await drain(reader, 10)).length).toBe(0);
      }
    });

    it("tells of the whole object, lineage too, whichever piece is read", async () => {
      const storage = make();
      const lineage = { sourceKey: "bronze/b.csv", sourceToken: "t1", variant: "v" };
      const writer = await storage.create("a", { derived: true });
      await writer.write(Buffer.from("0123456789"));
      await writer.commit({ sha256: "abc", lineage });
      const head = await storage.head("a");
      expect(head).toMatchObject({ size: 10, metadata: { ...lineage, sha256: "abc" } });
      for (const range of [{ start: 0, end: 1 }, { start: 4 }, { start: -1 }, { start: 10 }, { start: 5, end: 5 }]) {
        const reader = await storage.read("a", range);
        expect(reader.head, JSON.stringify(range)).toEqual(head);
        await reader.close();
      }
    });

    it("has not found what is not there, for an empty piece too", async () => {
      const storage = make();
      await put(storage, "folder/a", "x");
      for (const range of [{ start: 0 }, { start: 0, end: 5 }, { start: 5, end: 5 }, { start: -5 }]) {
        for (const key of ["a", "folder"]) {
          await expect(storage.read(key, range), JSON.stringify(range)).rejects.toMatchObject({ code: "not_found" });
        }
      }
    });

    it("numbers that are no range are a mistake of the program, whether there is an object or not", async () => {
      const storage = make();
      await put(storage, "a", "0123456789");
      for (const range of [
        { start: 5, end: 4 },
        { start: 0, end: -1 },
        { start: -3, end: 10 },
        { start: -3, end: -1 },
        { start: 0.5 },
        { start: 0, end: 1.5 },
        { start: Number.NaN },
        { start: 0, end: Number.NaN },
        { start: Number.POSITIVE_INFINITY },
        { start: 0, end: Number.POSITIVE_INFINITY },
        { start: 2 ** 53 },
      ]) {
        for (const key of ["a", "none"]) await expect(storage.read(key, range)).rejects.toBeInstanceOf(RangeError);
      }
    });

    it("refuses keys that could leave the lake", async () => {
      const storage = make();
      for (const key of REFUSED_KEYS) {
        await expect(storage.read(key, { start: 0, end: 1 }), key).rejects.toMatchObject({ code: "key_invalid" });
      }
    });

    it("any piece is what subarray makes of the bytes, in pulls of any size", async () => {
      const storage = make();
      for (const size of SIZES) await put(storage, `of/${size}`, bytesOfSize(size));
      const place = fc.integer({ min: 0, max: 1100 });
      const ranges = fc.oneof(
        fc.tuple(place, place).map(([a, b]): ByteRange => ({ start: Math.min(a, b), end: Math.max(a, b) })),
        fc.integer({ min: -1100, max: 1100 }).map((start): ByteRange => ({ start })),
      );
      const law = fc.asyncProperty(
        fc.constantFrom(...SIZES),
        ranges,
        fc.integer({ min: 1, max: 300 }),
        async (...one) => {
          const [size, range, chunkBytes] = one;
          const wanted = bytesOfSize(size).subarray(range.start, range.end);
          const read = await piece(storage, `of/${size}`, range, chunkBytes);
          expect(read.equals(wanted), `${read.length} of ${wanted.length} bytes`).toBe(true);
        },
      );
      await fc.assert(law, { numRuns: RUNS });
    });

    it("pieces put together are the object, wherever it was cut", async () => {
      const storage = make();
      const bytes = bytesOfSize(700_001);
      await put(storage, "a", bytes);
      const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 5 });
      const law = fc.asyncProperty(cuts, fc.integer({ min: 1000, max: 300_000 }), async (unsorted, chunkBytes) => {
        const starts = [0, ...unsorted.toSorted((a, b) => a - b)];
        // The last piece goes to the end, whatever that is.
        const ranges = starts.map((start, i) => (i + 1 < starts.length ? { start, end: starts[i + 1] } : { start }));
        const pieces = await Promise.all(ranges.map((range) => piece(storage, "a", range, chunkBytes)));
        expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
      });
      await fc.assert(law, { numRuns: RUNS / 6 });
    });

    it("reads a piece of the version that it opened, whatever is written meanwhile", async () => {
      const storage = make();
      await put(storage, "a", "0123456789");
      const reader = await storage.read("a", { start: 3, end: 6 });
      await put(storage, "a", "abcdefghij");
      expect((await drain(reader, 2)).toString()).toBe("345");
    });

    it("is at the end for good, and closed for good", async () => {
      const storage = make();
      await put(storage, "a", "0123456789");
      for (const range of [{ start: 3, end: 6 }, { start: 20 }]) {
        const reader = await storage.read("a", range);
        const into = Buffer.alloc(100);
        while ((await reader.pull(into)) > 0);
        expect([await reader.pull(into), await reader.pull(into)]).toEqual([0, 0]);
        await reader.close();
        await reader.close();
        await expect((async () => reader.pull(into))()).rejects.toThrow("closed");
      }
    });
  });
}
