import { spanOf } from "../monitor/span.ts";

/** How `status` words numbers and times. */

export function agoText(then: string, now: string): string {
  return `${spanOf(Math.max(0, Date.parse(now) - Date.parse(then)) / 1000)} ago`;
}

export function countText(n: number, what: string): string {
  return `${amount(n)} ${what}${n === 1 ? "" : "s"}`;
}

export function batchesText(n: number, complete: boolean): string {
  return `${complete ? "" : "at least "}${amount(n)} ${n === 1 ? "batch" : "batches"}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function sizeText(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

export function amount(n: number): string {
  return n.toLocaleString("en-US");
}
