import type { ZoneRules } from "./fields/zones.ts";
import type { Contract } from "./vocabulary.ts";

/** What opening a source by a contract needs beside it. */
export interface OpenOptions {
  readonly contract: Contract;
  /** The rules of named zones; null where the contract names none. */
  readonly zones: ZoneRules | null;
  /** The longest record, in bytes. */
  readonly maxRowBytes: number;
}
