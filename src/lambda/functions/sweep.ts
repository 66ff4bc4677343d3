import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type SweepResult, sweep } from "../../functions/sweep.ts";
import { createS3Client } from "../../storage/s3/client.ts";
import { createS3Storage } from "../../storage/s3.ts";
import { type FunctionId, topology } from "../../topology.ts";
import { createLog, createLogger } from "../log.ts";
import { sweepSettings } from "../settings.ts";

const { stage, logLevel, lake, failures } = sweepSettings(process.env);
const logger = createLogger();
const client = await createS3Client();
const lambda = new LambdaClient({
  maxAttempts: 3,
  retryMode: "standard",
  requestHandler: { connectionTimeout: 5000, requestTimeout: 10_000 },
});

/** Lambda puts the event into its queue and answers 202; a refusal is an error of the SDK. */
async function invoke(id: FunctionId, event: unknown): Promise<void> {
  const { name: FunctionName } = topology.functions[id];
  await lambda.send(
    new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) }),
  );
}

const context = {
  storage: createS3Storage({ client, bucket: lake }),
  bucket: lake,
  failures: createS3Storage({ client, bucket: failures }),
  invoke,
  now: Date.now,
  stage,
  log: createLog(logger, logLevel),
};

/** Started by the clock; what the schedule sends says nothing. */
export async function handler(_event: unknown, invocation: object): Promise<SweepResult> {
  logger.addContext(invocation as Parameters<typeof logger.addContext>[0]);
  return sweep(context);
}
