import fc from "fast-check";
import { parseString } from "fast-csv";
import { describe, expect, it } from "vitest";
import { processObject } from "../../src/engine/foreground.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, type Outcome, process, put, textOf } from "./lake.ts";

const COLUMNS = ["timestamp", "device_id", "value", "unit", "anomaly_score", "note"];

/** Rows as fast-csv reads them, which shares no code with the scanner. Null where it throws. */
function oracle(text: string): Promise<string[][] | null> {
  return new Promise((resolve) => {
    const rows: string[][] = [];
    parseString<string[], string[]>(text, { headers: false, ignoreEmpty: false })
      .on("error", () => resolve(null))
      .on("data", (row: string[]) => rows.push(row))
      .on("end", () => resolve(rows));
  });
}

const field = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."ab1.-% \u00e9"), maxLength: 6 }),
  fc.string({ unit: fc.constantFrom(..."ab,\"\n\r'"), maxLength: 6 }).map((text) => `"${text.replaceAll('"', '""')}"`),
);
const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map(String);
const valid = fc.tuple(
  fc.constantFrom("2025-01-01T00:00:00Z", "2025-01-01 00:00:00.5", '"2025-01-01T00:00:00Z"', "1704067200"),
  fc.oneof(field, fc.constantFrom("FAB-1", "FAB-2")),
  number,
  field,
  fc.double({ noNaN: true, min: 0, max: 1 }).map(String),
  field,
);
const ragged = fc.array(field, { minLength: 2, maxLength: 8 });
const again = fc.constantFrom([...COLUMNS], [...COLUMNS.map((name) => `"${name}"`)]);
const lineEnd = fc.constantFrom("\n", "\r\n", "\n", "\n\n");
const csv = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.tuple(fc.oneof({ weight: 8, arbitrary: valid }, { weight: 2, arbitrary: ragged }, again), lineEnd), {
      maxLength: 12,
    }),
    fc.boolean(),
  )
  .map(([mark, rows, isCutOff]) => {
    const head = `${mark ? "\ufeff" : ""}${COLUMNS.join(",")}\n`;
    const text = head + rows.map(([fields, end]) => fields.join(",") + end).join("");
    return isCutOff ? text.replace(/[\r\n]+$/, "") : text;
  });

/** All rows that came out, by their fields, in the order of the input. */
async function rowsOf(outcome: Outcome): Promise<{ valid: string[][]; rejected: string[] }> {
  const silver = (await oracle(outcome.silver ?? "")) ?? [];
  const anomalies = (await oracle(outcome.anomalies ?? "")) ?? [];
  const rejects = (await oracle(outcome.rejects ?? "")) ?? [];
  return { valid: [...silver.slice(1), ...anomalies.slice(1)], rejected: rejects.slice(1).map((row) => row[5]) };
}

const sorted = (rows: string[][]) => rows.map((row) => JSON.stringify(row)).sort();

/** Outcome without what may differ between two ways of reading the same bytes. */
function essence({ result, silver, anomalies, rejects, gold }: Outcome) {
  return {
    rows: result.rows,
    notes: result.notes,
    error: result.error,
    outcome: result.outcome,
    silver,
    anomalies,
    rejects,
    gold,
  };
}

/** Runs bytes through a reader that hands out as many at a time as `sizes` say, now at once, now later. */
async function inPieces(text: Buffer, sizes: readonly number[], chunkBytes: number): Promise<Outcome> {
  const lake = createLake({ chunkBytes, maxRowBytes: 1024 });
  await put(lake.storage, "bronze/b.csv", text);
  let turn = 0;
  const storage: LakeStorage = {
    ...lake.storage,
    async read(key) {
      const reader = await lake.storage.read(key);
      let position = 0;
      const pull = (into: Uint8Array) => {
        const size = Math.min(sizes[turn++ % sizes.length], into.length, text.length - position);
        into.set(text.subarray(position, position + size));
        position += size;
        return turn % 2 === 0 ? size : Promise.resolve(size);
      };
      return key.startsWith("bronze/") ? { ...reader, pull } : reader;
    },
  };
  const head = await lake.storage.head("bronze/b.csv");
  if (head === null) throw new Error("bronze was just written");
  const result = await processObject({ ...lake, storage }, "bronzeToSilver", head);
  const read = (key: string) => textOf(lake.storage, key);
  return {
    result,
    silver: await read("silver/b.csv"),
    anomalies: await read("anomalies/b.csv"),
    rejects: await read("anomalies/b.rejects.csv"),
    gold: await read("gold/b.csv"),
    deadLetters: [],
    receipts: [],
  };
}

