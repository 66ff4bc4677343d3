/**
 * A date pattern of Unicode TR35 (https://unicode.org/reports/tr35/tr35-dates.html), compiled into steps that read bytes:
 *
 *     yyyy  yy          year; of two digits 69 to 99 are 1969 to 1999, as in POSIX
 *     MM M  MMM MMMM    month: two digits, one or two, English name, short or in full, in any case
 *     dd d  HH H        day of the month; hour 00 to 23
 *     hh h  with a      hour 1 to 12 with AM or PM in any case: 12 AM is 0
 *     mm m  ss s        minute, second
 *     S SSS …           fraction of any length; behind a point or comma the text may lack both
 *     X XXX x Z …       offset: Z, ±HH, ±HHMM or ±HH:MM
 *     E EEE …           name of the day in any language, read over
 *     'text' ''         text as it stands; so does all that is no letter
 *
 * A blank stands for one or more, no-break and thin ones included. A time of day that is not there is midnight.
 */

/** What a step reads; numbers of a slot are checked when all is read. */
export const BYTE = 0;
export const BLANKS = 1;
export const YEAR = 2;
export const YEAR_OF_CENTURY = 3;
export const TWO_DIGITS = 4;
export const ONE_OR_TWO_DIGITS = 5;
export const MONTH_SHORT = 6;
export const MONTH_FULL = 7;
export const FRACTION = 8;
export const HALF = 9;
export const DAY_NAME = 10;
export const OFFSET = 11;

/** Where a number goes. */
export const WHOLE_YEAR = 0;
export const MONTH = 1;
export const DAY = 2;
export const HOUR = 3;
export const MINUTE = 4;
export const SECOND = 5;
export const SLOTS = 6;

interface Step {
  readonly kind: number;
  /** Of a number its slot; of a byte the byte; of a fraction the byte before it, which goes with it, or 0. */
  readonly argument: number;
}

export interface Pattern {
  readonly steps: readonly Step[];
  readonly hasHalf: boolean;
  /** What is wrong with it; empty where it can be used. */
  readonly problems: readonly string[];
}

interface Letters {
  readonly what: string;
  readonly step: Step;
}

const NUMBERS: Readonly<Record<string, readonly [what: string, slot: number]>> = {
  M: ["month", MONTH],
  d: ["day", DAY],
  H: ["hour", HOUR],
  h: ["hour", HOUR],
  m: ["minute", MINUTE],
  s: ["second", SECOND],
};

const INSTEAD: Readonly<Record<string, string>> = {
  Y: "it is the year of a week: write yyyy",
  u: "write yyyy",
  y: "write yyyy or yy",
  D: "it is the day of the year: write dd",
  L: "write M",
  M: "write M, MM, MMM or MMMM",
  k: "write HH",
  K: "write hh",
  A: "it is the milliseconds of a day: write a for AM and PM",
  a: "write one a for AM and PM",
  n: "write S for a fraction of a second",
  T: "write it in quotes: 'T'",
  z: "the zone is a setting of its own: zone",
  V: "the zone is a setting of its own: zone",
  O: "write 'GMT'XXX",
  e: "write EEE",
  c: "write EEE",
};

/** What the letters of a pattern stand for; null for none. */
function lettersOf(run: string): Letters | null {
  const [letter] = run;
  if (run === "yyyy") return { what: "year", step: { kind: YEAR, argument: 0 } };
  if (run === "yy") return { what: "year", step: { kind: YEAR_OF_CENTURY, argument: 0 } };
  if (run === "MMM") return { what: "month", step: { kind: MONTH_SHORT, argument: MONTH } };
  if (run === "MMMM") return { what: "month", step: { kind: MONTH_FULL, argument: MONTH } };
  if (run === "a") return { what: "AM or PM", step: { kind: HALF, argument: 0 } };
  if (letter === "S") return { what: "fraction", step: { kind: FRACTION, argument: 0 } };
  if (letter === "E") return { what: "name of the day", step: { kind: DAY_NAME, argument: 0 } };
  if ("XxZ".includes(letter) && run.length < 6) return { what: "offset", step: { kind: OFFSET, argument: 0 } };
  const number = NUMBERS[letter];
  if (number === undefined || run.length > 2) return null;
  const kind = run.length === 2 ? TWO_DIGITS : ONE_OR_TWO_DIGITS;
  return { what: number[0], step: { kind, argument: number[1] } };
}

