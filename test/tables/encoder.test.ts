import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { encodeRowGroup, type RowGroupValues } from "../../src/tables/parquet/encode.ts";
import { createEncoder } from "../../src/tables/parquet/encoder.ts";

/** The thread's script as it was built. */
const SCRIPT = pathToFileURL(resolve("dist/encode.js"));

const ROWS = 5000;

/** In memory that threads share, as gathered rows are. */
function groupOf(seed: number): RowGroupValues {
  const shared = (bytes: number) => new SharedArrayBuffer(ROWS * bytes);
  const [times, values] = [new Float64Array(shared(8)), new Float64Array(shared(8))];
  const [numbers, flags] = [new Int32Array(shared(4)), new Uint8Array(shared(1))];
  for (let i = 0; i < ROWS; i++) {
    times[i] = 1.7e12 + i * 1000 + ((i * seed) % 7);
    values[i] = ((i * seed) % 300) / 4;
    numbers[i] = i % 3;
    flags[i] = i % 11 === 0 ? 1 : 0;
  }
  const texts = { texts: ["a", "b", `c${seed}`], numbers };
  return { types: ["timestamp", "double", "string", "boolean"], values: [times, values, texts, flags] };
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function encoderOf(script: URL) {
  const encoder = createEncoder(script);
  opened.push(encoder);
  return encoder;
}

describe("row groups that are encoded beside the main thread", () => {
  const groups = Array.from({ length: 12 }, (_, i) => groupOf(i + 1));
  const expected = groups.map((group) => Buffer.from(encodeRowGroup(group).bytes));

  it.each([false, true])("have the bytes that they have here, in their order (idle: %s)", async (isIdle) => {
    const { encode } = encoderOf(SCRIPT);
    const encoded = await Promise.all(groups.map((group) => encode(group, isIdle)));
    expect(encoded.map(({ bytes }) => Buffer.from(bytes))).toEqual(expected);
    expect(encoded[3].chunks).toEqual(encodeRowGroup(groups[3]).chunks);
  });

  it("have them where the thread ends at once", async () => {
    const { encode } = encoderOf(new URL("data:text/javascript,process.exit()"));
    const encoded = await Promise.all(groups.map((group) => encode(group, false)));
    expect(encoded.map(({ bytes }) => Buffer.from(bytes))).toEqual(expected);
  });

  it("have them once it is closed", async () => {
    const encoder = encoderOf(SCRIPT);
    const first = encoder.encode(groups[0], false);
    await encoder.close();
    expect(Buffer.from((await first).bytes)).toEqual(expected[0]);
    expect(Buffer.from((await encoder.encode(groups[1], false)).bytes)).toEqual(expected[1]);
  });
});
