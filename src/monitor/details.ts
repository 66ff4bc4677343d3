import type { ContractStanding } from "../contracts/standing.ts";
import type { Reason } from "../detection/reasons.ts";
import type { Instant } from "../pipeline/instant.ts";
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

/** Of which detections; without a device those of all. */
export interface DetectionQuery {
  readonly device?: string | undefined;
  /** By the time of the reading; `until` is not included. */
  readonly since?: Instant | undefined;
  readonly until?: Instant | undefined;
  /** 1 to 1,000, else 200. */
  readonly limit?: number | undefined;
}

/** The detections that the lake keeps, newest first. */
export interface DetectionPage {
  readonly version: 1;
  /** The version of the table of detections. */
  readonly table_version: number;
  /** The version of the table of readings that they are of; null while they are being made. */
  readonly readings_version: number | null;
  /** False where there are older ones than these that were asked for, too. */
  readonly complete: boolean;
  readonly detections: readonly DetectionDocument[];
}

/** As `detect --json` prints it. */
export interface DetectionDocument {
  readonly timestamp: string;
  readonly device_id: string;
  readonly value: number;
  readonly expected: number;
  /** From where to where values are usual. */
  readonly band: readonly [low: number, high: number];
  readonly once_in_days: number;
  readonly reason: Reason;
  readonly score: number;
  /** The version of the detector. */
  readonly detector: number;
  /** Who said that nobody is to be told of it, and why; null where nobody did. */
  readonly muted: { readonly id: string; readonly who: string; readonly why: string } | null;
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
