import { randomUUID } from "node:crypto";
import { noteLine, type Speaker, syncLine } from "../../functions/log.ts";
import { createS3Client } from "../../storage/s3/client.ts";
import { createS3Storage } from "../../storage/s3.ts";
import { syncReadings } from "../../tables/readings/sync.ts";
import type { SyncResult } from "../../tables/readings/sync-types.ts";
import { VERSION } from "../../version.ts";
import { createLog, createLogger } from "../log.ts";
import { clockSettings } from "../settings.ts";

/** Before Lambda ends an invocation for its time: what has been read is committed then, and the next one goes on. Milliseconds. */
const MARGIN_MS = 60_000;

const { stage, logLevel, lake, pipeline } = clockSettings(process.env);
const logger = createLogger();
const log = createLog(logger, logLevel);
const speaker: Speaker = { function: "tables", stage };
const storage = createS3Storage({ client: await createS3Client(), bucket: lake });
const context = { storage, code: VERSION, now: Date.now, settings: pipeline, newId: randomUUID };

/** Started by the clock; what the schedule sends says nothing. */
export async function handler(
  _event: unknown,
  invocation: { readonly getRemainingTimeInMillis?: () => number },
): Promise<Pick<SyncResult, "version" | "batches" | "rows">> {
  logger.addContext(invocation as Parameters<typeof logger.addContext>[0]);
  const stopped = () => (invocation.getRemainingTimeInMillis?.() ?? MARGIN_MS) < MARGIN_MS;
  const result = await syncReadings(context, { stopped });
  for (const { path, message } of result.refused)
    log(noteLine(speaker, "ERROR", `not in the table: ${message}`, path, Date.now()));
  log(syncLine(speaker, { ...result, waiting: result.waiting.length }, Date.now()));
  const { version, batches, rows } = result;
  return { version, batches, rows };
}
