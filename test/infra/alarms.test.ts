import { describe, expect, it } from "vitest";
import { type Block, locals, namesOf, nested, resource } from "./configuration.ts";

/** Where no sweep runs, its silence says nothing. */
const QUIET_STANDBY = '${local.is_active ? "breaching" : "notBreaching"}';

describe("the alarms", () => {
  const alarm = (name: string) => resource("aws_cloudwatch_metric_alarm", name);

  it("have the topology's thresholds, and tell SNS", () => {
    const names = {
      error_rate: "HighErrorRate",
      duration: "HighDuration",
      cost: "CostExceeded",
      work_overdue: "WorkOverdue",
    };
    for (const [name, id] of Object.entries(names)) {
      expect(alarm(name), name).toMatchObject({
        threshold: `\${local.topology.alarms.${id}.threshold}`,
        comparison_operator: `\${local.topology.alarms.${id}.comparison}`,
      });
    }
    for (const name of namesOf("aws_cloudwatch_metric_alarm")) {
      expect(alarm(name).alarm_actions, name).toHaveLength(1);
    }
  });

  it("count errors in percent of the invocations, and none when there were none", () => {
    const [rate, errors, invocations] = nested(alarm("error_rate"), "metric_query");
    expect(rate).toMatchObject({ expression: "IF(inv > 0, 100*err/inv, 0)", return_data: true });
    for (const [query, id, metric] of [
      [errors, "err", "Errors"] as const,
      [invocations, "inv", "Invocations"] as const,
    ]) {
      expect(query).toMatchObject({ id, metric: [{ namespace: "AWS/Lambda", metric_name: metric, stat: "Sum" }] });
    }
  });

  it("watch duration, throttles, lost failure records and the bill where AWS counts it", () => {
    expect(alarm("duration")).toMatchObject({ metric_name: "Duration", statistic: "Average" });
    expect(alarm("unwanted")).toMatchObject({
      for_each: "${local.unwanted_alarms}",
      metric_name: "${each.value.metric}",
      statistic: "Sum",
      threshold: 0,
    });
    expect(Object.keys(locals.unwanted as Block)).toEqual(["DestinationDeliveryFailures", "Throttles"]);
    expect(alarm("cost")).toMatchObject({
      region: "us-east-1",
      namespace: "AWS/Billing",
      metric_name: "EstimatedCharges",
      dimensions: { Currency: "USD" },
      alarm_actions: ["${aws_sns_topic.cost.arn}"],
    });
    expect(resource("aws_sns_topic", "cost").region).toBe("us-east-1");
  });

  it("take missing data as good, but for the sweep's: silence means that there is no sweep", () => {
    for (const name of namesOf("aws_cloudwatch_metric_alarm")) {
      expect(alarm(name).treat_missing_data, name).toBe(name === "work_overdue" ? QUIET_STANDBY : "notBreaching");
    }
  });
});
