import { createHash } from "node:crypto";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Compression, inflate } from "../../src/contracts/inflate.ts";
import { errorClass, VantageflowError } from "../../src/errors.ts";
import { drained, pullOf } from "./pulls.ts";

/** Of a Node that has zstd; the types are those of Node 20. */
const { zstdCompressSync } = zlib as unknown as { zstdCompressSync?: (b: Uint8Array, o?: object) => Buffer };
const CHECKSUM = { params: { 201: 1 } };

const COMPRESS: Readonly<Record<Compression, ((bytes: Uint8Array) => Buffer) | undefined>> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  zstd: zstdCompressSync && ((bytes) => zstdCompressSync(bytes, CHECKSUM)),
};
const KINDS = (Object.keys(COMPRESS) as Compression[]).filter((kind) => COMPRESS[kind] !== undefined);

const ROWS = Buffer.from(
  Array.from({ length: 9000 }, (_, i) => `2025-02-01T10:${i % 60},FAB-${i % 7},${(i * 7919) % 1000}.5,C,0\n`).join(""),
);

/** Bytes that no compression makes fewer. */
const NOISE = Buffer.concat(Array.from({ length: 2048 }, (_, i) => createHash("sha256").update(String(i)).digest()));

async function failureOf(promise: Promise<unknown>): Promise<VantageflowError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof VantageflowError)) throw new Error(`expected to be refused: ${error}`);
  expect(errorClass(error)).toBe("data");
  return error;
}

const read = (bytes: Uint8Array, kind: Compression = "gzip", maxBytes?: number) =>
  drained(inflate("bronze/a.csv", pullOf(bytes), kind, maxBytes).pull);

/** A header with every field that RFC 1952 §2.3 knows. */
function withEveryField(member: Buffer): Buffer {
  const extra = Buffer.alloc(4464, 1);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(extra.length);
  const fixed = Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 0, 3]);
  const header = Buffer.concat([fixed, length, extra, Buffer.alloc(80_000, "n"), Buffer.from("\0a comment\0")]);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(zlib.crc32(header) & 0xffff);
  return Buffer.concat([header, checksum, member.subarray(10)]);
}

