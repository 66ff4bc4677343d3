import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { kernelModule } from "../../scripts/build-kernel.mjs";
import { parseContract } from "../../src/contracts/contract.ts";
import { judgeOf } from "../../src/contracts/contract-judge.ts";
import { createRandom } from "../../src/generator/random.ts";
import type { Arena } from "../../src/pipeline/arena.ts";
import { DeviceTable } from "../../src/pipeline/devices.ts";
import { Kernel } from "../../src/pipeline/kernel.ts";
import { scanObject } from "../../src/pipeline/scan.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import type { RowSink } from "../../src/pipeline/sinks.ts";
import { openText } from "../../src/pipeline/source.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";

interface Way {
  readonly withKernel: boolean;
  readonly chunkBytes?: number;
  readonly maxRowBytes?: number;
  readonly threshold?: number;
  /** Rules and thresholds of a contract, if there are some. */
  readonly ruled?: object;
  /** Bytes that are handed out at a time, over and over. */
  readonly pieces?: readonly number[];
}

/** All that comes of a file: the bytes of each side, rejects, figures to the last bit, or the error. */
async function comeOf(bytes: Buffer, way: Way) {
  const { chunkBytes = 4096, maxRowBytes = 1024, threshold = 0.5, pieces = [1e9] } = way;
  const sides: [Buffer[], Buffer[]] = [[], []];
  const rejects: object[] = [];
  const sink = (arena: Arena): RowSink => {
    const gather = () => {
      for (const side of [0, 1] as const) {
        sides[side].push(Buffer.from(arena.b.subarray(arena.from[side], arena.to[side])));
        arena.to[side] = arena.from[side];
      }
    };
    return {
      get ends() {
        return arena.to;
      },
      header() {},
      rows(side, from, to) {
        arena.b.copyWithin(arena.to[side], from, to);
        arena.to[side as 0 | 1] += to - from;
      },
      reject: ({ b, from, to, ...rest }) =>
        void rejects.push({ ...rest, row: Buffer.from(b.subarray(from, to)).toString("latin1") }),
      drain: gather,
    };
  };
  let [at, turn] = [0, 0];
  const pull = (into: Uint8Array) => {
    const copied = bytes.copy(into, 0, at, at + Math.min(pieces[turn++ % pieces.length], into.length));
    at += copied;
    return copied;
  };
  // What is said of the size decides, and nothing else depends on it: one that is not known may be large.
  const size = way.withKernel ? undefined : 0;
  const devices = new DeviceTable();
  const judge = way.ruled === undefined ? null : judgeBy(way.ruled, threshold);
  let end: object;
  try {
    const settings = { ...DEFAULT_SETTINGS, chunkBytes, maxRowBytes };
    const options = { settings, threshold, openRows: openText, judge, readings: devices, sink };
    end = await scanObject({ key: "bronze/b.csv", arrival: () => 0, size }, pull, options);
  } catch (error) {
    end = { error: String(error), ...(error as object) };
  }
  // Nothing is published of a file that is refused.
  if ("error" in end) return { rejects, end };
  const figures = Array.from(devices.devices(), ({ id, total, average, minimum, maximum, anomalies }) => {
    const doubles = Float64Array.of(total, average, minimum, maximum, anomalies);
    return `${Buffer.from(id).toString("hex")} ${Buffer.from(doubles.buffer).toString("hex")}`;
  });
  const [silver, anomalies] = sides.map((bytes) => Buffer.concat(bytes).toString("latin1"));
  return { silver, anomalies, rejects, figures: figures.join("\n"), end };
}

function judgeBy(ruled: object, threshold: number) {
  const told = { version: 1, name: "c", prefix: "bronze/c/", format: { type: "csv" }, ...ruled };
  const { contract, problems } = parseContract(JSON.stringify(told), { zones: null, isEncoding: () => true });
  if (contract === null) throw new Error(JSON.stringify(problems));
  return judgeOf(contract, threshold);
}

