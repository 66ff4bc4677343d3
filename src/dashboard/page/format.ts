/** Numbers, sizes, spans and times as an operator reads them. Text is English, so numbers are too. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const measured = new Intl.NumberFormat("en-US", { maximumFractionDigits: 3 });
const hundredths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const oneDigit = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact" });
const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

export const NO_DATA = "–";

/** As the command line writes it, and never alone on a line. */
export const PERCENT = "\u00a0%";

export function count(value: number): string {
  return whole.format(value);
}

/** `1 file`, `2 files`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A percentage as it was computed: one fraction digit. */
export function percent(value: number | null): string {
  return value === null ? NO_DATA : `${oneDigit.format(value)}${PERCENT}`;
}

/** Without a needless `.0`; never rounded up to 100. */
export function wholePercent(value: number): string {
  return `${measured.format(Math.floor(value * 10) / 10)}${PERCENT}`;
}

/** What a device measured: two fraction digits, or as many as say something, or an exponent. */
export function reading(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 0.1 && size < 1e9)) return hundredths.format(value);
  return size >= 1e-3 && size < 1 ? value.toPrecision(2) : value.toExponential(2);
}

/** For the ticks of an axis of counts: `0`, `500`, `2.5K`. */
export function countTick(value: number): string {
  return compact.format(value);
}

/** For the ticks of an axis. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential() : measured.format(value);
}

/** Dollars; what is there but under a cent is not shown as nothing. */
export function dollars(value: number): string {
  return value > 0 && value < 0.01 ? "<$0.01" : money.format(value);
}

/** Bytes in powers of 1,000, as S3's prices count. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let [size, unit] = [value, 0];
  while (size >= 999.95 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? whole.format(size) : oneDigit.format(size)} ${units[unit]}`;
}

/** A run's time, from milliseconds. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms > 0 && ms < 1 ? "<1" : whole.format(ms)} ms`;
  return ms < 60_000 ? `${oneDigit.format(ms / 1000)} s` : span(ms / 1000);
}

/** How long, from seconds, in its largest unit and, where it matters, the next. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)];
  if (hours < 24) return minutes === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** How seldom, from days: beyond a thousand years more says nothing. */
export function onceIn(days: number): string {
  if (days < 730) return span(days * 86_400);
  const years = Math.floor(days / 365.25);
  return years >= 1000 ? "over 1,000 years" : `${years} years`;
}

/** `2026-01-31 09:05:00` in the viewer's zone. */
export function localTime(date: Date): string {
  return `${localDay(date)} ${localClock(date)}`;
}

/** The time of day alone for what is of today. */
export function shortTime(date: Date, now: Date): string {
  return localDay(date) === localDay(now) ? localClock(date) : localTime(date).slice(0, -3);
}

/** For a tooltip: what the record says. */
export function utcTime(iso: string): string {
  return `${iso.replace("T", " ").replace(/(\.\d+)?Z$/, "")} UTC`;
}

function localDay(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function localClock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const two = (value: number) => String(value).padStart(2, "0");

/** Cuts the middle out: the ends of an id tell devices apart. Counts code points, so that no character is cut in two. */
export function shorten(text: string, limit: number): string {
  const points = [...text];
  if (points.length <= limit) return text;
  const head = Math.ceil((limit - 1) / 2);
  return `${points.slice(0, head).join("")}…${points.slice(points.length - (limit - 1 - head)).join("")}`;
}

/** Untrusted text inside of a sentence that is no markup (a chart, a title): its direction stays its own (UAX #9, FSI and PDI). */
export function isolate(text: string): string {
  return `\u2068${text}\u2069`;
}
