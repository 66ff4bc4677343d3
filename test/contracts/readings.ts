import { parse } from "csv-parse/sync";

/** A reading as the cases list it: time cut to milliseconds, device, value, unit. */
export type Listed = readonly [time: string, device: string, value: string, unit: string];

/** Readings of CSV with the data contract's columns, in an order of their own: what is silver and what is not does not count. */
export function listed(...texts: readonly (string | null)[]): Listed[] {
  return texts
    .flatMap((text) => parse(text ?? "", { columns: true, bom: true }) as Record<string, string>[])
    .map(({ timestamp, device_id, value, unit }): Listed => [millis(timestamp), device_id, value, unit])
    .sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

/** The cases cut what is finer. */
function millis(timestamp: string): string {
  const [, front, digits = ""] = /^(.*?:\d\d)(?:\.(\d+))?Z$/.exec(timestamp) ?? [timestamp, timestamp];
  return `${front}.${digits.padEnd(3, "0").slice(0, 3)}Z`;
}