/** Holds the kernel, asked again behind every row, to the scanner's own loop, and returns how many rows it has taken. */
async function compare(bytes: Buffer, way: Omit<Way, "withKernel"> = {}): Promise<number> {
  let taken = 0;
  const { take } = Kernel.prototype;
  const counted = vi.spyOn(Kernel.prototype, "take").mockImplementation(function (this: Kernel, ...parameters) {
    const next = take.apply(this, parameters);
    taken += this.silver + this.anomalies;
    this.rowsWithout = 1 + (taken % 2);
    return next;
  });
  try {
    const expected = await comeOf(bytes, { ...way, withKernel: false });
    expect(counted).not.toHaveBeenCalled();
    expect(await comeOf(bytes, { ...way, withKernel: true })).toEqual(expected);
    return taken;
  } finally {
    counted.mockRestore();
  }
}

const two = (max: number) => fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, "0"));
const time = fc
  .tuple(
    fc.constantFrom("2024", "2023", "1900", "2000", "0000", "20x4"),
    fc.tuple(two(13), two(32)).map(([month, day]) => `-${month}-${day}`),
    fc.constantFrom("T", "T", "T", " ", "t", ""),
    fc.tuple(two(24), two(60)).map(([hour, minute]) => `${hour}:${minute}`),
    fc.oneof(
      fc.constantFrom("", ":00", ":59", ":60", ":5", ":00.", ":00.123", ":00,5"),
      fc.tuple(two(61), fc.nat(99999)).map(([second, fraction]) => `:${second}.${fraction}`),
    ),
    fc.constantFrom("Z", "Z", "Z", "", "z", "+02", "-0230", "+02:30", "+24", "-00:60", "+2", "+02:", "Z1", "+021"),
  )
  .map((parts) => parts.join(""));
const usual = fc.tuple(two(59), two(59), fc.nat({ max: 999 })).map(([minute, second, fraction]) => {
  return `2024-02-29T13:${minute}:${second}.${String(fraction).padStart(3, "0")}Z`;
});
const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength });
const decimal = fc
  .tuple(fc.constantFrom("", "", "-", "--", "+"), digits(17), fc.constantFrom("", ".", ".", ".."), digits(17))
  .map((parts) => parts.join(""));
const odd = fc.constantFrom("1.", ".5", "-0", "1e99", "1e101", "", "-", ".", "abc", "1 ", '"1"', "1.2.3", "1:5", "1/2");
const short = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.nat({ max: 999999 })).map((parts) => parts.join("."));
const value = fc.oneof(
  { weight: 20, arbitrary: short },
  { weight: 4, arbitrary: fc.double({ noNaN: true }).map(String) },
  { weight: 3, arbitrary: decimal },
  odd,
);
const score = fc.oneof(
  { weight: 20, arbitrary: fc.nat({ max: 10_000 }).map((number) => (number / 10_000).toFixed(4)) },
  fc.constantFrom("0", "1", "0.5", "0.50", "1.0000000000000001", "0.50000000000001", "1.01", "-0", "-0.1"),
  decimal,
  odd,
);
const id = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom("FAB-1", "FAB-2", "a", "FAB-VIB-0000000019", "F".repeat(64)) },
  fc.string({ unit: fc.constantFrom(..."ab1-. ;\t\u00e9\u20ac\u{1f600}'\u0001"), maxLength: 40 }),
  fc.constantFrom("", " a", "a ", "F".repeat(256), "F".repeat(257), '"a,b"', '"a""b"', 'a"b', '"a\nb"'),
);
const note = fc.oneof(
  { weight: 500, arbitrary: fc.string({ unit: fc.constantFrom(..."abc/%\u00b0 "), maxLength: 20 }) },
  { weight: 20, arbitrary: fc.constantFrom("n".repeat(63), "n".repeat(300), '"a\r\nb"', '"') },
  fc.constantFrom("n".repeat(1100), "\u0000"),
);
const lineEnd = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom("\n") },
  fc.constantFrom("\r\n", "\r", "\n\n", ",\n"),
);

