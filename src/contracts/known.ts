import type { ZoneRules } from "./fields/zones.ts";

/** What a contract names and others know; nothing of it is asked of the host. */
export interface KnownNames {
  /** The rules of named zones; null where only UTC and offsets are known. */
  readonly zones: ZoneRules | null;
  /** Whether the Encoding Standard has such a name, and the reader of bytes can do it. */
  isEncoding(name: string): boolean;
}
