import { afterAll, inject } from "vitest";
import { createS3Storage } from "../../../src/storage/s3.ts";
import { connect, makeBucket } from "../../s3/client.ts";
import type { Descriptor, Store } from "../stores.ts";

export const descriptor: Descriptor = {
  isKind: true,
  tellsWrites: false,
  async stores() {
    const stores: Store[] = [];
    for (const server of inject("s3Servers")) {
      const client = connect(server);
      const bucket = await makeBucket(client);
      afterAll(() => client.destroy());
      let lakes = 0;
      // Lakes side by side in one bucket: a prefix is a lake, and sees nothing of the others.
      const make = () => createS3Storage({ client, bucket, prefix: `lake-${++lakes}/` });
      stores.push({ name: server.name, make });
    }
    return stores;
  },
};
