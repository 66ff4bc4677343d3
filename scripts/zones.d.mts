/** What `src/contracts/fields/zones.json` holds, made from the pinned moment-timezone. */
export function makeZones(): unknown;
