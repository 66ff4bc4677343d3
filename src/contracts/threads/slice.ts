import type { ErrorCode } from "../../errors.ts";
import type { SourceRemarks } from "../../pipeline/source.ts";
import type { HandedOrigins } from "../origins.ts";
import type { Contract } from "../vocabulary.ts";

/** What a thread that makes rows is told once. */
export interface MakerSetup {
  /** As it was found to be in order. */
  readonly contract: Contract;
  readonly key: string;
  /** When the object was put there, milliseconds since the epoch; null while it is landing. */
  readonly arrival: number | null;
  readonly maxRowBytes: number;
}

/** Rows on their way from the thread that makes them. */
export interface Slice {
  readonly rows: Uint8Array;
  readonly origins: HandedOrigins;
  readonly absent: number;
  readonly records: number;
  /** The last row had no line end. */
  readonly isLineEndAdded: boolean;
  readonly lastRowStart: number;
  readonly remarks: SourceRemarks;
  readonly isLast: boolean;
}

/** An error of the maker's: what it is for whoever pulls. */
export interface MakerFault {
  readonly message: string;
  /** Null for a bug. */
  readonly code: ErrorCode | null;
  readonly key: string | undefined;
  readonly line: number | undefined;
  readonly byteOffset: number | undefined;
  readonly column: string | undefined;
}

/** From the thread. */
export type MakerReply = { readonly slice: Slice } | { readonly fault: MakerFault } | { readonly isHungry: true };