/** Files of rows most of which are plain, by columns in any order. */
const file = fc
  .tuple(
    fc.constantFrom(
      ["timestamp", "device_id", "value", "unit", "anomaly_score"],
      ["anomaly_score", "note", "value", "device_id", "timestamp"],
      ["note", "value", "unit", "timestamp", "anomaly_score", "device_id", "note2"],
    ),
    fc.constantFrom("\n", "\r\n"),
    fc.array(
      fc.tuple(
        fc.record({
          timestamp: fc.oneof({ weight: 20, arbitrary: usual }, time),
          device_id: id,
          value,
          anomaly_score: score,
          unit: note,
          note,
          note2: note,
        }),
        lineEnd,
      ),
      { maxLength: 40, size: "max" },
    ),
  )
  .map(([columns, usualEnd, rows]) => {
    const text = rows.map(([row, end]) => {
      const cells = columns.map((column) => row[column as keyof typeof row]);
      return cells.join(",") + (end === "\n" ? usualEnd : end);
    });
    return `${columns.join(",")}${usualEnd}${text.join("")}`;
  });
const edits = fc.array(
  fc.tuple(fc.nat({ max: 1e6 }), fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 9, max: 127 }) }, fc.nat(255))),
  {
    maxLength: 3,
  },
);
const edited = fc.tuple(file, edits, fc.nat({ max: 2 })).map(([text, changes, cut]) => {
  const bytes = Buffer.from(text);
  // Seldom in the header, without which there is nothing to compare.
  for (const [at, byte] of changes) bytes[bytes.length - 1 - (at % bytes.length)] = byte;
  return bytes.subarray(0, bytes.length - cut);
});

const [reject, anomaly] = ["reject", "anomaly"].map((then) => ({ then }));

/** Rules of which some hold for a device or unit of {@link file}, and some for none. */
const some = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const bound = fc.constantFrom(-1e9, -50, 0, 0.5, 1, 20, 1e9);
const rule = fc.record({
  units: some(fc.constantFrom(["C"], ["C", "%"], ["\u00b0C"], ["n".repeat(17)], [""])),
  devices: some(fc.constantFrom("FAB-*", "FAB-1", "*-2", "a", "none")),
  min: some(bound),
  max: some(bound),
  does: fc.constantFrom(reject, anomaly),
});
const ruled = fc
  .record({
    rules: fc.array(rule, { maxLength: 4 }),
    threshold: fc.uniqueArray(
      fc.record({ devices: fc.constantFrom("FAB-1", "FAB-*", "a*"), above: fc.constantFrom(0, 0.3, 0.9, 1) }),
      { maxLength: 2, selector: ({ devices }) => devices },
    ),
  })
  .map(({ rules, threshold }) => ({
    threshold,
    rules: rules.map(({ min = -10, max, does, ...rest }, i) => {
      return { name: `r${i}`, ...rest, ...does, min: Math.min(min, max ?? min), max };
    }),
  }))
  .filter(({ rules, threshold }) => rules.length + threshold.length > 0);

afterEach(() => vi.restoreAllMocks());

