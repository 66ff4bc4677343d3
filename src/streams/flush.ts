/** When what has come in is brought into bronze: whichever of these is reached first. */
export interface FlushLimits {
  readonly ms: number;
  readonly bytes: number;
  readonly records: number;
}

export const FLUSH_LIMITS: FlushLimits = { ms: 60_000, bytes: 5_000_000, records: 50_000 };

/** What stands in a segment, and when its first record came, milliseconds of any clock. */
interface Filled {
  readonly since: number;
  readonly bytes: number;
  readonly records: number;
}

/** Whether a segment is to become a batch now. An empty one never is. */
export function isDue({ since, bytes, records }: Filled, now: number, limits: FlushLimits): boolean {
  return records > 0 && (now - since >= limits.ms || bytes >= limits.bytes || records >= limits.records);
}
