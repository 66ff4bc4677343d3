// Draws docs/images/detections.svg, a panel for each reason, of what detect says of the series in fixtures/: npm run build && node scripts/reason-pictures.mjs
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const OUT = resolve("docs/images/detections.svg");
const MACHINE = "fixtures/nab-machine-temperature/bronze/machine_temperature_system_failure.csv";
const HOUR = 3_600_000;
/** What is put into a series begins behind so many readings: the first of these from which on it is told by its own name. */
const STARTS = [4_600, 5_200, 5_800, 6_400, 7_000, 7_600, 8_200, 12_000, 13_000, 14_000];
/** Within so many readings. */
const SOON = 600;
const PANEL = { width: 300, height: 150, gap: 22, head: 20, columns: 3 };
const BEFORE_HOURS = 30;
const AFTER_HOURS = 8;

/** @typedef {{ time: number, value: number }} Reading */

/**
 * What each panel shows: a detection of the series as it is, from a moment on, or one of what was put into it.
 * @type {{ reason: string, title: string, note: string, from?: string, put?: (series: Reading[], start: number) => Reading[] }[]}
 */
const PANELS = [
  { reason: "spike", title: "spike or unusual value", note: "as it was", from: "2014-01-29" },
  { reason: "level_shift", title: "level shift", note: "as it was", from: "2014-02-09" },
  { reason: "drift", title: "drift", note: "as it was: the failure", from: "2014-02-08" },
  { reason: "less_variation", title: "less variation", note: "a twentieth as far from its mean", put: calmed },
  { reason: "flat_line", title: "flat line", note: "one value held", put: held },
  { reason: "unusual_time", title: "unusual for this time", note: "with a daily wave that stays away", put: wave },
  {
    reason: "stuck",
    title: "the same value for longer than ever",
    note: "as a contact: on where it rises",
    put: onOff,
  },
  { reason: "silence", title: "silent for longer than ever", note: "a day left out", put: gap },
];

function calmed(series, start) {
  const middle = mean(series.slice(start - 36, start));
  return series.map(({ time, value }, i) => ({ time, value: i < start ? value : middle + (value - middle) / 20 }));
}

function held(series, start) {
  return series.map(({ time, value }, i) => ({ time, value: i < start ? value : series[start].value }));
}

function wave(series, start) {
  const of = (time) => 25 * Math.sin((2 * Math.PI * (time % (24 * HOUR))) / (24 * HOUR));
  return series.map(({ time, value }, i) => ({ time, value: value + (i < start ? of(time) : 0) }));
}

function onOff(series, start) {
  const isOn = ({ value }, i) => i < start && value > mean(series.slice(Math.max(0, i - 12), i + 1));
  return series.map((one, i) => ({ time: one.time, value: isOn(one, i) ? 1 : 0 }));
}

function gap(series, start) {
  return series.filter((_, i) => i < start || i > start + 288);
}

function mean(series) {
  return series.reduce((sum, { value }) => sum + value, 0) / series.length;
}

function read() {
  const [, ...lines] = readFileSync(MACHINE, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [time, , value] = line.split(",");
    return { time: Date.parse(time), value: Number(value) };
  });
}

/** What is told from a moment on. */
function detect(series, from, work) {
  const file = join(work, "series.csv");
  const rows = series.map(({ time, value }) => `${new Date(time).toISOString()},${value}\n`);
  writeFileSync(file, `time,value\n${rows.join("")}`);
  const said = execFileSync(process.execPath, ["dist/cli.js", "detect", "--input", file, "--json", "--quiet"]);
  return JSON.parse(String(said)).detections.filter(({ timestamp }) => Date.parse(timestamp) >= from);
}

/** The series that a panel may show, each with the moment from which on it is looked at. */
function* candidates({ from, put }, whole) {
  if (put === undefined) yield { series: whole, since: Date.parse(from) };
  else for (const start of STARTS) yield { series: put(whole.slice(0, start + SOON), start), since: whole[start].time };
}

/** The series of a panel and its detection. */
function example(panel, whole, work) {
  const { reason } = panel;
  const told = [];
  for (const { series, since } of candidates(panel, whole)) {
    const found = detect(series, since, work);
    const detection = found.find((one) => one.reason === reason);
    if (detection !== undefined) return { series, detection };
    told.push(...found.map((one) => one.reason));
  }
  throw new Error(`Cannot draw ${reason}: told is ${told.join(", ")}.`);
}

function draw({ title, note }, i, { series, detection }) {
  const at = Date.parse(detection.timestamp);
  const [start, end] = [at - BEFORE_HOURS * HOUR, at + AFTER_HOURS * HOUR];
  const shown = series.filter(({ time }) => time >= start && time <= end);
  const [low, high] = detection.band;
  const values = shown.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const { width, height, head } = PANEL;
  const x = (time) => (((time - start) / (end - start)) * width).toFixed(1);
  const y = (value) => (head + (1 - (value - least) / (most - least)) * (height - head)).toFixed(1);
  const inside = (value) => y(Math.min(most, Math.max(least, value)));
  const lines = stretches(shown).map((some) => some.map(({ time, value }) => `${x(time)},${y(value)}`).join(" "));
  const left = (i % PANEL.columns) * (width + PANEL.gap);
  const top = Math.floor(i / PANEL.columns) * (height + 2 * PANEL.gap);
  return `<g transform="translate(${left + PANEL.gap} ${top + PANEL.gap})">
<text class="title" x="0" y="0">${title}</text><text class="note" x="0" y="14">${note}</text>
<rect class="band" x="0" y="${inside(high)}" width="${width}" height="${(inside(low) - inside(high)).toFixed(1)}"/>
${lines.map((points) => `<polyline points="${points}"/>`).join("\n")}
<line class="at" x1="${x(at)}" x2="${x(at)}" y1="${head}" y2="${height}"/><circle cx="${x(at)}" cy="${y(detection.value)}" r="4"/>
</g>`;
}

/** Where nothing was reported for an hour there is no line. */
function stretches(series) {
  const found = [[series[0]]];
  for (let i = 1; i < series.length; i++) {
    if (series[i].time - series[i - 1].time > HOUR) found.push([]);
    found[found.length - 1].push(series[i]);
  }
  return found;
}

const work = mkdtempSync(join(tmpdir(), "vantageflow-reasons-"));
try {
  const whole = read();
  const panels = PANELS.map((one, i) => draw(one, i, example(one, whole, work)));
  const width = PANEL.columns * (PANEL.width + PANEL.gap) + PANEL.gap;
  const height = Math.ceil(PANELS.length / PANEL.columns) * (PANEL.height + 2 * PANEL.gap);
  const style = `text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;fill:#1f2328}
polyline{fill:none;stroke:#0969da;stroke-width:1}.band{fill:#0969da;fill-opacity:.12}.at{stroke:#cf222e;stroke-dasharray:2 3}circle{fill:#cf222e}
@media (prefers-color-scheme:dark){text{fill:#9198a1}.title{fill:#f0f6fc}polyline{stroke:#4493f8}.band{fill:#4493f8;fill-opacity:.18}.at{stroke:#f85149}circle{fill:#f85149}}`;
  const label = "A panel for each reason: readings, the band of usual values, and the reading that is told";
  writeFileSync(
    OUT,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"><style>${style}</style>\n${panels.join("\n")}\n</svg>\n`,
  );
} finally {
  rmSync(work, { recursive: true });
}
