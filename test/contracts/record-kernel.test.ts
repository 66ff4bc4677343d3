import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { KERNELS, kernelModule } from "../../scripts/build-kernel.mjs";
import { shareRooms } from "../../src/contracts/frames/room.ts";
import { type HandedOrigins, Origins } from "../../src/contracts/origins.ts";
import { RecordKernel } from "../../src/contracts/record-kernel.ts";
import { makeSlices } from "../../src/contracts/threads/make-slices.ts";
import type { InputReader } from "../../src/contracts/threads/shared-input.ts";
import type { Slice } from "../../src/contracts/threads/slice.ts";
import { type Contract, contractSchema } from "../../src/contracts/vocabulary.ts";

afterEach(() => vi.restoreAllMocks());

interface Words {
  readonly format?: object;
  readonly reading?: object;
}

function contractOf({ format = {}, reading = {} }: Words = {}): Contract {
  return contractSchema.parse({
    ...{ version: 1, name: "proof", prefix: "bronze/", suffixes: [".ndjson"] },
    format: { type: "ndjson", ...format },
    reading: {
      timestamp: { column: "at" },
      device_id: { template: "{of.id}.{measure}" },
      value: { measures: { t: { unit: "°C" }, "in.h": { unit: "%" }, "in.b": { unit: "V, dc" } } },
      ...reading,
    },
  });
}

/** Hands out bytes in pieces of these lengths, over and over, at once: a thread of its own waits. */
function pullOf(bytes: Buffer, pieces: readonly number[] = [bytes.length]) {
  let [at, turn] = [0, 0];
  return (into: Uint8Array) => {
    const copied = bytes.copy(into, 0, at, at + Math.min(pieces[turn++ % pieces.length], into.length));
    at += copied;
    return copied;
  };
}

const kernel = RecordKernel.open() as RecordKernel;

interface Way {
  readonly contract: Contract;
  readonly maxRowBytes?: number;
  readonly pieces?: readonly number[] | undefined;
}

/** All that the thread that makes rows hands over, and what each line of it would be rejected with; or the error. */
async function handed(source: Buffer, by: RecordKernel | null, { contract, maxRowBytes = 4096, pieces }: Way) {
  const slices: { rows: Buffer; handed: HandedOrigins; rest: object }[] = [];
  let turns = 0;
  // What was handed over is copied at once, so that its room may be used again.
  shareRooms({ handed: () => turns, done: () => turns }, (bytes) => kernel.room(bytes));
  const input = { pull: pullOf(source, pieces), awaitTurn: () => turns++ } as unknown as InputReader;
  const origins = new Origins();
  const told: object[] = [];
  let line = 1;
  const post = ({ rows, origins: some, ...rest }: Slice) => {
    origins.take(some);
    const text = Buffer.from(rows);
    slices.push({ rows: text, handed: some, rest });
    for (const row of text.toString("latin1").split("\n").slice(0, -1)) {
      // The header is of no record.
      if (line > 1) {
        const { b, from, to, ...origin } = origins.of(7, line);
        told.push({ row, ...origin, of: Buffer.from(b.subarray(from, to)).toString("latin1") });
      }
      line++;
    }
  };
  let error: object | null = null;
  try {
    await makeSlices({ contract, key: "bronze/p.ndjson", arrival: 0, maxRowBytes }, input, by, post);
  } catch (thrown) {
    error = { message: String(thrown), ...(thrown as object) };
  }
  return { told, error, last: slices.at(-1)?.rest };
}

/** Holds the kernel to the JavaScript that makes rows without it, and returns how many records it has taken. */
async function compare(source: string | Buffer, way: Way): Promise<number> {
  const bytes = Buffer.from(source);
  let taken = 0;
  const { take } = RecordKernel.prototype;
  const spy = vi.spyOn(RecordKernel.prototype, "take").mockImplementation(function (this: RecordKernel, ...given) {
    const records = take.apply(this, given);
    taken += records;
    return records;
  });
  const [withKernel, without] = [await handed(bytes, kernel, way), await handed(bytes, null, way)];
  spy.mockRestore();
  expect(withKernel).toEqual(without);
  return taken;
}

const PLAIN = '{"at":"2025-01-01T00:00:00Z","of":{"id":"a"},"t":1.5,"in":{"h":40,"b":3.3}}';
const plain = (edit: (text: string, i: number) => string, count = 40) =>
  Array.from({ length: count }, (_, i) => `${edit(PLAIN, i)}\n`).join("");

const numbers = fc.constantFrom(
  ...["0", "-0", "12", "-3.25", "1e3", "2E-4", "1.5e+2", "12345678901234567890", "null", '"7.25"', '"-1"', "0.1"],
  // What is no value, or no JSON.
  ...["01", "1.", "-", ".5", "+1", "1e", "true", '"x"', '""', '"1\\u0030"', '"01"', "[1]", "{}", "nul", "", '"1"2'],
);
const times = fc.constantFrom(
  ...["2025-01-01T00:00:00Z", "2025-01-01 00:00", "2025-01-01T00:00:59.123456789+01:00", "2024-02-29T23:59:00.1Z"],
  ...[
    "2025-02-29T00:00:00Z",
    "2025-01-01T24:00:00Z",
    "2025-01-01",
    "",
    "2025-01-01T00:00:00Z ",
    "2025\\u002d01-01T00:00Z",
  ],
);
const ids = fc.constantFrom(
  ...["a", "device-000000000000000017", "é", " a", "a ", "a,b", "", 'a\\"b', "a\\\\b", "\\u00e9", "x".repeat(256)],
  ...["x".repeat(257), "0123456789abcdef,", "0123456789abcde,"],
);
const extras = fc.constantFrom(
  ...[
    '"x"',
    "1",
    "true",
    "false",
    "null",
    '"\\n\\u12ab\\ud83d"',
    '"a\tb"',
    '"\\x"',
    '"\\u12g4"',
    "fals",
    '"é😀"',
    "[]",
  ],
  `"${"long ".repeat(40)}"`,
);
const ends = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r", "\n\n", " \n", "\n ");
/** Mostly what is usual. */
const mostly = <T>(usual: T, others: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 40, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });

