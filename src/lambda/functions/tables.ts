import { randomUUID } from "node:crypto";
import { noteLine, type Speaker, syncLine } from "../../functions/log.ts";
import { createS3Client } from "../../storage/s3/client.ts";
import { createS3Storage } from "../../storage/s3.ts";
import { keepReadings, tidyReadings } from "../../tables/readings/keep.ts";
import type { SyncResult } from "../../tables/readings/sync-types.ts";
import { VERSION } from "../../version.ts";
import { createLog, createLogger } from "../log.ts";
import { clockSettings } from "../settings.ts";
import { stoppedWith, type TimedInvocation } from "../time-left.ts";

/** Of the time of an invocation this much is kept for the commit of what has been read; the next invocation goes on. */
const KEPT_SHARE = 0.25;

const { stage, logLevel, lake, pipeline } = clockSettings(process.env);
const logger = createLogger();
const log = createLog(logger, logLevel);
const speaker: Speaker = { function: "tables", stage };
const storage = createS3Storage({ client: await createS3Client(), bucket: lake });
const context = { storage, code: VERSION, now: Date.now, settings: pipeline, newId: randomUUID };

/** Started by the clock; what the schedule sends says nothing. */
export async function handler(
  _event: unknown,
  invocation: TimedInvocation,
): Promise<Pick<SyncResult, "version" | "batches" | "rows">> {
  logger.addContext(invocation as Parameters<typeof logger.addContext>[0]);
  const stopped = stoppedWith(KEPT_SHARE, invocation);
  const result = await keepReadings(context, { stopped });
  if (!stopped()) await tidyReadings(context, result);
  for (const { path, message } of result.refused)
    log(noteLine(speaker, "ERROR", `not in the table: ${message}`, path, Date.now()));
  log(syncLine(speaker, { ...result, waiting: result.waiting.length }, Date.now()));
  const { version, batches, rows } = result;
  return { version, batches, rows };
}
