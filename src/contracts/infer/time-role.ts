import type { ZoneRules } from "../fields/zones.ts";
import { timeOfDayPattern } from "./patterns.ts";
import { filled, listing, type SourceColumn } from "./source-table.ts";
import { spread, type TimeForm, timeFormOf } from "./times.ts";
import { timeScore, wordsOf } from "./words.ts";

/** The columns that are the timestamp, one or two, and how they are read. */
export interface TimeRole {
  readonly columns: readonly SourceColumn[];
  readonly form: TimeForm;
  /** Columns of times that it is not. */
  readonly others: readonly SourceColumn[];
}

interface Candidate {
  readonly column: SourceColumn;
  readonly form: TimeForm;
  readonly score: number;
}

/** Times stand in front; among so many columns they are looked for by their names, too. */
const MOST_LOOKED_AT = 100;
const MOST_NAMED = 1000;

/** Which columns say when; null where none does. */
export function timeRoleOf(columns: readonly SourceColumn[]): TimeRole | null {
  const looked = columns.filter(
    ({ label }, i) => i < MOST_LOOKED_AT || (columns.length < MOST_NAMED && timeScore(label) !== 0),
  );
  const candidates = looked.flatMap((column) => candidateOf(column));
  const whole = candidates.filter(({ form }) => form.hasTimeOfDay).sort((a, b) => b.score - a.score);
  const dates = candidates.filter(({ form }) => !form.hasTimeOfDay).sort((a, b) => b.score - a.score);
  const others = (used: readonly SourceColumn[]) =>
    candidates.map(({ column }) => column).filter((column) => !used.includes(column));
  if (whole.length > 0) {
    const [{ column, form }] = whole;
    return { columns: [column], form, others: others([column]) };
  }
  for (const { column: date } of dates) {
    const times = looked
      .filter((one) => one !== date && isTimeOfDay(one))
      .sort((a, b) => startScore(b) - startScore(a));
    for (const time of times) {
      const form = timeFormOf(joined(date, time));
      if (form !== null) return { columns: [date, time], form, others: others([date, time]) };
    }
  }
  if (dates.length === 0) return null;
  const [{ column, form }] = dates;
  return { columns: [column], form, others: others([column]) };
}

function candidateOf(column: SourceColumn): Candidate[] {
  const form = timeFormOf(filled(column));
  if (form === null) return [];
  const named = timeScore(column.label);
  const isUnix = form.format.startsWith("unix:");
  // Counters and energies are numbers of ten digits as well.
  if (isUnix && named <= 0 && column.isAside) return [];
  const isFull = filled(column).length >= column.cells.length * 0.5;
  const score = named * 4 + (form.isInstant ? 30 : 0) + (isUnix && named <= 0 ? -300 : 0) + (isFull ? 0 : -500);
  return [{ column, form, score }];
}

function isTimeOfDay(column: SourceColumn): boolean {
  const cells = spread(filled(column), 100);
  return cells.length > 0 && cells.filter((cell) => timeOfDayPattern(cell) !== null).length >= cells.length * 0.8;
}

/** Of an interval its beginning is taken. */
function startScore({ label }: SourceColumn): number {
  const words = wordsOf(label);
  if (words.some((word) => /^(from|von|ab|start|begin|beginn)$/.test(word))) return 1;
  return words.some((word) => /^(to|bis|until|end|ende|stop)$/.test(word)) ? -1 : 0;
}

function joined(date: SourceColumn, time: SourceColumn): string[] {
  return date.cells.flatMap((cell, row) =>
    cell === "" || time.cells[row] === "" ? [] : [`${cell} ${time.cells[row]}`],
  );
}

/** What a contract says of the time of a source, and what is unsure of it. */
export function timestampOf(
  { columns, form, others }: TimeRole,
  above: readonly string[],
  zones: ZoneRules | null,
  unsure: string[],
): Record<string, string | string[]> {
  const names = columns.map(({ name }) => name);
  const zone = form.isInstant
    ? null
    : (zoneIn(
        columns.map(({ label }) => label),
        above,
        zones,
      ) ?? "?");
  tell({ columns, form, others }, zone, unsure);
  return {
    ...(names.length === 1 ? { column: names[0] } : { columns: names }),
    ...(form.format === "iso" ? {} : { format: form.format }),
    ...(zone === null ? {} : { zone: zone === "?" ? "UTC" : zone }),
  };
}

function tell({ columns, form, others }: TimeRole, zone: string | null, unsure: string[]): void {
  const names = listing(columns.map(({ name }) => name));
  if (zone === "?") {
    const seen = form.zoneName === null ? "" : ` (the cells say ${form.zoneName}, which is not read)`;
    unsure.push(
      `The times in ${names} say no zone${seen}: UTC is assumed. State reading.timestamp.zone: ${ZONES_TO_STATE}.`,
    );
  }
  if (form.other !== null) {
    const { format, because } = form.other;
    unsure.push(
      `No day above 12 in ${names} tells the order of days and months: ${JSON.stringify(form.format)} is taken${because}, and ${JSON.stringify(format)} reads them as well. State reading.timestamp.format.`,
    );
  }
  if (form.share < 1) {
    const percent = Math.floor(form.share * 100);
    unsure.push(
      `Of the cells in ${names} ${percent}% are times by ${JSON.stringify(form.format)}; rows with others are rejected. Look at reading.timestamp.format.`,
    );
  }
  if (!form.hasTimeOfDay)
    unsure.push(`The cells in ${names} are dates without a time of day: readings are of midnight.`);
  const isUnnamed = columns.every(({ label }) => timeScore(label) <= 0);
  if (isUnnamed && form.format.startsWith("unix:")) {
    unsure.push(
      `The numbers in ${names} are taken for times (${form.format}) by their size alone. Look at reading.timestamp.`,
    );
  }
  if (others.length > 0) {
    unsure.push(
      `There are other times in ${listing(others.map(({ name }) => name))}; the reading's time is taken from ${names}. Look at reading.timestamp.`,
    );
  }
}

const ZONES_TO_STATE = 'an offset such as "+01:00", a zone such as "Europe/Berlin", or "UTC"';

/** The zone that a header's text or a line above the rows says; null where none does. */
function zoneIn(labels: readonly string[], above: readonly string[], zones: ZoneRules | null): string | null {
  const stated = above.filter((text) => /zone|utc|gmt|zeit|time/i.test(text)).map((text) => text.slice(0, 300));
  for (const text of [...labels, ...stated]) {
    const [, sign, hours, minutes = "00"] = /(?:UTC|GMT)\s?([+-])(\d{1,2})(?::?([0-5]\d))?(?!\d)/i.exec(text) ?? [];
    if (sign !== undefined && Number(hours) <= 18) {
      const isUtc = Number(hours) === 0 && minutes === "00";
      return isUtc ? "UTC" : `${sign}${hours.padStart(2, "0")}:${minutes}`;
    }
    const named = text.match(/[A-Z][A-Za-z_]{1,30}\/[A-Z][A-Za-z_]{1,30}(?:\/[A-Z][A-Za-z_]{1,30})?/g) ?? [];
    const zone = named.find((name) => zones !== null && zones.find(name) !== null);
    if (zone !== undefined) return zone;
  }
  const saysUtc = (text: string) => wordsOf(text).some((word) => /^(utc|gmt|zulu)$/.test(word));
  return labels.some(saysUtc) || stated.some((text) => /zone/i.test(text) && saysUtc(text)) ? "UTC" : null;
}
