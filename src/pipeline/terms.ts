import type { Judge } from "./judge.ts";
import { type OpenRows, openText } from "./source.ts";

/** The contract that a batch was read by, as receipts name it. */
interface ContractName {
  readonly name: string;
  /** SHA-256 of what it says, lower-case hex. */
  readonly digest: string;
  /** The release of the IANA time zone database that judged its local times; absent where none was asked. */
  readonly tz?: string;
}

/** How a batch is read and judged, beside the settings. */
export interface Terms {
  /** How its bytes become rows of the data contract. */
  readonly openRows: OpenRows;
  /** The same text for all that make the same rows of the same bytes. */
  readonly source: string;
  /** Null: the built-in contract. */
  readonly contract: ContractName | null;
  /** What its rules say of readings; null where the settings' threshold is all there is. */
  readonly judge: Judge | null;
}

/** The built-in contract: bytes are rows, and the threshold of the settings judges them. */
export const BUILT_IN: Terms = { openRows: openText, source: "", contract: null, judge: null };
