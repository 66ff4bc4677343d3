import { quote } from "../../errors.ts";
import { timestampProblems } from "../fields/clock.ts";
import type { KnownNames } from "../known.ts";
import { type Reading, TIMES, ZONES } from "../vocabulary.ts";
import type { Report } from "./report.ts";

type Timestamp = NonNullable<Reading["timestamp"]>;

/** What is wrong with a time may repeat a text of any length. */
const LONGEST = 300;

export function checkTime(timestamp: Timestamp, { zones }: KnownNames, report: Report): void {
  const { format, zone } = timestamp;
  const at = ["reading", "timestamp"];
  for (const { setting, why } of timestampProblems(timestamp, zones)) {
    const shown = why.length > LONGEST ? `${why.slice(0, LONGEST)}…` : why;
    if (setting === "format") report([...at, setting], `is ${quote(format)}: ${shown}`, TIMES);
    else report([...at, setting], `is no zone: ${shown}`, ZONES);
  }
  if (!format.startsWith("unix:")) return;
  if (zone !== "UTC") report([...at, "zone"], `is ${quote(zone)}, and ${format} counts from an instant`, "no zone");
  if ("columns" in timestamp) report([...at, "columns"], `cannot be joined to ${format}`, "one column");
}
