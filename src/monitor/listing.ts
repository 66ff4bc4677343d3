import type { ObjectInfo } from "../storage/port.ts";
import type { FunctionId } from "../topology.ts";

/** Of each function: what stands in its input folder, or the receipts that it wrote. */
export type Listing = Readonly<Record<FunctionId, readonly ObjectInfo[]>>;

/** What is passed over, and why. */
export interface Odd {
  readonly key: string;
  readonly reason: string;
}
