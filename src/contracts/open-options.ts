import type { ZoneRules } from "./fields/zones.ts";
import type { RecordKernel } from "./record-kernel.ts";
import type { Contract } from "./vocabulary.ts";

/** What opening a source by a contract needs beside it. */
export interface OpenOptions {
  readonly contract: Contract;
  /** The rules of named zones; null where the contract names none. */
  readonly zones: ZoneRules | null;
  /** The longest record, in bytes. */
  readonly maxRowBytes: number;
  /** Where the source's bytes and the rows stand in its memory, it makes rows that it is sure of. */
  readonly kernel?: RecordKernel | null;
}
