import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LakeStorage } from "../../src/storage/port.ts";
import { contractOf, madeBy, rowsOf } from "./made.ts";
import { pullOf } from "./pulls.ts";
import type { RandomSource, ToldRecord } from "./random-source.ts";
import { SOURCES } from "./random-sources.ts";

const ENCODINGS = {
  "utf-8": (text: string) => Buffer.from(text, "utf8"),
  "utf-16le": (text: string) => Buffer.from(text, "utf16le"),
  // Of what these sources have, only what Latin-1 has, too.
  "windows-1252": (text: string) => Buffer.from(text, "latin1"),
};
type Encoding = keyof typeof ENCODINGS;

/** What a source has to become, by what was put into it. */
function wantedOf({ records, front, between }: RandomSource, encode: (text: string) => Buffer) {
  const [silver, rejects] = [[] as string[], [] as object[]];
  let absent = 0;
  let before = front;
  for (const [i, { text, readings }] of records.entries()) {
    if (i > 0) before += between;
    let told = 0;
    for (const reading of readings) {
      if (reading === "absent") absent++;
      else if ("row" in reading) silver.push(reading.row);
      else {
        const place = { line: before.split("\n").length, byteOffset: encode(before).length };
        rejects.push({ ...place, reason: reading.reason, row: told++ < 8 ? text : "" });
      }
    }
    before += text;
  }
  return { silver: silver.join("\n"), rejects, absent };
}

function written({ records, front, between, behind }: RandomSource): string {
  return `${front}${records.map(({ text }: ToldRecord) => text).join(between)}${behind}`;
}

function formatted({ contract }: RandomSource, format: object): string {
  const one = { ...contract, format: { ...contract.format, ...format } };
  return contractOf(one);
}

describe.each(Object.entries(SOURCES))("random sources of %s", (name, source) => {
  const encodings = name === "csv" || name === "ndjson" ? (Object.keys(ENCODINGS) as Encoding[]) : (["utf-8"] as const);

  it("become the readings that were put into them, digit by digit, and every other one is told with its place and bytes", async () => {
    const property = fc.asyncProperty(
      source,
      fc.constantFrom<Encoding>(...encodings),
      fc.boolean(),
      async (one, encoding, isPacked) => {
        const encode = ENCODINGS[encoding];
        const bytes = encode(written(one));
        const format = {
          ...(encodings.length > 1 ? { encoding } : {}),
          ...(isPacked ? { compression: "gzip" } : {}),
        };
        const made = await madeBy(formatted(one, format), isPacked ? gzipSync(bytes) : bytes);
        const wanted = wantedOf(one, encode);
        expect([made.error, rowsOf(made.silver).join("\n")]).toEqual([null, wanted.silver]);
        const told = made.told.map(({ line, byte_offset, reason, row }) => ({
          ...{ line: Number(line), byteOffset: Number(byte_offset), reason, row },
        }));
        expect(told).toEqual(wanted.rejects);
        for (const { byteOffset, row } of told) {
          const own = encode(row);
          expect(bytes.subarray(byteOffset, byteOffset + own.length)).toEqual(own);
        }
        const { silver, anomalies, rejects, blank } = made.rows;
        expect([made.rows.in, blank]).toEqual([silver + anomalies + rejects + blank, wanted.absent]);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it("become the same bytes in whatever pieces they come and are scanned", async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(
      source,
      pieces,
      fc.integer({ min: 64, max: 300 }),
      async (one, sizes, chunkBytes) => {
        const contract = formatted(one, {});
        const bytes = Buffer.from(written(one));
        const whole = await madeBy(contract, bytes);
        const parted = await madeBy(contract, bytes, { chunkBytes }, (storage) => inPieces(storage, bytes, sizes));
        for (const text of ["silver", "anomalies", "rejects", "gold"] as const) expect(parted[text]).toBe(whole[text]);
        expect(parted.rows).toEqual(whole.rows);
      },
    );
    await fc.assert(property, { numRuns: 80 });
  });
});

/** A store of which a source is handed out in these pieces. */
function inPieces(storage: LakeStorage, bytes: Buffer, sizes: readonly number[]): LakeStorage {
  return {
    ...storage,
    async read(key, range) {
      const reader = await storage.read(key, range);
      return key.startsWith("bronze/") ? { ...reader, pull: pullOf(bytes, sizes) } : reader;
    },
  };
}
