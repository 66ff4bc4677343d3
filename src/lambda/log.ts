import { LogFormatter, Logger, LogItem } from "@aws-lambda-powertools/logger";
import type { Log, LogLine } from "../functions/log.ts";
import { LOG_LEVELS, type LogLevel } from "./settings.ts";

type Attributes = Parameters<LogFormatter["formatAttributes"]>[0];

/** The line as it was made, and beside it what Powertools knows of the invocation. Empty keys are left out in printing. */
class LineFormatter extends LogFormatter {
  override formatAttributes({ lambdaContext, xRayTraceId }: Attributes, { line }: { line?: LogLine }): LogItem {
    const attributes = {
      ...line,
      cold_start: lambdaContext?.coldStart,
      function_name: lambdaContext?.functionName,
      function_memory_size: lambdaContext?.memoryLimitInMB,
      function_arn: lambdaContext?.invokedFunctionArn,
      function_request_id: lambdaContext?.awsRequestId,
      xray_trace_id: xRayTraceId,
    };
    return new LogItem({ attributes });
  }
}

/**
 * Powertools' logger for lines that say themselves what and when. Its own level stays INFO, as Terraform has Lambda's;
 * LOG_LEVEL is applied by {@link createLog}.
 */
export function createLogger(): Logger {
  return new Logger({ logLevel: "INFO", logFormatter: new LineFormatter() });
}

/** Prints lines of at least this level, and every line that carries metrics: alarms must not depend on verbosity. */
export function createLog(logger: Logger, least: LogLevel): Log {
  return (line) => {
    const level = String(line.level) as "INFO" | "WARN" | "ERROR";
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least) && !("_aws" in line)) return;
    logger[level.toLowerCase() as "info" | "warn" | "error"](String(line.message), { line });
  };
}
