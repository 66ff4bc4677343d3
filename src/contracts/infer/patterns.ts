import { compilePattern } from "../fields/pattern.ts";

/** A pattern that a cell suggests, and in which order its date has its parts. */
export interface Suggestion {
  readonly pattern: string;
  readonly order: "year first" | "day first" | "month first";
  /** The two orders that stand in doubt read this date alike but for what is the day. */
  readonly separator: string;
}

const TOKEN = /\d+|\p{L}+|[^\d\p{L}]+/gu;
const MONTH =
  /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december)$/i;
const LONGEST_TIME = 48;

interface Part {
  readonly letters: string;
  /** How many tokens of the cell it takes. */
  readonly tokens: number;
}

/** Every pattern that could have been meant by a cell: by its digits, letters and what stands between them. */
export function suggestionsOf(cell: string): Suggestion[] {
  if (cell.length < 6 || cell.length > LONGEST_TIME || !/\d/.test(cell)) return [];
  const tokens = cell.match(TOKEN) ?? [];
  if (tokens.length > 24) return [];
  const named = dayName(tokens);
  return datesOf(tokens.slice(named.tokens)).flatMap(({ letters, tokens: taken, order, separator }) => {
    const time = timeOf(tokens.slice(named.tokens + taken));
    if (time === null) return [];
    const pattern = named.letters + letters + time;
    return widthsOf(pattern)
      .filter((one) => compilePattern(one).problems.length === 0)
      .map((one) => ({ pattern: one, order, separator }));
  });
}

/** The pattern of a time of day alone, `18.00.00` or `10:52 AM`; null for what is none. A number is none: `18.00`. */
export function timeOfDayPattern(cell: string): string | null {
  if (!/^\d{1,2}(:\d\d(:\d\d([.,]\d{1,9})?)?|\.\d\d\.\d\d)( ?[AaPp][Mm])?$/.test(cell)) return null;
  const tokens = cell.match(TOKEN) ?? [];
  return timeOf(["", ...tokens]);
}

function dayName(tokens: readonly string[]): Part {
  const [first, between] = tokens;
  const isName = /^\p{L}{2,}$/u.test(first) && !MONTH.test(first) && /^[., ]+$/.test(between ?? "");
  return isName ? { letters: `EEE${between.replace(/^\./, "")}`, tokens: 2 } : { letters: "", tokens: 0 };
}

interface DatePart extends Part, Pick<Suggestion, "order" | "separator"> {}

function datesOf(tokens: readonly string[]): DatePart[] {
  const [a, s, b, t, c] = tokens;
  if (a === undefined) return [];
  const compact = compactDate(a);
  if (compact !== null) return [{ letters: compact, tokens: 1, order: "year first", separator: "" }];
  const day = (one: string | undefined) => /^\d{1,2}$/.test(one ?? "");
  const year = (one: string | undefined) => /^(\d{4}|\d\d)$/.test(one ?? "");
  const found: DatePart[] = [];
  const add = (order: Suggestion["order"], first: string, second: string, third: string) => {
    found.push({ letters: first + literal(s) + second + literal(t) + third, tokens: 5, order, separator: s });
  };
  const y = (one: string) => (one.length === 4 ? "yyyy" : "yy");
  const d = (one: string, letter: string) => letter.repeat(one.length);
  if (day(a) && MONTH.test(b ?? "") && year(c)) add("day first", d(a, "d"), monthLetters(b), y(c));
  if (MONTH.test(a) && day(b) && year(c)) add("month first", monthLetters(a), d(b, "d"), y(c));
  if (/^\d{4}$/.test(a) && day(b) && day(c)) add("year first", "yyyy", d(b, "M"), d(c, "d"));
  if (/^\d{4}$/.test(a) && MONTH.test(b ?? "") && day(c)) add("year first", "yyyy", monthLetters(b), d(c, "d"));
  if (s !== t) return found;
  if (day(a) && day(b) && year(c)) {
    add("day first", d(a, "d"), d(b, "M"), y(c));
    add("month first", d(a, "M"), d(b, "d"), y(c));
  }
  if (/^\d\d$/.test(a) && day(b) && day(c) && s !== ".") add("year first", "yy", d(b, "M"), d(c, "d"));
  return found;
}

const monthLetters = (name: string) => (name.length === 3 ? "MMM" : "MMMM");

function compactDate(digits: string): string | null {
  if (!/^(19|20|21)\d+$/.test(digits)) return null;
  return { 8: "yyyyMMdd", 12: "yyyyMMddHHmm", 14: "yyyyMMddHHmmss" }[digits.length] ?? null;
}

/** What stands behind the date: nothing, or a blank and a time of day. Null for what is no time. */
function timeOf(tokens: readonly string[]): string | null {
  if (tokens.length === 0) return "";
  let p = 0;
  let letters = "";
  const take = (): string => tokens[p++] ?? "";
  const between = take();
  letters += literal(between);
  const hour = take();
  if (/^\d{4}$|^\d{6}$/.test(hour)) letters += hour.length === 4 ? "HHmm" : "HHmmss";
  else if (!/^\d{1,2}$/.test(hour)) return null;
  else {
    letters += "H".repeat(hour.length);
    const separator = tokens[p];
    if (/^[:.h]$/i.test(separator ?? "") && /^\d\d$/.test(tokens[p + 1] ?? "")) {
      letters += `${literal(take())}mm`;
      take();
      if (tokens[p] === separator && /^\d\d$/.test(tokens[p + 1] ?? "")) {
        letters += `${literal(take())}ss`;
        take();
        if (/^[.,:]$/.test(tokens[p] ?? "") && /^\d{1,12}$/.test(tokens[p + 1] ?? "")) {
          letters += `${literal(take())}SSS`;
          take();
        }
      }
    } else if (!/^[^\d\p{L}]*$/u.test(separator ?? "")) return null;
  }
  return behindTime(letters, tokens.slice(p));
}

/** AM and PM, an offset, the name of UTC or of a zone. */
function behindTime(letters: string, tokens: readonly string[]): string | null {
  const rest = tokens.join("");
  const [, blank, half, behind] = /^(\s*)([AaPp][Mm])(.*)$/s.exec(rest) ?? [null, "", "", rest];
  const time = half === "" ? letters : `${letters.replace(/H+/, (run) => run.toLowerCase())}${blank}a`;
  if (behind === "") return time;
  const [all, gap, offset] = /^(\s*)(?:UTC|GMT)?([Zz]|[+-]\d\d(?::?\d\d)?)$/.exec(behind) ?? [];
  if (all !== undefined) return `${time}${gap}${literal(behind.slice(gap.length, behind.length - offset.length))}XXX`;
  const [zone, space, name] = /^(\s*)(\p{Lu}{2,5})$/u.exec(behind) ?? [];
  return zone === undefined ? null : `${time}${space}${literal(name)}`;
}

/** Text of a cell as a pattern has it: letters in quotes. */
function literal(text: string): string {
  if (text === "") return "";
  return /[\p{L}']/u.test(text) ? `'${text.replaceAll("'", "''")}'` : text;
}

/** Days, months and hours of two digits throughout, as this cell has them, or of one digit where they need no more. */
function widthsOf(pattern: string): string[] {
  const single = pattern
    .replace(/(?<![dM])dd(?!d)/, "d")
    .replace(/(?<!M)MM(?!M)/, "M")
    .replace(/(?<!H)HH(?!H|mm)/, "H")
    .replace(/(?<!h)hh(?!h)/, "h");
  return [...new Set([pattern, single])];
}
