import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { describe, expect, it } from "vitest";
import { batchLine, type LogLine, sweepLine } from "../../src/functions/log.ts";
import type { BatchResult } from "../../src/functions/result.ts";
import { FUNCTION_IDS, topology } from "../../src/topology.ts";

const NOW = Date.now();
const DONE: BatchResult = {
  key: "bronze/b.csv",
  outcome: "done",
  rows: { in: 15, silver: 11, anomalies: 2, rejects: 1, blank: 1 },
  devices: 2,
  outputs: [],
  durationMs: 40,
  error: null,
};
const REFUSED: BatchResult = {
  ...DONE,
  outcome: "refused",
  error: { code: "empty", message: "it is empty", line: null, column: null },
};

/** What Powertools writes for the metrics that a line claims to carry. */
function byPowertools(line: LogLine, { name, metricsNamespace }: { name: string; metricsNamespace: string }): object {
  const metrics = new Metrics({ namespace: metricsNamespace, serviceName: name });
  const { _aws } = line as { _aws: { CloudWatchMetrics: [{ Metrics: { Name: string; Unit: string }[] }] } };
  for (const { Name, Unit } of _aws.CloudWatchMetrics[0].Metrics) {
    const unit = Object.values(MetricUnit).find((known) => known === Unit);
    if (unit === undefined) throw new Error(`CloudWatch has no unit ${Unit}`);
    metrics.addMetric(Name, unit, line[Name] as number);
  }
  metrics.setTimestamp(NOW);
  return metrics.serializeMetrics();
}

describe("the metrics in a log line", () => {
  const lines = [
    ...FUNCTION_IDS.flatMap((id) =>
      [DONE, REFUSED].map((result) => {
        const line = batchLine({ function: id, stage: "prod" }, result, NOW);
        return { line, limits: topology.functions[id] };
      }),
    ),
    { line: sweepLine({ function: "sweep", stage: "prod" }, 77, 3, NOW), limits: topology.functions.sweep },
  ];

  it.each(lines)("are those that Powertools would write: $limits.name $line.message", ({ line, limits }) => {
    const expected = byPowertools(line, limits);
    expect(line).toMatchObject(expected);
    expect(line._aws).toEqual((expected as LogLine)._aws);
  });
});