const PART = /'((?:[^']|'')*)'|(')|([A-Za-z])\3*|[\s\u00a0\u2009\u202f]+|[^'A-Za-z\s\u00a0\u2009\u202f]+/gy;

/** Compiles a pattern; each of its problems is said, so that they can be shown at once. */
export function compilePattern(text: string): Pattern {
  const steps: Step[] = [];
  const problems: string[] = [];
  const found = new Map<string, string>();
  let before = "";
  for (const [part, quoted, quote, letter] of text.matchAll(PART)) {
    if (quote !== undefined) problems.push("a quote is not closed");
    else if (letter !== undefined) {
      const letters = lettersOf(part);
      if (letters === null) problems.push(`"${part}" is not known${letter in INSTEAD ? `: ${INSTEAD[letter]}` : ""}`);
      else {
        const other = found.get(letters.what);
        if (other !== undefined) problems.push(`the ${letters.what} is there twice: "${other}" and "${part}"`);
        if (isOpen(steps.at(-1)) && isDigits(letters.step)) problems.push(openProblem(before, part));
        found.set(letters.what, part);
        addStep(steps, letters.step);
      }
    } else if (/^[\s\u00a0\u2009\u202f]/.test(part)) steps.push({ kind: BLANKS, argument: 0 });
    else addBytes(steps, quoted === undefined ? part : quoted === "" ? "'" : quoted.replaceAll("''", "'"));
    before = part;
  }
  problems.push(...missing(found));
  return { steps, hasHalf: found.has("AM or PM"), problems };
}

/** A point or comma before a fraction goes with it: many loggers leave both out at whole seconds. */
function addStep(steps: Step[], step: Step): void {
  const last = steps.at(-1);
  if (step.kind !== FRACTION || last?.kind !== BYTE || (last.argument !== 46 && last.argument !== 44)) steps.push(step);
  else steps[steps.length - 1] = { kind: FRACTION, argument: last.argument };
}

function addBytes(steps: Step[], text: string): void {
  for (const byte of Buffer.from(text)) steps.push({ kind: BYTE, argument: byte });
}

/** Whether what it reads may go on with another digit. */
function isOpen(step: Step | undefined): boolean {
  return step?.kind === ONE_OR_TWO_DIGITS || step?.kind === FRACTION;
}

function isDigits({ kind }: Step): boolean {
  return (kind >= YEAR && kind <= ONE_OR_TWO_DIGITS) || kind === FRACTION;
}

function openProblem(before: string, part: string): string {
  const advice = before.startsWith("S") ? "" : `: write "${before}${before}"`;
  return `"${before}" may have one digit or more and "${part}" follows at once${advice}`;
}

/** What a pattern lacks that has what was found. */
function missing(found: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const what of ["year", "month", "day"]) if (!found.has(what)) problems.push(`it has no ${what}`);
  const hour = found.get("hour");
  if (hour?.startsWith("h") && !found.has("AM or PM")) problems.push(`"${hour}" is an hour of 12: add a, or write HH`);
  if (hour?.startsWith("H") && found.has("AM or PM"))
    problems.push(`"${hour}" is an hour of 24 and a is there: write hh`);
  const parts = ["hour", "minute", "second", "fraction"];
  for (let i = 1; i < parts.length; i++) {
    if (found.has(parts[i]) && !found.has(parts[i - 1])) problems.push(`it has a ${parts[i]} and no ${parts[i - 1]}`);
  }
  if (found.has("AM or PM") && hour === undefined) problems.push("it has AM or PM and no hour");
  return problems;
}
