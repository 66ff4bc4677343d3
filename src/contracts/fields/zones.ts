import { daysSinceEpoch } from "../../pipeline/timestamp.ts";
import { LocalTime, type Stretch } from "./local-time.ts";

/** A list of `zones.json`: what it was made of, the release of the IANA database, and its zones and links by name. */
interface ZoneData {
  readonly version: string;
  /**
   * `first step:offset … ~ year rule rule`: the first offset; how many seconds later (base 36) than the one before, the first
   * from 1970 on, it changed, and to what; and, where changes go on for ever, from which year on and by which two rules:
   * `month.nth.weekday/seconds/offset`, in the local time before the change, the fifth being the last. Offsets are in seconds
   * east of Greenwich.
   */
  readonly zones: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
}

/** Rules go on until then; local times of later years are those of the season in which it ends. */
const LAST_YEAR = 2499;
const FIXED = /^([+-])(\d\d):([0-5]\d)$/;

/** Zones by rules that came with this package: the same on every host. */
export interface ZoneRules {
  /** The release of the IANA database, as in `2026f`. */
  readonly version: string;
  /** Names of all zones and links. */
  readonly names: readonly string[];
  /** Of `UTC`, `±HH:MM` up to 23:59, or a name exactly as the IANA database spells it; null for what is none. */
  find(zone: string): LocalTime | null;
}

/** Loads the rules that this package carries; they are some 230 kB, which only a named zone needs. */
export async function loadZones(): Promise<ZoneRules> {
  const { default: data } = await import("./zones.json", { with: { type: "json" } });
  return zoneRules(data);
}

/** The release that this package carries. */
export async function zonesVersion(): Promise<string> {
  const { default: data } = await import("./zones.json", { with: { type: "json" } });
  return data.version;
}

function zoneRules(data: ZoneData): ZoneRules {
  const zones = new Map(Object.entries(data.zones));
  const links = new Map(Object.entries(data.links));
  const known = new Map<string, LocalTime>();
  return {
    version: data.version,
    names: [...zones.keys(), ...links.keys()].sort(),
    find(zone) {
      const fixed = fixedZone(zone);
      if (fixed !== null) return fixed;
      const name = links.get(zone) ?? zone;
      const text = zones.get(name);
      if (text === undefined) return null;
      const found = known.get(name) ?? new LocalTime(stretchesOf(text));
      known.set(name, found);
      return found;
    },
  };
}

/** Of `UTC` or `±HH:MM`, which need no rules; null for all else. */
export function fixedZone(zone: string): LocalTime | null {
  if (zone === "UTC") return new LocalTime([{ from: Number.NEGATIVE_INFINITY, offset: 0 }]);
  const [, sign, hours, minutes] = FIXED.exec(zone) ?? [];
  if (sign === undefined || Number(hours) > 23) return null;
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return new LocalTime([{ from: Number.NEGATIVE_INFINITY, offset: sign === "-" ? 0 - seconds : seconds }]);
}

/** All stretches of one offset, in order. */
function stretchesOf(text: string): Stretch[] {
  const [listed, ruled] = text.split(" ~ ");
  const [first, ...steps] = listed.split(" ");
  const stretches: Stretch[] = [{ from: Number.NEGATIVE_INFINITY, offset: Number(first) }];
  let from = 0;
  for (const step of steps) {
    const [seconds, offset] = step.split(":");
    from += Number.parseInt(seconds, 36);
    stretches.push({ from, offset: Number(offset) });
  }
  if (ruled === undefined) return stretches;
  const [since, ...rules] = ruled.split(" ");
  const yearly = rules.map((rule) => rule.split(/[./]/).map(Number));
  for (let year = Number(since); year <= LAST_YEAR; year++) {
    for (const [month, nth, weekday, time, offset] of yearly) {
      const local = weekdayOf(year, month, nth, weekday) * 86_400 + time;
      stretches.push({ from: local - stretches[stretches.length - 1].offset, offset });
    }
  }
  return stretches;
}

/** Day number of the nth (5: last) weekday (0: Sunday) of a month. */
function weekdayOf(year: number, month: number, nth: number, weekday: number): number {
  const first = daysSinceEpoch(year, month, 1);
  const next = month === 12 ? daysSinceEpoch(year + 1, 1, 1) : daysSinceEpoch(year, month + 1, 1);
  // 1970-01-01 was a Thursday.
  const day = first + ((((weekday - first - 4) % 7) + 7) % 7) + (nth - 1) * 7;
  return day < next ? day : day - 7;
}