describe.each(KINDS)("what is compressed with %s", (kind) => {
  const compress = COMPRESS[kind]!;

  it("comes out as it was, of however many parts, whatever pieces come in and are asked for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 500 }),
        async (parts, pieces, at) => {
          const object = Buffer.concat(parts.map(compress));
          const out = await drained(inflate("a", pullOf(object, pieces), kind).pull, at);
          expect(out.equals(Buffer.concat(parts))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("comes out where parts end anywhere in what is read at once", async () => {
    for (let shift = -12; shift <= 12; shift++) {
      const overhead = compress(NOISE).length - NOISE.length;
      const noise = NOISE.subarray(0, 65_536 - overhead + shift);
      const first = compress(noise);
      expect(Math.abs(first.length - 65_536 - shift)).toBeLessThan(16);
      const out = await read(Buffer.concat([first, compress(ROWS), first]), kind);
      expect(out.equals(Buffer.concat([noise, ROWS, noise]))).toBe(true);
    }
  });

  it("is refused cut off anywhere, at the byte where it ends", async () => {
    const object = Buffer.concat([compress(ROWS.subarray(0, 50)), compress(ROWS.subarray(50, 300))]);
    const whole = compress(ROWS.subarray(0, 50)).length;
    for (let length = 1; length < object.length; length++) {
      if (length === whole) continue;
      const error = await failureOf(read(object.subarray(0, length), kind));
      expect([error.code, error.byteOffset]).toEqual([
        "compressed_damaged",
        length < 4 && kind === "zstd" ? 0 : length,
      ]);
    }
  });

  it("is refused with any of its bits flipped, unless that changes nothing of what it holds", async () => {
    const text = ROWS.subarray(0, 400);
    const object = compress(text);
    await fc.assert(
      fc.asyncProperty(fc.nat(object.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Buffer.from(object);
        flipped[at] ^= 1 << bit;
        const out = await read(flipped, kind).catch((error) => error);
        if (out instanceof VantageflowError) expect(out.code).toMatch(/^(compressed_damaged|inflated_too_large)$/);
        else expect(out.equals(text)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("is refused for what stands behind its end and is no part, with its offset: zeros, too, and what another part follows", async () => {
    const object = compress(ROWS);
    for (const behind of [Buffer.alloc(512), Buffer.from("garbage"), Buffer.concat([Buffer.alloc(9), object])]) {
      const error = await failureOf(read(Buffer.concat([object, behind]), kind));
      expect([error.code, error.byteOffset]).toEqual(["compressed_damaged", object.length]);
    }
  });

  it("is refused when it becomes too large, at once, and however many parts it has", async () => {
    const zeros = compress(Buffer.alloc(8 << 20));
    for (const object of [zeros, Buffer.concat([zeros, zeros, zeros])]) {
      const inflating = inflate("a", pullOf(object), kind);
      let out = 0;
      const into = Buffer.alloc(1 << 16);
      const all = async () => {
        for (let length = 1; length > 0; out += length) length = await inflating.pull(into);
      };
      expect((await failureOf(all())).code).toBe("inflated_too_large");
      expect(out).toBeLessThanOrEqual(200 * object.length + 2 ** 20);
      expect((await failureOf(all())).code).toBe("inflated_too_large");
    }
  });

  it("is refused beyond the limit, and read up to it", async () => {
    expect((await failureOf(read(compress(ROWS), kind, ROWS.length - 1))).code).toBe("inflated_too_large");
    expect((await read(compress(ROWS), kind, ROWS.length)).equals(ROWS)).toBe(true);
  });

  it("is nothing where it holds nothing, and refused where it is empty or another thing", async () => {
    expect((await read(compress(Buffer.alloc(0)), kind)).length).toBe(0);
    expect((await failureOf(read(Buffer.alloc(0), kind))).code).toBe("empty");
    for (const other of [ROWS, Buffer.from("\x1f"), Buffer.from("PK\x03\x04"), Buffer.alloc(30)]) {
      const error = await failureOf(read(other, kind));
      expect([error.code, error.byteOffset]).toEqual([
        "compressed_damaged",
        other.length === 1 && kind === "gzip" ? 1 : 0,
      ]);
    }
  });

  it("reads on only as it is pulled, and no further once it is closed", async () => {
    const object = Buffer.concat(Array(40).fill(compress(NOISE)));
    const source = pullOf(object, [1000]);
    const inflating = inflate("a", source, kind);
    expect(await inflating.pull(Buffer.alloc(10))).toBe(10);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(source.pulled).toBeLessThanOrEqual(1 << 17);
    inflating.close();
    inflating.close();
    await expect((async () => inflating.pull(Buffer.alloc(10)))()).rejects.toThrow("no longer inflated");
    expect(source.pulled).toBeLessThanOrEqual(1 << 17);
  });

  it("can be closed at any moment of a pull, which then fails and never tells an end", async () => {
    const object = compress(ROWS);
    for (let ticks = 0; ticks < 60; ticks++) {
      const inflating = inflate("a", pullOf(object, [997]), kind);
      const all = drained(inflating.pull, 50_000).then(
        (out) => out.equals(ROWS),
        (error) => /no longer inflated|was closed/.test(error.message),
      );
      for (let tick = 0; tick < ticks; tick++) await (tick % 8 === 7 ? new Promise(setImmediate) : null);
      inflating.close();
      expect(await all).toBe(true);
    }
  });

  it("passes on what the store throws, again and again", async () => {
    const gone = new VantageflowError("storage_failed", "gone");
    const source = pullOf(compress(ROWS).subarray(0, 200));
    const inflating = inflate("a", async (into) => (await source(into)) || Promise.reject(gone), kind);
    await expect(drained(inflating.pull)).rejects.toBe(gone);
    await expect(drained(inflating.pull)).rejects.toBe(gone);
  });
});

describe("gzip", () => {
  it("may have every field in its header, longer than what is read at once", async () => {
    const member = withEveryField(zlib.gzipSync(ROWS));
    const out = await drained(inflate("a", pullOf(Buffer.concat([member, member]), [777]), "gzip").pull);
    expect(out.equals(Buffer.concat([ROWS, ROWS]))).toBe(true);
    for (const at of [10, 5000, 84_464, 84_475]) {
      const flipped = Buffer.from(member);
      flipped[at] ^= 1;
      expect((await failureOf(read(flipped))).code).toBe("compressed_damaged");
    }
    for (let length = 1; length < 85_000; length += 7919) {
      expect((await failureOf(read(member.subarray(0, length)))).byteOffset).toBe(length);
    }
  });

  it.each([
    ["of another method", 2, 7, 2],
    ["with reserved flags", 3, 0x20, 3],
    ["with another checksum", -6, 0xff, -8],
    ["with another length", -2, 0xff, -4],
    ["whose first block is of no type", 10, 7, 10],
  ])("%s is refused at its byte", async (_, at, value, offset) => {
    const object = zlib.gzipSync(ROWS);
    object[at < 0 ? object.length + at : at] = value;
    const error = await failureOf(read(object));
    expect([error.code, error.byteOffset]).toEqual([
      "compressed_damaged",
      offset < 0 ? object.length + offset : offset,
    ]);
    expect(error.message).toMatch(
      /^Cannot read "bronze\/a\.csv": byte offset \d+: .+\. Compress it again, or fetch it/,
    );
  });
});

describe.runIf(zstdCompressSync === undefined)("a Node without zstd", () => {
  it("says which has it", () => {
    expect(() => inflate("a.csv", pullOf(ROWS), "zstd")).toThrow(/Cannot read "a.csv": v2.* Use Node 22\.15 or later/);
  });
});

describe.runIf(zstdCompressSync !== undefined)("zstd", () => {
  it("may have frames that are to be skipped, anywhere", async () => {
    const skipped = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 0, 1, 1, 0]), Buffer.alloc(65_792)]);
    const frame = zstdCompressSync!(ROWS);
    const parts = [skipped, frame, skipped, skipped, frame, skipped];
    expect((await read(Buffer.concat(parts), "zstd")).equals(Buffer.concat([ROWS, ROWS]))).toBe(true);
    const error = await failureOf(read(Buffer.concat([frame, skipped]).subarray(0, -1), "zstd"));
    expect(error.byteOffset).toBe(frame.length + skipped.length - 1);
  });
});
