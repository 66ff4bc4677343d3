import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import { noteLine, type Speaker, streamLine } from "../../functions/log.ts";
import { createS3Client } from "../../storage/s3/client.ts";
import { createS3Storage } from "../../storage/s3.ts";
import { type BatchResponse, deliverEvent, responseOf } from "../../streams/kinesis/deliver-event.ts";
import { createLog, createLogger } from "../log.ts";
import { clockSettings } from "../settings.ts";
import { stoppedWith, type TimedInvocation } from "../time-left.ts";

/** Of the time of an invocation this much is kept for the attempt that is under way. */
const KEPT_SHARE = 0.25;
const [FIRST_DELAY_MS, LAST_DELAY_MS] = [500, 10_000];

const { stage, logLevel, lake } = clockSettings(process.env);
const logger = createLogger();
const log = createLog(logger, logLevel);
const speaker: Speaker = { function: "stream", stage };
const storage = createS3Storage({ client: await createS3Client(), bucket: lake });

/**
 * Started by records of a stream. While the lake is down it tries again for as long as it may: each invocation that fails is one of few,
 * and behind the last of them the records are given up.
 */
export async function handler(event: unknown, invocation: TimedInvocation): Promise<BatchResponse> {
  logger.addContext(invocation as Parameters<typeof logger.addContext>[0]);
  const stopped = stoppedWith(KEPT_SHARE, invocation);
  const done = await deliverEvent(storage, event, {
    async again(error, failures) {
      log(noteLine(speaker, "WARN", `attempt ${failures} failed: ${messageOf(error)}`, null, Date.now()));
      if (!stopped()) await sleep(Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LAST_DELAY_MS));
      return !stopped();
    },
  });
  if (done.failed !== null) {
    const { sequence, error } = done.failed;
    log(noteLine(speaker, "ERROR", `not taken from record ${sequence} on: ${messageOf(error)}`, null, Date.now()));
  }
  log(streamLine(speaker, done, Date.now()));
  return responseOf(done);
}
