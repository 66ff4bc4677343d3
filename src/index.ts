/** The library: the stages and the lake they run on. The command line is `vantageflow --help`. */

export { type Config, type ConfigInput, resolveConfig } from "./config.ts";
export { processObject } from "./engine/foreground.ts";
export { type RunOptions, run } from "./engine/run.ts";
export { type DataFault, type ErrorCode, isDataFault, VantageflowError } from "./errors.ts";
export type { ProcessContext } from "./functions/context.ts";
export type { BatchResult } from "./functions/result.ts";
export { bronzeToGold, bronzeToSilver } from "./functions/stages.ts";
export { planRun } from "./ledger/pending.ts";
export type { Receipt, RowNotes } from "./ledger/receipts.ts";
export type { BatchDetail, DeviceDetail } from "./monitor/details.ts";
export { createMonitor, type Monitor, type MonitorOptions } from "./monitor/monitor.ts";
export type { Overview } from "./monitor/overview.ts";
export { DEFAULT_SETTINGS, type PipelineSettings } from "./pipeline/settings.ts";
export { type StageContext, type StageResult, silverToGold } from "./pipeline/stages.ts";
export { createLocalStorage } from "./storage/local.ts";
export { createMemoryStorage } from "./storage/memory.ts";
export { openInputCopies, openStorage, openVersions } from "./storage/open.ts";
export type {
  LakeStorage,
  LakeVersions,
  ObjectHead,
  ObjectInfo,
  ObjectReader,
  ObjectVersion,
  ObjectWriter,
  RetainedVersion,
} from "./storage/port.ts";
export { type Topology, topology } from "./topology.ts";
