import { Metrics } from "@aws-lambda-powertools/metrics";
import { createHandler, type Handler, type HandlerResult } from "../functions/handler.ts";
import { byBucket } from "../ledger/s3-event.ts";
import { createS3Client } from "../storage/s3/client.ts";
import { createS3Storage } from "../storage/s3.ts";
import { type FunctionId, topology } from "../topology.ts";
import { VERSION } from "../version.ts";
import { createLog, createLogger } from "./log.ts";
import { functionSettings } from "./settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The part of Lambda's context object that is looked at here; Powertools takes more of it. */
export interface InvocationContext {
  readonly functionName: string;
}

/**
 * A triggered function as Lambda calls it: the handler that the emulator runs, on S3 and with Powertools. One client for
 * the container's life, one lake for each bucket that an event names. Throws `config_invalid` for its environment.
 */
export async function createTriggeredFunction(id: FunctionId, environment: Environment) {
  const { stage, logLevel, pipeline: settings } = functionSettings(environment);
  const { name: serviceName, metricsNamespace: namespace } = topology.functions[id];
  const logger = createLogger();
  const log = createLog(logger, logLevel);
  const metrics = new Metrics({ namespace, serviceName });
  const client = await createS3Client();
  const handlers = new Map<string, Handler>();

  function handlerOf(bucket: string): Handler {
    const known = handlers.get(bucket);
    if (known !== undefined) return known;
    const storage = createS3Storage({ client, bucket });
    const handler = createHandler({ storage, settings, code: VERSION, now: Date.now, bucket, stage, log }, id);
    handlers.set(bucket, handler);
    return handler;
  }

  return async (event: unknown, context: InvocationContext): Promise<HandlerResult> => {
    logger.addContext(context as Parameters<typeof logger.addContext>[0]);
    metrics.captureColdStartMetric(context.functionName);
    const results: HandlerResult[] = [];
    const errors: unknown[] = [];
    for (const [bucket, part] of byBucket(event)) {
      await handlerOf(bucket)(part).then(
        (result) => results.push(result),
        (error) => errors.push(error),
      );
    }
    if (errors.length > 0) throw errors[0];
    return {
      batches: results.flatMap(({ batches }) => batches),
      ignored: results.flatMap(({ ignored }) => ignored),
    };
  };
}
