import { afterAll, expect, it } from "vitest";
import { createS3Storage } from "../../src/storage/s3.ts";
import { createLake } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { keysUnder, sealedLake, threeBatches } from "./lakes.ts";

const credentials = { accessKeyId: "test", secretAccessKey: "secret" };
const server = await startS3Server(credentials);
afterAll(() => server.close());
const client = connect({ endpoint: server.endpoint, ...credentials });

it("a bucket is sealed by two at once, one behind the other, and the next seal reads no receipt again", async () => {
  const storage = createS3Storage({ client, bucket: await makeBucket(client, true) });
  // A bucket has the time of its own.
  const lake = { ...sealedLake({ ...createLake(), storage }), now: Date.now };
  await threeBatches(lake);
  const sealed = await Promise.all([1, 2].map(() => lake.seal({ now: Date.now() })));
  const kept = sealed.map(({ link }) => link?.digest ?? "");
  expect(await lake.verify({ kept, now: Date.now() })).toMatchObject({
    problems: [],
    chain: { length: 2 },
    counts: { intact: 6, removed: 0, rewritten: 0 },
  });
  server.requests.length = 0;
  expect((await lake.seal({ now: Date.now() })).link?.seal.number).toBe(3);
  expect(server.requests.filter((one) => /^GET (receipts|dead-letter)/.test(one))).toEqual([]);

  const [receipt] = await keysUnder(storage, "receipts/vantageflow-process-iot/a.csv");
  await storage.remove(receipt);
  expect((await lake.verify({ now: Date.now() })).findings).toMatchObject([{ key: receipt, change: "removed" }]);
});
