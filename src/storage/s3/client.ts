import { S3Client } from "@aws-sdk/client-s3";
import { trustedAuthorities } from "./authorities.ts";

const CONNECTION_TIMEOUT_MS = 5000;
/** Of silence on a connection, in either direction. */
const SOCKET_TIMEOUT_MS = 60_000;
/**
 * Open at once. Every batch in flight holds that of the body it reads and needs another to go on: with fewer than twice
 * the most that --concurrency takes (256), they would wait for each other until they time out. Parts come on top.
 */
const MAX_SOCKETS = 1024;
const DEFAULT_REGION = "us-east-1";
/** Without a logger the SDK writes its warnings to the console; our errors say what there is to say. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * A client as the AWS command line would make one: the default credential chain, profiles, AWS_REGION and
 * AWS_ENDPOINT_URL_S3, read by the SDK itself, and AWS_CA_BUNDLE. Three attempts with back-off; with an endpoint, buckets
 * are in the path. Throws `config_invalid` for a bundle that cannot be used.
 */
export async function createS3Client(): Promise<S3Client> {
  const secureContext = trustedAuthorities();
  const { config } = new S3Client({ maxAttempts: 3 });
  const [region, endpoint] = await Promise.all([
    config.region().catch(() => DEFAULT_REGION),
    config.serviceConfiguredEndpoint?.(),
  ]);
  return new S3Client({
    region,
    ...(endpoint === undefined || isAmazons(endpoint) ? {} : { endpoint, forcePathStyle: true }),
    // Else a body of 2 MiB or more goes over a connection of its own, which knows nothing of the bundle or the limit below.
    expectContinueHeader: false,
    // Two lakes of one command may be in two regions. Each request to the other one is then made twice.
    followRegionRedirects: true,
    logger: SILENT,
    maxAttempts: 3,
    retryMode: "standard",
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS, ...(secureContext === undefined ? {} : { secureContext }) },
    },
  });
}

/** A regional, dual-stack or VPC endpoint: the SDK finds it by itself, buckets stay in the host name. */
function isAmazons(endpoint: string): boolean {
  return /^https?:\/\/[^/]*\.amazonaws\.com(\.cn)?(:\d+)?(\/|$)/i.test(endpoint);
}