const recordsOf = (usual: number) =>
  fc
    .tuple(
      mostly(usual, fc.integer({ min: 0, max: 4 })),
      mostly("2025-01-01T00:00:07Z", times),
      mostly("device-1", ids),
      ...([0, 1, 2] as const).map((i) => mostly(`${i}.5`, numbers)),
      mostly('"more"', extras),
      mostly("\n", ends),
    )
    .map(([shape, at, id, t, h, b, extra, end]) => {
      const inner = [
        `{"at":"${at}","x":${extra},"of":{"id":"${id}"},"t":${t},"in":{"h":${h},"b":${b}}}`,
        `{"t":${t},"of":{"id":"${id}"},"at":"${at}","in":{"b":${b}},"x":[${extra},${extra}]}`,
        `{ "at": "${at}", "of": {"id": 17}, "t": ${t}, "in": {"h": ${h}} }`,
        `[{"at":"${at}","x":${extra},"of":{"id":"${id}"},"t":${t},"in":{"h":${h},"b":${b}}}]`,
        `{"at":"${at}","x":${extra},"of":{"id":"${id}"},"t":${t},"t":${t},"in":{"h":${h},"b":${b}}}`,
      ];
      return inner[shape] + end;
    });

/** Of one shape, mostly. */
const part = fc
  .integer({ min: 0, max: 2 })
  .chain((usual) => fc.array(recordsOf(usual), { maxLength: 80, size: "max" }));

describe("the kernel of records", () => {
  it("is what its sources say", async () => {
    const { module } = KERNELS.records;
    expect(readFileSync(module, "utf8")).toBe(await kernelModule(KERNELS.records));
  });

  it("makes of any records what is made of them without it, and says the same of where they stood", async () => {
    let taken = 0;
    const property = fc.asyncProperty(
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.option(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }), { nil: undefined }),
      fc.constantFrom(4096, 400, 200),
      fc.constantFrom<Words>(
        {},
        { format: { missingValues: ["", "NA"] } },
        { reading: { device_id: { constant: "d" }, value: { column: "t" }, unit: { constant: "°C" } } },
        { reading: { device_id: { template: "x {measure}, {of.id}" } } },
        { reading: { device_id: { column: "of.id" }, value: { column: "in.h" }, unit: { constant: "%" } } },
      ),
      async (parts, pieces, maxRowBytes, words) => {
        const source = parts.map((part) => part.join("")).join("");
        taken += await compare(source, { contract: contractOf(words), maxRowBytes, pieces });
      },
    );
    await fc.assert(property, { numRuns: 200 });
    expect(taken).toBeGreaterThan(2000);
  });

  it("takes all records but those that it needs to have seen", async () => {
    expect(
      await compare(
        plain((text) => text),
        { contract: contractOf() },
      ),
    ).toBe(39);
    const crlf = plain((text) => `${text}\r`);
    expect(await compare(crlf, { contract: contractOf() })).toBe(39);
  });

  it("finds the record of a row among many of one run", async () => {
    const source = plain((text, i) => text.replace('"a"', `"a${"b".repeat(i % 7)}"`), 2500);
    expect(await compare(source, { contract: contractOf() })).toBeGreaterThan(2400);
  });

  it.each<[string, Words, (text: string, i: number) => string]>([
    ["times that are reckoned", { reading: { timestamp: { column: "at", zone: "+01:00" } } }, (text) => text],
    ["another encoding", { format: { encoding: "windows-1252" } }, (text) => text],
    ["numbers that stand for no value", { format: { missingValues: ["1.5"] } }, (text) => text],
    ["a score of the record's own", { reading: { anomaly_score: { column: "t" } } }, (text) => text],
    ["what goes along", { reading: { carry: ["of.id"] } }, (text) => text],
    ["an id of two cells", { reading: { device_id: { template: "{of.id}{at}{measure}" } } }, (text) => text],
    ["one cell for two things", { reading: { device_id: { template: "{t}.{measure}" } } }, (text) => text],
    ["an object where a measure stands", { reading: { value: { measures: { in: { unit: "%" } } } } }, (text) => text],
    ["a record without time", {}, (text) => text.replace('"at"', '"when"')],
    ["records that never come twice", {}, (text, i) => text.replace('"t"', `"n${i}":1,"t"`)],
  ])("leaves %s to JavaScript", async (_, words, edit) => {
    expect(await compare(plain(edit), { contract: contractOf(words) })).toBe(0);
  });

  it("is not needed where there is no WebAssembly", () => {
    vi.stubGlobal("WebAssembly", undefined);
    expect(RecordKernel.open()).toBeNull();
    vi.unstubAllGlobals();
  });
});
