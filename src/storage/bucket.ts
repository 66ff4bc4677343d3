import type { StoreKind } from "./kind.ts";
import { createLazyStorage, createLazyTurns, createLazyVersions } from "./lazy.ts";
import { isS3, parseS3Url } from "./url.ts";

/** A bucket is connected by its first use, and says itself what is wrong with it when it is read. */
export const bucket: StoreKind = {
  isOf: isS3,
  openStorage(url) {
    const place = parseS3Url(url);
    return createLazyStorage(url, async () => {
      const { createS3Client, createS3Storage } = await s3();
      const client = await createS3Client();
      const close = async () => client.destroy();
      return { ...createS3Storage({ client, ...place, url }), close };
    });
  },
  openVersions(url) {
    const place = parseS3Url(url);
    return createLazyVersions(async () => {
      const { createS3Client, createS3Versions } = await s3();
      return createS3Versions({ client: await createS3Client(), ...place });
    });
  },
  openRemovals: () => null,
  /** A bucket keeps an object's metadata with it. */
  sweepMetadata: async () => ({ removed: 0, failed: [] }),
  /** A bucket keeps versions itself. */
  openInputCopies: () => async () => {},
  /** By turns. */
  openClaims(url) {
    const place = parseS3Url(url);
    return createLazyTurns(async () => {
      const { createS3Client, createS3Turns } = await s3();
      const client = await createS3Client();
      const turns = createS3Turns({ client, ...place, url });
      return { ...turns, close: () => turns.close().finally(() => client.destroy()) };
    });
  },
  openWatchable: () => null,
  checkFolders() {},
  isThere: () => true,
  privateFolder: () => null,
};

/** The AWS SDK takes a fifth of a second to load: only lakes in a bucket pay for it. */
async function s3() {
  const [{ createS3Client }, { createS3Storage }, { createS3Versions }, { createS3Turns }] = await Promise.all([
    import("./s3/client.ts"),
    import("./s3.ts"),
    import("./s3/versions.ts"),
    import("./s3/turns.ts"),
  ]);
  return { createS3Client, createS3Storage, createS3Versions, createS3Turns };
}
