import type { Incoming } from "../pipeline/opened.ts";
import {
  bronzeToGold,
  bronzeToSilver,
  landToGold,
  type StageContext,
  type StageResult,
  silverToGold,
} from "../pipeline/stages.ts";
import type { FunctionId } from "../topology.ts";
import type { BatchResult } from "./result.ts";

type MetricUnit = "Count" | "Percent" | "Milliseconds" | "Seconds" | "Count/Second";

export type Metric = readonly [name: string, unit: MetricUnit, value: number];

/** What a function of the topology is made of: with its row there, all there is to be said of it. */
interface Definition {
  /** What it does with one object, by itself, as in Lambda. */
  readonly stage: (context: StageContext, key: string) => Promise<StageResult>;
  /** How one pass does the work of others with its own, as in the foreground; absent where none does. */
  readonly fused?: FusedPass;
  /** What its line says of an object that is done, beside what every function's line says. */
  readonly metrics: (result: BatchResult) => readonly Metric[];
}

/** Each result is that of the function itself, then that of each of the others. */
interface FusedPass {
  readonly others: readonly FunctionId[];
  readonly pass: (context: StageContext, key: string) => Promise<readonly StageResult[]>;
  /** The same, over an object that is landing while it is read. */
  readonly landing: (context: StageContext, incoming: Incoming) => Promise<readonly StageResult[]>;
}

export const DEFINITIONS: Readonly<Record<FunctionId, Definition>> = {
  bronzeToSilver: {
    stage: bronzeToSilver,
    fused: {
      others: ["silverToGold"],
      pass: async (context, key) => inOrder(await bronzeToGold(context, key)),
      landing: async (context, incoming) => inOrder(await landToGold(context, incoming)),
    },
    metrics: ({ rows: { silver, anomalies } }) => [
      ["NormalRows", "Count", silver],
      ["AnomalyRows", "Count", anomalies],
      ["AnomalyPercentage", "Percent", percentage(anomalies, silver + anomalies)],
    ],
  },
  silverToGold: {
    stage: silverToGold,
    metrics: ({ devices }) => [["DevicesProcessed", "Count", devices]],
  },
};

/** The functions whose work a fused pass over an object of this one does, itself first. */
export function passOf(id: FunctionId): readonly FunctionId[] {
  return [id, ...(DEFINITIONS[id].fused?.others ?? [])];
}

function inOrder({ silver, gold }: { readonly silver: StageResult; readonly gold: StageResult }) {
  return [silver, gold];
}

/** With one fraction digit; 0 of nothing. */
function percentage(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * 1000) / whole) / 10;
}
