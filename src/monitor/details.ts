import type { ContractStanding } from "../contracts/standing.ts";
import type { DeviceReport } from "../report/merge.ts";
import type { FunctionId } from "../topology.ts";
import type { BatchSummary, LayerName, OpenLetter } from "./overview.ts";

/** Of which devices, in which order; at most `limit` (1 to 1,000, else 200) from `offset` on. */
export interface DeviceQuery {
  /** Part of the id, in any case. */
  readonly contains?: string | undefined;
  readonly sort?: keyof DeviceReport | undefined;
  readonly order?: "asc" | "desc" | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

export interface DevicePage {
  readonly version: 1;
  /** How many match. */
  readonly total: number;
  readonly devices: readonly DeviceReport[];
}

export interface BatchQuery {
  /** Part of the key. */
  readonly contains?: string | undefined;
  readonly outcome?: BatchSummary["outcome"] | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** Newest first. */
export interface BatchPage {
  readonly version: 1;
  readonly total: number;
  readonly batches: readonly BatchSummary[];
}

/** One device: its gold over all batches, and what can be shown of its readings. */
export interface DeviceDetail {
  readonly version: 1;
  readonly device: DeviceReport;
  /** Batches that its gold is in, newest first, by the key of the batch; at most 100 of `device.batches`. */
  readonly batches: readonly (Omit<DeviceReport, "batches" | "device_id"> & {
    readonly key: string;
    readonly written: string;
  })[];
  /**
   * Its newest readings by their own time, oldest first, from the newest batches; at most 2,000. `complete` is false where
   * they are not all there are.
   */
  readonly readings: {
    readonly complete: boolean;
    readonly points: readonly {
      readonly time: string;
      readonly value: number;
      readonly anomaly: boolean;
      readonly key: string;
    }[];
  };
  /** Rejected rows that name it in those batches; at most 100. */
  readonly rejects: readonly RejectedRow[];
}

export interface RejectedRow {
  readonly key: string;
  readonly line: number;
  readonly column: string;
  readonly reason: string;
  readonly message: string;
  /** The row as it came, cut off after 1,000 characters. */
  readonly row: string;
}

/** One batch from bronze to gold. */
export interface BatchDetail {
  readonly version: 1;
  /** Of the newest receipt of each function, null where there is none yet. */
  readonly functions: readonly {
    readonly function: FunctionId;
    readonly name: string;
    readonly receipt: unknown | null;
  }[];
  /** Which contract has read it, and which does now. */
  readonly contract: ContractStanding;
  /** What stands where, in the order bronze, silver, anomalies, rejects, gold; null where nothing does. */
  readonly objects: readonly {
    readonly layer: LayerName | "rejects";
    readonly key: string;
    readonly object: { readonly size: number; readonly modified: string; readonly sha256: string | null } | null;
  }[];
  /** The first ones; at most 100 of `total`. */
  readonly rejects: { readonly total: number; readonly rows: readonly RejectedRow[] };
  /** Its rows of gold; at most 200 of `total`. */
  readonly devices: { readonly total: number; readonly rows: readonly Omit<DeviceReport, "batches">[] };
  readonly dead_letters: readonly OpenLetter[];
}
