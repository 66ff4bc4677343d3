// Writes src/contracts/fields/zones.json from the pinned moment-timezone (MIT), whose data is the IANA time zone database
// (public domain): node scripts/zones.mjs. A new version of it is the only thing that changes what local time means.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX";
const DAY = 86_400;
/** moment-timezone writes down what comes by a yearly rule until the end of this year. */
const LAST_YEAR = 2499;

/** Its numbers are minutes to the base of 60, behind a point the seconds. */
function secondsOf(text) {
  const [whole, rest = "0"] = text.replace("-", "").split(".");
  let minutes = 0;
  for (const digit of whole) minutes = minutes * 60 + DIGITS.indexOf(digit);
  if (rest.length > 1) throw new Error(`parts of a second: ${text}`);
  const seconds = minutes * 60 + DIGITS.indexOf(rest);
  return text.startsWith("-") ? -seconds : seconds;
}

/** The first offset, and each time at which it changes, with the new one; all in seconds, offsets east of Greenwich. */
function unpack(packed) {
  const [name, , offsetTexts, indexes, steps] = packed.split("|");
  const offsets = offsetTexts.split(" ").map((text) => 0 - secondsOf(text));
  let at = 0;
  let offset = offsets[DIGITS.indexOf(indexes[0])];
  const first = offset;
  const changes = [];
  for (const [i, step] of (steps ? steps.split(" ") : []).entries()) {
    at += secondsOf(step);
    const next = offsets[DIGITS.indexOf(indexes[i + 1])];
    if (next !== offset) changes.push({ at, before: offset, after: next });
    offset = next;
  }
  return { name, first, changes };
}

const yearOf = (seconds) => new Date(seconds * 1000).getUTCFullYear();

/** Day number of the nth (5: last) weekday of a month, as POSIX has it in TZ: `M3.5.0`. */
function dayOf(year, month, nth, weekday) {
  const first = Date.UTC(year, month - 1, 1) / 1000 / DAY;
  const day = first + ((weekday - ((first + 4) % 7) + 7) % 7) + (nth - 1) * 7;
  return day < Date.UTC(year, month, 1) / 1000 / DAY ? day : day - 7;
}

/** `month.nth.weekday/seconds` for changes of which there is one a year, by the local time before it; null where none fits. */
function ruleOf(changes) {
  const local = changes[0].at + changes[0].before;
  const year = yearOf(local);
  for (const shift of [0, -1, 1, -2, 2, -3, 3]) {
    const day = Math.floor(local / DAY) + shift;
    const date = new Date(day * DAY * 1000);
    for (let nth = 5; nth > 0; nth--) {
      const rule = [date.getUTCMonth() + 1, nth, date.getUTCDay()];
      if (dayOf(year, ...rule) !== day) continue;
      const time = local - day * DAY;
      const fits = changes.every(({ at, before }, i) => at + before === dayOf(year + i, ...rule) * DAY + time);
      if (fits) return `${rule.join(".")}/${time}`;
    }
  }
  return null;
}

/** The changes that follow no rule, and the two rules of those that go on for ever, from the first year that has them. */
function slim({ name, first, changes }) {
  let rules = [];
  let kept = changes;
  if (changes.length > 1 && yearOf(changes.at(-1).at) === LAST_YEAR) {
    let since = 0;
    // A year's two changes, told apart by their order within it.
    for (let from = changes.length % 2; from < changes.length && rules.length === 0; from += 2) {
      const rest = changes.slice(from);
      const pair = [0, 1].map((k) => rest.filter((_, i) => i % 2 === k));
      const found = pair.map(ruleOf);
      if (found.includes(null)) continue;
      rules = pair.map((of, k) => `${found[k]}/${of[0].after}`);
      since = from;
    }
    if (rules.length === 0) throw new Error(`no rule fits ${name}`);
    kept = changes.slice(0, since);
    rules.unshift(String(yearOf(changes[since].at + changes[since].before)));
  }
  let last = 0;
  const steps = kept.map(({ at, after }) => {
    const step = `${(at - last).toString(36)}:${after}`;
    last = at;
    return step;
  });
  return [name, [first, ...steps, ...(rules.length > 0 ? ["~", ...rules] : [])].join(" ")];
}

export function makeZones() {
  const file = require.resolve("moment-timezone/data/packed/latest.json");
  const { version, zones, links } = JSON.parse(readFileSync(file, "utf8"));
  return {
    source: "IANA time zone database by way of moment-timezone (MIT), made by scripts/zones.mjs",
    version,
    zones: Object.fromEntries(zones.map(unpack).map(slim)),
    links: Object.fromEntries(links.map((link) => link.split("|").reverse())),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync("src/contracts/fields/zones.json", `${JSON.stringify(makeZones(), null, 2)}\n`);
}
