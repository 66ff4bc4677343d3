import type { CostEstimate } from "../cost/estimate.ts";
import type { Fault, RowCounts } from "../ledger/receipts.ts";
import type { DeviceReport } from "../report/merge.ts";
import type { DoorState } from "../streams/door-state.ts";
import type { AlarmName, FunctionId } from "../topology.ts";
import type { Verification } from "../verify/record.ts";
import type { DetectionsState } from "./detections-state.ts";

/**
 * What an operator sees of a lake: the document that `status --json` prints, `/api/v1/overview` answers and the dashboard
 * draws. Plain JSON: null stands for "there is none", which is not 0. Times are ISO 8601, UTC, and say when something was
 * done or written, never what time a reading carries, but those of detections.
 */
export interface Overview {
  readonly version: 1;
  /** How the lake was named. */
  readonly lake: string;
  /** When the lake was looked at: what `now` was for everything below. */
  readonly time: string;
  readonly health: Health;
  /** Since midnight, UTC. */
  readonly today: Totals;
  readonly last_24h: Totals;
  /** The last 24 full or begun hours, oldest first; always 24. */
  readonly series: readonly Hour[];
  readonly layers: Readonly<Record<LayerName, LayerState>>;
  /** Work that waits: objects that match a trigger and have no receipt, without those of the reason `receipts_outdated`. */
  readonly work: { readonly waiting: number; readonly oldest_seconds: number | null };
  /** What stands in an input folder and will never be processed, and gold, receipts and dead letters that are none; at most 100 of `count`. */
  readonly ignored: {
    readonly count: number;
    readonly keys: readonly { readonly key: string; readonly reason: string }[];
  };
  /** Open ones; at most 100 of `open`, newest first. */
  readonly dead_letters: { readonly open: number; readonly letters: readonly OpenLetter[] };
  readonly devices: Devices;
  /** Batches that ended last; at most 50, newest first. */
  readonly batches: readonly BatchSummary[];
  readonly alarms: readonly AlarmState[];
  readonly cost: CostEstimate;
  /** The contracts of the lake, those in force first; at most 100. */
  readonly contracts: readonly ContractState[];
  /** What came of the last `vantageflow verify`; null where there was none. */
  readonly verified: Verification | null;
  /** The table of readings; null where nobody has made it. */
  readonly table: ReadingsState | null;
  /** What is odd of devices by their own past; null where nobody has ever looked for it (`vantageflow detect`). */
  readonly detections: DetectionsState | null;
  /** Through what readings come in live (`vantageflow listen`), by name; at most 20. */
  readonly doors: readonly DoorOverview[];
}

/** What a door said last, and what that means now. */
export interface DoorOverview extends Omit<DoorState, "version" | "owner"> {
  /** Down: its process is gone, it has said nothing for three minutes, or it has lost its connection. Late: what came in does not come into bronze. */
  readonly state: "up" | "late" | "down";
}

/** Nothing has ever been there: not the same as nothing today. */
export function isEmpty({ layers, work, ignored, dead_letters, batches }: Overview): boolean {
  const files = Object.values(layers).reduce((sum, layer) => sum + layer.files, 0);
  return files + work.waiting + ignored.count + dead_letters.open + batches.length === 0;
}

export type Verdict = "healthy" | "degraded" | "unhealthy";

export interface Health {
  readonly verdict: Verdict;
  /** Objects done of objects ended in the last 24 hours, one fraction digit; 100 when none ended. Never rounded up to 100. */
  readonly percentage: number;
  /** Worst first; empty when healthy. */
  readonly reasons: readonly HealthReason[];
}

export interface HealthReason {
  readonly code:
    | "dead_letters_open"
    | "door_down"
    | "door_late"
    | "readings_left"
    | "work_overdue"
    | "contract_invalid"
    | "alarm"
    | "verify_found_damage"
    | "outputs_orphaned"
    | "receipts_outdated"
    | "contract_removed"
    | "contracts_conflict"
    | "devices_critical"
    | "all_rows_rejected"
    | "rows_rejected"
    | "last_line_unterminated"
    | "table_unreadable"
    | "detections_unreadable"
    | "objects_ignored";
  readonly verdict: Exclude<Verdict, "healthy">;
  /** A short sentence with its number: `2 dead letters are open`. */
  readonly message: string;
  /** The command that tells more, or mends it. */
  readonly next: string;
}

