import { randomUUID } from "node:crypto";
import { detectLine, noteLine, type Speaker } from "../../functions/log.ts";
import { createS3Client } from "../../storage/s3/client.ts";
import { createS3Storage } from "../../storage/s3.ts";
import { tidyDetections } from "../../tables/detections/keep.ts";
import { syncDetections } from "../../tables/detections/sync.ts";
import type { ViewResult } from "../../tables/detections/view-types.ts";
import { VERSION } from "../../version.ts";
import { createLog, createLogger } from "../log.ts";
import { detectSettings } from "../settings.ts";
import { stoppedWith, type TimedInvocation } from "../time-left.ts";

/** Of the time of an invocation this much is kept for the day that is being read and the commit; the next invocation goes on. */
const KEPT_SHARE = 0.4;

const { stage, logLevel, lake, detectOneIn } = detectSettings(process.env);
const logger = createLogger();
const log = createLog(logger, logLevel);
const speaker: Speaker = { function: "detect", stage };
const storage = createS3Storage({ client: await createS3Client(), bucket: lake });
const context = { storage, code: VERSION, now: Date.now, newId: randomUUID };

/** Started by the clock; what the schedule sends says nothing. Null where there is no table of readings yet. */
export async function handler(
  _event: unknown,
  invocation: TimedInvocation,
): Promise<Pick<ViewResult, "version" | "readings" | "isWhole"> | null> {
  logger.addContext(invocation as Parameters<typeof logger.addContext>[0]);
  const stopped = stoppedWith(KEPT_SHARE, invocation);
  const result = await syncDetections(context, { oneIn: detectOneIn ?? undefined, stopped });
  if (result === null) return null;
  if (!stopped()) await tidyDetections(context, result);
  const { version, readings, isWhole } = result;
  if (!isWhole) log(noteLine(speaker, "INFO", "stopped in time: the next run goes on", null, Date.now()));
  log(detectLine(speaker, result, Date.now()));
  return { version, readings, isWhole };
}
