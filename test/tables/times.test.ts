import * as fs from "node:fs";
import { expect, it } from "vitest";
import { mirror, planLakes } from "../../src/backup/mirror.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { folder } from "../cli/run-cli.ts";
import { put } from "../pipeline/lake.ts";
import { syncContext } from "./table.ts";

/** What a commit says of its time, and when its file was written, milliseconds. */
function timesOf(root: string): [said: number, written: number][] {
  const log = `${root}/tables/readings/_delta_log`;
  const names = fs.readdirSync(log).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => {
    const [line] = fs.readFileSync(`${log}/${name}`, "utf8").split("\n");
    return [JSON.parse(line).commitInfo.timestamp, Math.trunc(fs.statSync(`${log}/${name}`).mtimeMs)];
  });
}

it("the file of a commit was written when the commit says, whatever the clock does, and in a copy of it as well", async () => {
  const [root, copy] = [folder(), folder()];
  const [storage, to] = [createLocalStorage({ root }), createLocalStorage({ root: copy })];
  for (const now of [1_764_000_000_000, 1_600_000_000_000, 1_764_000_500_000]) {
    await put(
      storage,
      `silver/${now}.csv`,
      "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0\n",
    );
    await syncReadings({ ...syncContext(storage), now: () => now });
  }
  await compactReadings({ ...syncContext(storage), now: () => 1_764_000_600_000 });
  const times = timesOf(root);
  expect(times.map(([said]) => said)).toEqual([
    ...[1_764_000_000_000, 1_764_000_000_001, 1_764_000_000_002],
    ...[1_764_000_500_000, 1_764_000_600_000],
  ]);
  expect(times.map(([, written]) => written)).toEqual(times.map(([said]) => said));
  const plan = await planLakes(storage, to);
  await mirror(storage, to, plan, { concurrency: 2, removeExtra: false, removeEmptied: false });
  expect(timesOf(copy)).toEqual(times);
  await storage.close();
  await to.close();
});