/** What batches that ended in a span of time add up to. */
export interface Totals {
  /** Objects of bronze (or silver without bronze) that ended. */
  readonly batches: number;
  readonly done: number;
  readonly refused: number;
  readonly failed: number;
  /** Rows that came in, and where they went. */
  readonly rows: RowCounts;
  /** Of rows that went to silver or anomalies, one fraction digit; null when there were none. */
  readonly anomaly_percentage: number | null;
  /** Rejects of rows in; null when there were none. */
  readonly reject_percentage: number | null;
  /** Per object, of those done; null when there were none. */
  readonly duration_ms: Durations | null;
}

export interface Durations {
  readonly average: number;
  readonly p50: number;
  readonly p95: number;
}

export interface Hour {
  /** Its start. */
  readonly time: string;
  /** Null: nothing was processed, a gap. */
  readonly rows: RowCounts | null;
  readonly batches: number;
  readonly errors: number;
}

export type LayerName = "bronze" | "silver" | "anomalies" | "gold";

export interface LayerState {
  readonly files: number;
  readonly bytes: number;
  /** Files written in the last 24 hours. */
  readonly files_24h: number;
  /** Of batches that ended in the last 24 hours; in gold: devices, one row each. */
  readonly rows_24h: number;
  readonly last_write: string | null;
  /** How long the oldest input of this layer that is not yet processed has waited; null when none waits, and of layers that nothing follows. */
  readonly lag_seconds: number | null;
}

export interface Devices {
  /** How many there are in gold. */
  readonly total: number;
  /** How many have more than 30 % anomalies. */
  readonly critical: number;
  /** The critical ones, highest percentage first; at most 20. */
  readonly critical_devices: readonly DeviceReport[];
  /** Highest percentage first, at most 10. */
  readonly top: readonly DeviceReport[];
  /** For a picture of all: at most 500, those with most anomalies first. */
  readonly points: readonly DevicePoint[];
}

export type DevicePoint = Pick<DeviceReport, "device_id" | "avg_value" | "anomaly_percentage">;

/**
 * A batch and what became of it. Its key is that of bronze, or of silver that no split wrote; the function is the one
 * that refused or failed, else that of the key. What each function took by itself is added.
 */
export interface BatchSummary {
  readonly key: string;
  readonly function: FunctionId;
  readonly outcome: "done" | "refused" | "failed";
  readonly ended: string;
  readonly duration_ms: number;
  readonly rows: RowCounts;
  readonly devices: number;
  readonly attempts: number;
  readonly error: Fault | null;
}

export interface ContractState {
  readonly name: string;
  readonly state: "in_force" | "removed";
  /** Batches that wait for it, for it was removed. */
  readonly waiting: number;
  /**
   * Batches that it claims and that were made by another version of it, by another contract or by none; and those whose
   * local times were judged by an older time zone database than this version has. All of them stay valid until they are
   * made again. `complete` is false where there may be more.
   */
  readonly made_otherwise: number;
  readonly older_time_zones: number;
  readonly complete: boolean;
  /** The command that changes that; null where there is nothing to change. */
  readonly next: string | null;
}

export interface ReadingsState {
  /** As of its newest version, by its log; null where that cannot be read. */
  readonly newest: {
    readonly version: number;
    readonly committed: string;
    readonly rows: number;
    readonly files: number;
    readonly bytes: number;
  } | null;
  /** Why its log cannot be read; null where it can. */
  readonly problem: string | null;
  /**
   * Batches of which the table does not have what silver and anomalies have now, or still has what they have no more; there may be
   * more where it is not `complete`. And how long the one that was written first has waited.
   */
  readonly lag: { readonly batches: number; readonly complete: boolean; readonly oldest_seconds: number | null };
}

export interface OpenLetter {
  readonly id: string;
  readonly time: string;
  readonly function: string;
  readonly key: string | null;
  readonly code: string;
  readonly message: string;
}

export interface AlarmState {
  readonly name: AlarmName;
  /** Of which function; null for an alarm of the whole lake. */
  readonly function: string | null;
  readonly state: "OK" | "ALARM";
  /** The newest datapoint; null when there is none, which does not breach. */
  readonly value: number | null;
  readonly threshold: number;
  readonly unit: "percent" | "milliseconds" | "USD" | "seconds";
  readonly period_seconds: number;
}