describe("the scanner", () => {
  it("finds the rows and fields that fast-csv finds", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(csv, async (text) => {
        const outcome = await process(text);
        const expected = await oracle(text);
        // A quote amid an unquoted field is legal nowhere; fast-csv throws, vantageflow rejects that row alone.
        if (expected === null || outcome.result.outcome !== "done") return;
        compared++;
        // fast-csv gives an empty line as a row of no or one empty field; a line of blanks is empty to vantageflow too.
        const rows = expected.slice(1).filter((row) => row.length > 1);
        const { valid: found, rejected } = await rowsOf(outcome);
        const wellFormed = rows.filter((row) => row.length === COLUMNS.length);
        expect(found.length + rejected.length).toBe(rows.length);
        const rejectedRows = (await Promise.all(rejected.map((row) => oracle(row)))).map((parsed) => parsed?.[0] ?? []);
        expect(sorted([...found, ...rejectedRows])).toEqual(sorted(rows));
        expect(wellFormed.length).toBeGreaterThanOrEqual(found.length);
      }),
      { numRuns: 1500 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  it("gives the same outputs and errors for the same bytes, however they arrive", async () => {
    const mutated = fc.tuple(csv, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })).map(([text, edits]) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(mutated, sizes, fc.constantFrom(64, 65, 100, 257), async (bytes, pieces, chunkBytes) => {
        const whole = await process(bytes, { settings: { maxRowBytes: 1024 } });
        expect(essence(await inPieces(bytes, pieces, chunkBytes))).toEqual(essence(whole));
      }),
      { numRuns: 1500 },
    );
  });

  it("reaches the same result by its fast loop as by its complete parser", async () => {
    const rows = fc.array(
      fc.tuple(
        fc.constantFrom(
          "2025-01-01T00:00:00Z",
          "2025-01-01T00:01:00+02:00",
          "2025-02-30T00:00:00Z",
          "2025-01-01 00:00",
        ),
        fc.constantFrom(
          "FAB-1",
          "FAB-2",
          " FAB-1",
          "FAB-2\t",
          " FAB 1 ",
          "  ",
          "",
          "\u00e9",
          "F".repeat(257),
          "F".repeat(256),
        ),
        fc.oneof(number, fc.constantFrom("1.", "-0", "1e99", "abc", "12345678901.25")),
        fc.constantFrom("C", "%", ""),
        fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }).map(String), fc.constantFrom("0.5", "-0", "1.5", "")),
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (cells) => {
        const header = `${COLUMNS.slice(0, 5).join(",")}\n`;
        const plain = await process(header + cells.map((row) => `${row.join(",")}\n`).join(""));
        // A quoted timestamp means the same and takes every row off the fast loop.
        const quoted = await process(header + cells.map(([t, ...rest]) => `"${t}",${rest.join(",")}\n`).join(""));
        expect(quoted.result.rows).toEqual(plain.result.rows);
        expect(quoted.gold).toBe(plain.gold);
        const withoutQuotes = (text: string | null) => text?.replaceAll(/^"([^"]*)",/gm, "$1,");
        expect(withoutQuotes(quoted.silver)).toBe(plain.silver);
        expect(withoutQuotes(quoted.anomalies)).toBe(plain.anomalies);
      }),
      { numRuns: 500 },
    );
  });

  it("points at the rejected row: its line as an editor counts, its offset in the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(csv, async (text) => {
        const outcome = await process(text);
        const bytes = Buffer.from(text);
        for (const [line, offset, , , , row] of ((await oracle(outcome.rejects ?? "")) ?? []).slice(1)) {
          const at = Number(offset);
          expect(bytes.subarray(at, at + Buffer.byteLength(row)).toString()).toBe(row);
          const before = bytes.subarray(0, at).toString().replaceAll("\r\n", "\n").replaceAll("\r", "\n");
          expect(Number(line)).toBe(before.split("\n").length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("loses no byte of a row: valid rows and rejects are pieces of the input", async () => {
    await fc.assert(
      fc.asyncProperty(csv, async (text) => {
        const outcome = await process(text);
        if (outcome.result.outcome !== "done") return;
        const { silver, anomalies, rejects, blank, in: all } = outcome.result.rows;
        expect(all).toBe(silver + anomalies + rejects + blank);
        const { rejected } = await rowsOf(outcome);
        for (const row of rejected) expect(text).toContain(row);
      }),
      { numRuns: 300 },
    );
  });
});
