/** Milliseconds. */
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const UNITS = { s: 1000, m: 60_000, h: HOUR_MS, d: DAY_MS } as const;

/** A length of time as somebody writes it, `90s`, `30m`, `24h`, `7d`, in milliseconds; null for what is none. */
export function spanIn(text: string): number | null {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return unit === undefined ? null : Number(count) * UNITS[unit as keyof typeof UNITS];
}
