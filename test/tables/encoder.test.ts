import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { FIXED } from "../../src/tables/readings/columns.ts";
import { type EncodedFile, encodeFiles } from "../../src/tables/readings/encode-files.ts";
import { createEncoder } from "../../src/tables/readings/encoder.ts";
import { TableRows } from "../../src/tables/readings/row-buffer.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { bytesOf, put } from "../pipeline/lake.ts";
import { syncContext, TABLE } from "./table.ts";

/** The thread's script as it was built. */
const SCRIPT = pathToFileURL(resolve("dist/encode.js"));

const COLUMNS = [...FIXED, { name: "site", type: "string" as const }];

/** Rows of three days. */
function rowsOf(seed: number, rows = 5000) {
  const buffer = new TableRows();
  for (let n = 0; n < rows; n++) {
    const i = buffer.next();
    buffer.days[i] = 20_000 + (n % 3);
    buffer.millis[i] = (20_000 + (n % 3)) * 86_400_000 + ((n * seed) % 977) * 1000;
    buffer.nanos[i] = (n * seed) % 5;
    buffer.values[i] = ((n * seed) % 300) / 4;
    buffer.scores[i] = 0.25;
    buffer.anomalies[i] = n % 11 === 0 ? 1 : 0;
    buffer.devices[i] = buffer.deviceTexts.numberOfText(`d${(n * seed) % 17}`);
    buffer.units[i] = buffer.unitTexts.numberOfText("C");
    buffer.batches[i] = buffer.batchTexts.numberOfText(`b${seed}`);
    if (n % 4 === 0) buffer.setCarriedText(0, i, `site ${n % 8}`);
  }
  return buffer.columns();
}

const plainOf = (files: readonly EncodedFile[]) =>
  files.map(({ groups, ...file }) => ({
    ...file,
    groups: groups.map(({ bytes, ...group }) => ({ ...group, bytes: Buffer.from(bytes).toString("base64") })),
  }));

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function encoderOf(script: URL) {
  const encoder = createEncoder(script);
  opened.push(encoder);
  return encoder;
}

describe("rows that are encoded beside the main thread", () => {
  const all = [1, 2, 3].map((seed) => rowsOf(seed));
  const expected = all.map((rows) => plainOf(encodeFiles(rows, COLUMNS)));

  it("become the files that they become here", async () => {
    const { encode } = encoderOf(SCRIPT);
    for (const [i, rows] of all.entries()) expect(plainOf(await encode(rows, COLUMNS))).toEqual(expected[i]);
  });

  it("become them where the thread ends at once", async () => {
    const { encode } = encoderOf(new URL("data:text/javascript,process.exit()"));
    for (const [i, rows] of all.entries()) expect(plainOf(await encode(rows, COLUMNS))).toEqual(expected[i]);
  });

  it("become them once it is closed, also those that it is at", async () => {
    const encoder = encoderOf(SCRIPT);
    const first = encoder.encode(all[0], COLUMNS);
    await encoder.close();
    expect(plainOf(await first)).toEqual(expected[0]);
    expect(plainOf(await encoder.encode(all[1], COLUMNS))).toEqual(expected[1]);
  });

  it("are all in the table of a sync that fills its buffer several times, with the same bytes as without the thread", async () => {
    const rows = 1_300_000;
    const line = (i: number) => `2025-01-0${1 + (i % 3)}T00:00:00Z,d${i % 50},${i % 997},C,0.1\n`;
    const csv = `timestamp,device_id,value,unit,anomaly_score\n${Array.from({ length: rows }, (_, i) => line(i)).join("")}`;
    const bytes = await Promise.all(
      [null, encoderOf(SCRIPT)].map(async (encoder) => {
        const storage = createMemoryStorage();
        await put(storage, "silver/a.csv", csv);
        expect(await syncReadings({ ...syncContext(storage), encoder })).toMatchObject({ batches: 1, rows, files: 9 });
        const { files } = (await readSnapshot(storage, TABLE))!;
        const found = [...files.keys()].map(async (path) =>
          (await bytesOf(storage, `${TABLE}${path}`))!.toString("base64"),
        );
        return (await Promise.all(found)).sort();
      }),
    );
    expect(bytes[0]).toEqual(bytes[1]);
  });
});
