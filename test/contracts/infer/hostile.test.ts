import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseContract } from "../../../src/contracts/contract.ts";
import { inferContract } from "../../../src/contracts/infer/infer.ts";
import { problemText } from "../../../src/contracts/problem.ts";
import { VantageflowError } from "../../../src/errors.ts";
import { cpuSeconds } from "../../cpu-seconds.ts";
import { known } from "../contracts.ts";

const FOLDER = "test/contracts/cases";
const SOURCES = readdirSync(FOLDER).map((name) => {
  const file = readdirSync(`${FOLDER}/${name}`).find((one) => one.startsWith("source."));
  return readFileSync(`${FOLDER}/${name}/${file}`);
});

/** A proposal that is a contract, or an error that says why there is none and is not that the proposal was none. */
async function holds(name: string, bytes: Uint8Array, isWhole: boolean): Promise<"proposed" | "refused"> {
  try {
    const { text } = await inferContract(name, bytes, isWhole, known);
    expect(parseContract(text, known).problems.map(problemText)).toEqual([]);
    return "proposed";
  } catch (error) {
    if (!(error instanceof VantageflowError)) throw error;
    expect([error.code, error.message]).toEqual([
      "input_invalid",
      expect.stringMatching(/^Cannot infer a contract from ".*": /s),
    ]);
    expect(error.message).not.toContain("makes no contract");
    return "refused";
  }
}

const names = fc.oneof(
  fc.constantFrom("a.csv", "A.CSV", "x", "con.csv", "b.tar.gz", ".csv", "2025-03-01.csv", "d/e f.json", ""),
  fc.string(),
);

describe("whatever a sample is, a contract is proposed or it is said why not", () => {
  it("of any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.uint8Array({ maxLength: 600 }), fc.boolean(), async (name, bytes, isWhole) => {
        await holds(name, bytes, isWhole);
      }),
      { numRuns: 400 },
    );
  });

  it("of sources in which bytes were changed, left out, doubled or cut off", async () => {
    const change = fc.record({
      how: fc.constantFrom("put", "leave", "double", "cut"),
      at: fc.nat(),
      length: fc.nat(40),
      byte: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SOURCES),
        fc.array(change, { maxLength: 5 }),
        fc.boolean(),
        async (source, changes, isWhole) => {
          let bytes = Buffer.from(source);
          for (const { how, at, length, byte } of changes) {
            const from = at % (bytes.length + 1);
            if (how === "put" && from < bytes.length) bytes[from] = byte;
            if (how === "leave") bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
            if (how === "double") bytes = Buffer.concat([bytes.subarray(0, from + length), bytes.subarray(from)]);
            if (how === "cut") bytes = bytes.subarray(0, from);
          }
          await holds("source.csv", bytes, isWhole);
        },
      ),
      { numRuns: 400 },
    );
  });

  const name = fc.oneof(
    fc.constantFrom(
      "time",
      "device",
      "value",
      "unit",
      "measure",
      "file",
      "__proto__",
      "a{b}",
      "folder:x",
      "",
      "quality",
      "T (°C)",
      "anomaly_score",
      "timestamp",
      "metric",
      "station",
      "#",
      "id",
      "constructor",
    ),
    fc.string({ maxLength: 12 }),
  );
  const cell = fc.oneof(
    fc.constantFrom(
      "2025-03-01T00:00:00Z",
      "01.03.2025 10:00",
      "12:30",
      "1740787200",
      "1.5",
      "1,5",
      "NAN",
      "-999",
      "on",
      "Good",
      "192",
      "kWh",
      "",
    ),
    fc.double({ noNaN: true }).map(String),
    fc.string({ maxLength: 8 }),
  );

  it("of tables with any names and cells", async () => {
    const table = fc.tuple(
      fc.array(name, { minLength: 2, maxLength: 6 }),
      fc.array(fc.array(cell, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(",", ";", "\t"),
    );
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    let proposed = 0;
    await fc.assert(
      fc.asyncProperty(table, fc.boolean(), async ([header, rows, delimiter], isQuoted) => {
        const lines = [
          ["when", ...header],
          ...rows.map((row, i) => [`2025-03-01 00:00:0${i}`, ...row.slice(0, header.length)]),
        ];
        const text = lines.map((line) => line.map((one) => (isQuoted ? quoted(one) : one)).join(delimiter)).join("\n");
        if ((await holds("t.csv", Buffer.from(text), true)) === "proposed") proposed++;
      }),
      { numRuns: 400 },
    );
    expect(proposed).toBeGreaterThan(100);
  });

  it("of JSON with any names and values", async () => {
    const record = fc.dictionary(
      name,
      fc.oneof(cell, fc.double({ noNaN: true }), fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 2 })),
      { maxKeys: 6 },
    );
    let proposed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 5 }),
        fc.constantFrom("list", "lines", "inside", "members"),
        fc.nat(2000),
        async (records, how, cut) => {
          const timed = records.map((one, i) => ({ ts: `2025-03-01T00:00:0${i}Z`, reading: i, ...one }));
          const texts = {
            list: JSON.stringify(timed),
            lines: timed.map((one) => JSON.stringify(one)).join("\n"),
            inside: JSON.stringify({ ...records[0], readings: timed }),
            members: JSON.stringify(
              Object.fromEntries(Object.keys(records[0]).map((key, i) => [key, [{ ts: 1740787200000 + i, value: i }]])),
            ),
          };
          const bytes = Buffer.from(texts[how]);
          if (
            (await holds("t.json", cut < bytes.length ? bytes.subarray(0, cut) : bytes, cut >= bytes.length)) ===
            "proposed"
          )
            proposed++;
        },
      ),
      { numRuns: 400 },
    );
    expect(proposed).toBeGreaterThan(100);
  });
});

