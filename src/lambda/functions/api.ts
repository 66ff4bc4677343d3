import { createApi } from "../../api/app.ts";
import { GATEWAY } from "../../api/front.ts";
import { createUpdates } from "../../api/updates.ts";
import { createMonitor } from "../../monitor/monitor.ts";
import { createS3Client } from "../../storage/s3/client.ts";
import { createS3Storage } from "../../storage/s3.ts";
import { lateReadingsTable } from "../../tables/late.ts";
import { VERSION } from "../../version.ts";
import { createAnswering } from "../answering.ts";
import { createLog, createLogger } from "../log.ts";
import { sweepSettings } from "../settings.ts";

/** How old an answer may be: a look at a lake lists all of it, and listings cost money. Milliseconds. */
const INTERVAL_MS = 60_000;
/** Less than what an HTTP API waits. Milliseconds. */
const PATIENCE_MS = 25_000;

const { stage, logLevel, lake, failures, pipeline } = sweepSettings(process.env);
const logger = createLogger();
const client = await createS3Client();
const storage = createS3Storage({ client, bucket: lake });
const monitor = createMonitor({
  storage,
  failures: createS3Storage({ client, bucket: failures }),
  anomalyThreshold: pipeline.anomalyThreshold,
  now: Date.now,
});
// A monotonic clock stands still while Lambda has the environment frozen.
const updates = createUpdates({ monitor, clock: Date.now, intervalMs: INTERVAL_MS });
const readings = lateReadingsTable(storage);
const app = createApi({ monitor, readings, current: () => updates.current(), version: VERSION, front: GATEWAY });
const answer = createAnswering({
  fetch: (request) => app.fetch(request),
  patienceMs: PATIENCE_MS,
  speaker: { function: "api", stage },
  log: createLog(logger, logLevel),
  now: Date.now,
});

/** Started by a request of API Gateway's, which has let it in. */
export async function handler(event: unknown, invocation: object) {
  logger.addContext(invocation as Parameters<typeof logger.addContext>[0]);
  return answer(event);
}
