/** Between two complaints of one kind. */
export const QUIET_MS = 60_000;
const MAX_KINDS = 100;

/**
 * Says which of what is to be told is told: the first of a kind at once, then one a minute at most. Returns how many were passed over
 * since the last; null for one that is passed over itself.
 */
export function quietly(now: () => number): (kind: string) => number | null {
  const told = new Map<string, { readonly at: number; silent: number }>();
  return (kind) => {
    const last = told.get(kind);
    if (last !== undefined && now() - last.at < QUIET_MS) {
      last.silent++;
      return null;
    }
    if (told.size === MAX_KINDS) told.clear();
    told.set(kind, { at: now(), silent: 0 });
    return last?.silent ?? 0;
  };
}
