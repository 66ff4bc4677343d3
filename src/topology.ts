import json from "./topology.json" with { type: "json" };

/** An S3 notification rule: one prefix and one suffix, no wildcards (S3 user guide, "Configuring event notifications using object key name filtering"). */
export interface Trigger {
  readonly id: string;
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

interface FunctionLimits {
  readonly name: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** How often a failed asynchronous invocation is tried again. */
  readonly retries: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface LakeFunction extends FunctionLimits {
  readonly trigger: Trigger;
}

/** The function that starts again, by the clock, whatever has no receipt. */
interface Sweep extends FunctionLimits {
  /** EventBridge Scheduler's notation: `rate(15 minutes)`. */
  readonly schedule: string;
}

interface Layer {
  readonly prefix: string;
  /** Days after which an object is removed. */
  readonly retentionDays: number;
  /** Days after which what was overwritten or removed cannot be restored any more. */
  readonly noncurrentDays: number;
  readonly storageClass: string;
}

export type FunctionId = "bronzeToSilver" | "silverToGold";

/** The system as data: the emulator runs from it and Terraform reads the same file. */
export interface Topology {
  readonly layers: Readonly<Record<string, Layer>>;
  readonly functions: Readonly<Record<FunctionId, LakeFunction>>;
  readonly sweep: Sweep;
}

export const topology: Topology = json;

/** Whether S3 would start the trigger's function for an object of this key. */
export function matches(trigger: Trigger, key: string): boolean {
  return key.startsWith(trigger.prefix) && key.endsWith(trigger.suffix);
}
