import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import type * as Library from "../src/index.ts";

it("the built library runs a lake in memory to gold", async () => {
  const url = pathToFileURL("dist/index.js").href;
  const { createMemoryStorage, DEFAULT_SETTINGS, run }: typeof Library = await import(url);
  const storage = createMemoryStorage();
  const writer = await storage.create("bronze/b.csv");
  await writer.write(Buffer.from("timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n"));
  await writer.commit();
  const context = { storage, settings: DEFAULT_SETTINGS, code: "test", now: Date.now };
  const [result] = await run(context, { concurrency: 1 });
  expect(result).toMatchObject({ key: "bronze/b.csv", outcome: "done", rows: { in: 1, silver: 1 } });
});