describe("a sample takes bounded time", () => {
  const MIB = 2 ** 20;
  const of = (piece: string) => Buffer.from(piece.repeat(Math.ceil(MIB / piece.length))).subarray(0, MIB);
  const rows = (header: string, row: (i: number) => string) => {
    const lines = [header];
    for (let i = 0, length = 0; length < MIB; i++) length += lines[lines.push(row(i)) - 1].length + 1;
    return Buffer.from(lines.join("\n"));
  };
  const wide = (cell: (i: number) => string) => Array.from({ length: 9000 }, (_, i) => cell(i)).join(",");

  it.each<[string, Buffer]>([
    ["nothing but quotes", of('"')],
    ["a quote that is not closed on each line", of('a,"b\n')],
    ["nothing but commas", of(",")],
    ["nothing but brackets", of("[")],
    ["brackets and commas", of('[1,{"a":')],
    ["one number", of("1")],
    ["digits and points", of("1.1")],
    ["blanks", of(" ")],
    ["letters and blanks", of("a ")],
    ["equals signs", of("a=b,")],
    [
      "line protocol with other tags on each line",
      rows("m,a=1 v=1", (i) => `m,a${i}=1,b${i}=2 v${i}=1 1740787200000000000`),
    ],
    [
      "columns of dates",
      rows(
        wide((i) => `c${i}`),
        (i) => wide(() => `0${(i % 9) + 1}/02/2025 10:00:00`),
      ),
    ],
    [
      "columns of numbers",
      rows(
        wide((i) => `c${i}`),
        () => wide((i) => `${i},5`),
      ),
    ],
    [
      "one name for all columns",
      rows(
        wide(() => "a"),
        () => wide(() => "5"),
      ),
    ],
    ["rows of other lengths", rows("time,a", (i) => `2025-03-01 00:00:00${",1".repeat(i % 300)}`)],
    [
      "JSON with other names in each record",
      rows("[{}", (i) => `,{"ts":${1740787200 + i},"a${i}":1,"b${i}":{"unit":"V","value":2}}`),
    ],
    [
      "JSON of many members",
      Buffer.from(
        JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`m${i}`, [{ ts: 1, value: i }]]))),
      ),
    ],
    ["gzip of very little", gzipSync(Buffer.alloc(64 * MIB, "1,2\n"))],
  ])("%s", async (_, bytes) => {
    const before = cpuSeconds();
    await holds("hostile.csv", bytes.subarray(0, MIB), bytes.length <= MIB);
    expect(cpuSeconds() - before).toBeLessThan(10);
  });
});