describe("the kernel", () => {
  it("is what its sources say", async () => {
    expect(readFileSync("src/pipeline/kernel-module.ts", "utf8")).toBe(await kernelModule());
  });

  it("says of any file what the scanner says without it, however the bytes arrive", async () => {
    let taken = 0;
    const pieces = fc.oneof(
      fc.constant([1e9]),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(
        edited,
        fc.record({
          chunkBytes: fc.constantFrom(64, 200, 257, 1000, 4096, 65536),
          maxRowBytes: fc.constantFrom(60, ...Array<number>(15).fill(1024)),
          threshold: fc.constantFrom(0.5, 0, 1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
          pieces,
        }),
        async (bytes, way) => {
          taken += await compare(bytes, way);
        },
      ),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(5000);
  });

  it("says the same where there are rules, and counts what each has done", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        edited,
        fc.record({ chunkBytes: fc.constantFrom(200, 1000, 65536), threshold: fc.constantFrom(0.5, 0, 1), ruled }),
        async (bytes, way) => {
          taken += await compare(bytes, way);
        },
      ),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(1000);
  });

  it.each([3, 900, 6000])("judges nearly all rows of %i devices by itself", async (devices) => {
    const random = createRandom(2);
    const number = () => random() / 2 ** 32;
    const units = ["C", "%", "hPa", "mm/s", "", "exactly-16-bytes", "more-than-16-bytes"];
    const rules = [
      { name: "a", units: ["C"], max: 90, ...reject },
      { name: "b", units: ["%", "exactly-16-bytes"], max: 50, ...anomaly },
      { name: "c", devices: "D-1*", min: 5, ...anomaly },
      { name: "d", units: ["exactly-16-bytes"], max: 95, ...reject },
    ];
    let text = HEADER;
    for (let i = 0; i < 30_000; i++) {
      const device = Math.floor(number() * devices);
      const unit = units[number() < 0.02 ? 6 : (device + Math.floor(number() * 2)) % 6];
      text += `2024-01-01T00:00:00Z,D-${device},${(number() * 100).toFixed(3)},${unit},${number().toFixed(4)}\n`;
    }
    const threshold = [{ devices: "D-2*", above: 0.9 }];
    const taken = await compare(Buffer.from(text), { chunkBytes: 64 * 1024, ruled: { rules, threshold } });
    // What it does not know, and what two rules speak of, it leaves.
    if (devices < 1000) expect(taken).toBeGreaterThan(20_000);
  });

  it("never takes for a device's name what stands where the memory begins", async () => {
    // The first of three rows fills the memory in front of a chunk when all of it but its end has been read.
    let text = "device_id,timestamp,value,unit,anomaly_score\n";
    for (let i = 0; i < 3000; i++) {
      const number = String(i).padStart(4, "0");
      text += `N-${number},2024-01-01T00:00:00Z,x,${"C".repeat(30)},0.1\n`;
      text += `"x""${number}",2024-01-01T00:00:00Z,1,C,0\nN-${number},2024-01-01T00:00:00Z,1,CC,0\n`;
    }
    await compare(Buffer.from(text), { chunkBytes: 64 });
  });

  it("reads decimals to the last bit", async () => {
    const random = createRandom(1);
    const number = () => random() / 2 ** 32;
    const some = (length: number) => String(number()).slice(2, 2 + Math.floor(length));
    let text = HEADER;
    for (let i = 0; i < 30_000; i++) {
      const whole = some(number() * 16) || "0";
      const fraction = some(number() * (16 - whole.length));
      const written = `${number() < 0.3 ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
      text += `2024-01-01T00:00:00Z,D${i},${written},C,0.1\n`;
    }
    const taken = await compare(Buffer.from(text), { chunkBytes: 256 * 1024 });
    expect(taken).toBeGreaterThan(20_000);
  });

  it("knows the days, times and offsets that the scanner knows", async () => {
    const pad = (number: number) => String(number).padStart(2, "0");
    const upTo = (n: number, make: (number: string) => string) => Array.from({ length: n }, (_, i) => make(pad(i)));
    const years = ["0000", "0400", "1900", "2000", "2023", "2024", "9999"];
    const times = [
      ...years.flatMap((year) => upTo(14, (m) => m).flatMap((m) => upTo(34, (d) => `${year}-${m}-${d}T00:00:00.000Z`))),
      ...upTo(100, (hour) => `2024-01-01T${hour}:00Z`),
      ...upTo(100, (minute) => `2024-01-01 00:${minute}Z`),
      ...upTo(100, (second) => `2024-01-01T00:00:${second}Z`),
      ...upTo(100, (second) => `2024-01-01T00:00:${second}.000Z`),
      ...upTo(100, (hours) => `2024-01-01T00:00:00+${hours}`),
      ...["+02:300", "+02300", "+02:3", "+023", "+02:", "+02Z", "Z0", "ZZ", "+", "-"].map(
        (end) => `2024-01-01T00:00${end}`,
      ),
      ...upTo(100, (minutes) => `2024-01-01T00:00-00:${minutes}`),
      ...upTo(100, (minutes) => `2024-01-01T00:00-00${minutes}`),
      // Each byte of one that is right, replaced by each other that there is in text.
      ...Array.from("2024-01-01T00:00:00.000Z", (_, at) => at).flatMap((at) =>
        Array.from({ length: 95 }, (_, i) => {
          const time = "2024-01-01T00:00:00.000Z";
          return time.slice(0, at) + String.fromCharCode(32 + i) + time.slice(at + 1);
        }),
      ),
    ];
    const text = HEADER + times.map((time) => `${time},FAB-1,1,C,0.1\n`).join("");
    expect(await compare(Buffer.from(text), { chunkBytes: 64 * 1024 })).toBeGreaterThan(2000);
  });

  it.each([3, 200, 3000, 15_000])("counts %i devices as the scanner does", async (devices) => {
    const random = createRandom(1);
    const number = () => random() / 2 ** 32;
    let text = HEADER;
    for (let i = 0; i < 20_000; i++) {
      const device = Math.floor(number() * devices);
      // Some are as long as a vector, and others begin with all of them.
      const sixteen = `${device >> 2}-sixteen-bytes-long`.slice(0, 16);
      const name = [`D-${device}`, sixteen, `${sixteen}0`, `${"n".repeat(44)}-${device}`][device % 4];
      const quoted = i % 1500 === 7 ? `"${name}"` : name;
      text += `2024-01-01T00:${String(i % 60).padStart(2, "0")}:00Z,${quoted},${(number() * 100).toFixed(3)},C,${number().toFixed(4)}\n`;
    }
    const taken = await compare(Buffer.from(text), { chunkBytes: 64 * 1024 });
    expect(taken).toBeGreaterThan(19_900);
  });

  it("tells devices apart of which one is all that a vector of the other holds", async () => {
    const bases = Array.from({ length: 600 }, (_, i) => `${i}-sixteen-bytes-long`.slice(0, 16));
    const ids = bases.flatMap((base) => [...Array.from("123456789", (digit) => base + digit), base]);
    const text = HEADER + ids.map((id) => `2024-01-01T00:00:00Z,${id},1,C,0.1\n`).join("");
    expect(await compare(Buffer.from(text))).toBe(ids.length);
  });

  it("is not asked again and again where it can take nothing", async () => {
    const take = vi.spyOn(Kernel.prototype, "take");
    const row = '"2024-01-01T00:00:00Z",FAB-1,1.5,C,0.1\n';
    await comeOf(Buffer.from(HEADER + row.repeat(20_000)), { withKernel: true, chunkBytes: 256 * 1024 });
    expect(take.mock.calls.length).toBeLessThan(40);
  });

  it("leaves a row that outgrows its memory, and all behind it, to the scanner", async () => {
    const row = "2024-01-01T00:00:00Z,FAB-1,1.5,C,0.1\n";
    const long = `2024-01-01T00:00:00Z,FAB-1,1.5,${"C".repeat(20_000)},0.7\n`;
    const text = HEADER + row.repeat(300) + long + row.repeat(300);
    expect(await compare(Buffer.from(text), { maxRowBytes: 50_000 })).toBeGreaterThan(200);
  });

  it("is done without where there is no WebAssembly, and where there is no memory for it", async () => {
    const text = Buffer.from(`${HEADER}2024-01-01T00:00:00Z,FAB-1,1.5,C,0.1\n`);
    const expected = await comeOf(text, { withKernel: false });
    const assembly = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly") ?? {};
    try {
      Object.defineProperty(globalThis, "WebAssembly", { value: undefined, configurable: true });
      expect(Kernel.open(1000)).toBeNull();
      expect(await comeOf(text, { withKernel: true })).toEqual(expected);
    } finally {
      Object.defineProperty(globalThis, "WebAssembly", assembly);
    }
    expect(Kernel.open(2 ** 50)).toBeNull();
    expect(Kernel.open(1000)).not.toBeNull();
  });
});
