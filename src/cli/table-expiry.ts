import type { TableExpiry } from "../tables/readings/expire.ts";
import { READINGS } from "../tables/readings/layout.ts";
import { DAY_MS } from "../time.ts";

/** What goes of a table, as `expire` and `tables vacuum` show it. */

/** A line for each file: key, what, layer, days, bytes. */
export function tableCells({ drop, garbage }: TableExpiry, now: number): (string | number)[][] {
  return [
    ...drop.map(({ path, add, ageDays }) => [`${READINGS}${path}`, "drop rows", "tables", ageDays, add.size]),
    ...garbage.map(({ object }) => {
      const ageDays = Math.max(0, Math.floor((now - object.modified) / DAY_MS));
      return [object.key, "remove", "tables", ageDays, object.size];
    }),
  ];
}

export function expiryDocument({ drop, garbage }: TableExpiry) {
  return {
    dropped: drop.map(({ path, add, ageDays }) => ({ key: `${READINGS}${path}`, age_days: ageDays, size: add.size })),
    removed: garbage.map(({ object: { key, size }, kind }) => ({ key, size, kind })),
  };
}
