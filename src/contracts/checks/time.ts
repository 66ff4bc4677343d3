import { quote } from "../../errors.ts";
import type { KnownNames } from "../known.ts";
import type { At } from "../problem.ts";
import type { Reading } from "../vocabulary.ts";
import type { Report } from "./report.ts";

type Timestamp = NonNullable<Reading["timestamp"]>;

export function checkTime(timestamp: Timestamp, known: KnownNames, report: Report): void {
  const { format, zone } = timestamp;
  const at = ["reading", "timestamp"];
  if (/^[A-Za-z]/.test(zone) && zone !== "UTC" && !known.isZone(zone)) {
    report([...at, "zone"], `is ${quote(zone)}, which is no zone`, "UTC, an offset +01:00, or a zone Europe/Berlin");
  }
  if (!format.startsWith("unix:")) {
    if (format !== "iso") checkPattern(format, [...at, "format"], report);
    return;
  }
  if (zone !== "UTC") report([...at, "zone"], `is ${quote(zone)}, and ${format} counts from an instant`, "no zone");
  if ("columns" in timestamp) report([...at, "columns"], `cannot be joined to ${format}`, "one column");
}

/** Letters, and those that they need to say when it was. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  m: ["Hh"],
  s: ["m"],
  S: ["s"],
  h: ["a"],
  a: ["h"],
  X: ["Hh"],
};

function checkPattern(pattern: string, at: At, report: Report): void {
  const fields = [...pattern.replace(/'[^']*'/g, " ").matchAll(/([A-Za-z])\1*/g)].map(([, letter]) => letter);
  const refuse = (why: string, allowed: string) => report(at, `is ${quote(pattern)}${why}`, allowed);
  for (const letter of ["y", "M", "d"]) {
    if (!fields.includes(letter)) refuse(`, without a ${letter}`, "a pattern with year, month and day: yyyy-MM-dd");
  }
  for (const letter of new Set(fields.filter((one, i) => fields.indexOf(one) !== i))) {
    refuse(`, with ${letter} twice`, "each part of a date and time once");
  }
  if (fields.includes("H") && fields.includes("h")) refuse(", with H and h", "H of 24 hours, or h of 12 with a");
  for (const letter of new Set(fields)) {
    for (const needed of NEEDED[letter] ?? []) {
      if ([...needed].some((one) => fields.includes(one))) continue;
      refuse(
        `, with ${letter} and without ${[...needed].join(" or ")}`,
        "hours before minutes, minutes before seconds, a with h",
      );
    }
  }
}
