/** What a contract names and others know; nothing of it is asked of the host, whose time zones differ by version. */
export interface KnownNames {
  /** Whether there is such a zone in the pinned time zone database: `Europe/Berlin`. */
  isZone(name: string): boolean;
  /** Whether the Encoding Standard has such a name, and the reader of bytes can do it. */
  isEncoding(name: string): boolean;
}
