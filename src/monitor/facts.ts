import type { Work } from "../ledger/pending.ts";
import type { StoredContract } from "../ledger/sources.ts";
import type { DeviceReport } from "../report/merge.ts";
import type { ObjectInfo } from "../storage/port.ts";
import type { DoorState } from "../streams/door-state.ts";
import type { Verification } from "../verify/record.ts";
import type { MadeOtherwise } from "./contracts.ts";
import type { DetectionsState } from "./detections-state.ts";
import type { Ended } from "./ended.ts";
import type { Odd } from "./listing.ts";
import type { Orphans } from "./orphans.ts";
import type { LayerName, OpenLetter, ReadingsState } from "./overview.ts";
import type { ContestedKeys } from "./waiting.ts";

/** All that is known of a lake at one time: what every figure is made of. */
export interface Facts {
  readonly lake: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Every object of the layers, in the order of the keys. */
  readonly objects: Readonly<Record<Folder, readonly ObjectInfo[]>>;
  readonly receipts: readonly Ended[];
  /** Objects that match a trigger and have no receipt; no silver whose bronze is work too, and nothing that is outdated. */
  readonly work: readonly Work[];
  /** Work only because their times are others than when they were processed, as far as listings tell. */
  readonly outdated: readonly Work[];
  readonly ignored: readonly Odd[];
  /** Open ones, newest first. */
  readonly letters: readonly OpenLetter[];
  readonly orphans: Orphans;
  readonly verified: Verification | null;
  readonly devices: readonly DeviceReport[];
  readonly contracts: ContractFacts;
  readonly table: ReadingsState | null;
  readonly detections: DetectionsState | null;
  readonly doors: readonly DoorState[];
}

/** The contracts of a lake, and what batches have to do with them. */
export interface ContractFacts {
  /** Why it cannot be told which batches are whose; null where it can. */
  readonly problem: string | null;
  readonly all: readonly StoredContract[];
  /** Keys that wait for a contract that was removed, by its name. */
  readonly waiting: ReadonlyMap<string, readonly string[]>;
  readonly contested: readonly ContestedKeys[];
  readonly madeOtherwise: readonly MadeOtherwise[];
}

export type Folder = LayerName | "receipts" | "deadLetter" | "logs";
