import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, inject } from "vitest";
import { createLocalStorage } from "../../src/storage/local.js";
import { createMemoryStorage } from "../../src/storage/memory.js";
import { createS3Storage } from "../../src/storage/s3.js";
import { connect, makeBucket } from "../s3/client.js";
/** Every kind of store there is to test against: memory, a directory, and each S3 server that was started. */
export async function stores() {
    const home = mkdtempSync(join(tmpdir(), "vantageflow-stores-"));
    afterAll(() => rmSync(home, { recursive: true, force: true }));
    let lakes = 0;
    const buckets = [];
    for (const server of inject("s3Servers")) {
        const client = connect(server);
        const bucket = await makeBucket(client);
        afterAll(() => client.destroy());
        // Lakes side by side in one bucket: a prefix is a lake, and sees nothing of the others.
        const make = () => createS3Storage({ client, bucket, prefix: `lake-${++lakes}/` });
        buckets.push({ name: server.name, make });
    }
    return [
        { name: "memory", make: createMemoryStorage },
        { name: "local", make: () => createLocalStorage({ root: join(home, `lake-${++lakes}`) }) },
        ...buckets,
    ];
}
