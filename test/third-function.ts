import { type AnyFunction, type Topology, topology } from "../src/topology.ts";

/** A function that the clock starts: it reads silver and writes tables. */
export const THIRD = {
  ...topology.functions.silverToGold,
  name: "vantageflow-sync-tables",
  metricsNamespace: "VantageFlow/SyncTables",
  startedBy: { kind: "schedule", rate: "rate(1 hour)" },
  reads: ["silver/"],
  writes: ["tables/"],
  metrics: 3,
} as const satisfies AnyFunction;

/** The topology with one more function. */
export function withThird(third: Partial<AnyFunction> = {}): Topology {
  return {
    ...topology,
    functions: { ...topology.functions, ...{ third: { ...THIRD, ...third } } },
  };
}
