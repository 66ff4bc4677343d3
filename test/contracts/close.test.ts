import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { readableContract } from "../../src/contracts/readable.ts";
import { ThreadedRows } from "../../src/contracts/threads/threaded-rows.ts";
import { DeviceTable } from "../../src/pipeline/devices.ts";
import { scanObject } from "../../src/pipeline/scan.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { plain } from "./field-kit.ts";
import { contractOf } from "./made.ts";

it("a large file that is refused is pulled by nobody any more when that is told: what lands it goes on alone", async () => {
  const { contract } = await readableContract(contractOf(plain), "c.json");
  const text = Buffer.from("time,id,value\n2025-01-01T00:00:00Z,A,1\ntime,value,id\n".padEnd(100_000, "x"));
  let [pulls, under] = [0, 0];
  const pull = async (into: Uint8Array) => {
    under++;
    const first = pulls++ === 0;
    await sleep(first ? 0 : 200);
    under--;
    return first ? text.copy(into) : into.fill(120).length;
  };
  const setup = { contract, key: "bronze/a.csv", arrival: 0, maxRowBytes: 1024 * 1024 };
  const sink = () => ({ header() {}, rows() {}, reject() {}, drain() {} });
  const scanned = scanObject({ key: "bronze/a.csv", arrival: () => 0 }, pull, {
    ...{ settings: DEFAULT_SETTINGS, threshold: 0.5, judge: null, readings: new DeviceTable(), sink },
    openRows: (_, bytes, arena) => new ThreadedRows(pathToFileURL("dist/rows.js"), setup, bytes, arena),
  });
  await expect(scanned).rejects.toMatchObject({ code: "header_changed" });
  expect(under).toBe(0);
  const before = pulls;
  await sleep(300);
  expect([under, pulls]).toEqual([0, before]);
});
