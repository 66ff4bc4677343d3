import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { describeStorage } from "./conformance.ts";

const home = mkdtempSync(join(tmpdir(), "vantageflow-storage-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let lakes = 0;
const makeLocal = () => createLocalStorage({ root: join(home, `lake-${++lakes}`) });

describeStorage("memory", createMemoryStorage);
describeStorage("local", makeLocal);
for (const server of inject("s3Servers")) {
  const client = connect(server);
  const bucket = await makeBucket(client);
  afterAll(() => client.destroy());
  // Lakes side by side in one bucket: a prefix is a lake, and sees nothing of the others.
  describeStorage(server.name, () => createS3Storage({ client, bucket, prefix: `lake-${++lakes}/` }));
}

describe("a store that is vantageflow's own", () => {
  for (const [name, make] of Object.entries({ memory: createMemoryStorage, local: makeLocal })) {
    it(`${name}: gives every version a token of its own, even over the same content`, async () => {
      const storage = make();
      const tokens = new Set<string>();
      for (let i = 0; i < 5; i++) {
        const writer = await storage.create("a");
        await writer.write(Buffer.from("same"));
        tokens.add((await writer.commit()).token);
      }
      expect(tokens.size).toBe(5);
    });
  }
});
