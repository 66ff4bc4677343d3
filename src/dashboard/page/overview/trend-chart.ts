import * as Plot from "@observablehq/plot";
import type { Hour, Overview } from "../../../monitor/overview.ts";
import { count, counted, countTick, localTime } from "../format.ts";
import { GRID, QUIET, TIP, timeTick } from "../parts/axes.ts";
import type { Drawing } from "../parts/chart.tsx";

export type Measure = "in" | "anomalies";

const HOUR_MS = 3_600_000;

interface Bar {
  readonly start: Date;
  readonly end: Date;
  readonly middle: Date;
  readonly hour: Hour;
}

interface Gap {
  readonly start: Date;
  readonly end: Date;
  readonly middle: Date;
  readonly hours: number;
}

/** Bars per hour. The upper picture leaves the axis of time to the lower one. */
export function drawHours(series: Overview["series"], measure: Measure, width: number): Drawing {
  const bars = series.map(barOf);
  const seen = bars.filter(({ hour }) => hour.rows !== null);
  const gaps = gapsOf(bars);
  const value = ({ hour }: Bar) => hour.rows?.[measure] ?? 0;
  const isUpper = measure === "in";
  const ticks = isUpper ? 4 : 3;
  const [from, to] = [bars[0].start, bars[bars.length - 1].end];
  const wide = gaps.filter(({ hours }) => (hours * width) / (bars.length + 2) > 56);
  const timeAxis = Plot.axisX({ ...QUIET, tickSize: 3, ticks: width / 75, tickFormat: timeTick(from, to) });
  return Plot.plot({
    className: "plot",
    width,
    height: isUpper ? 150 : 112,
    marginLeft: 48,
    marginRight: 12,
    marginTop: 8,
    marginBottom: isUpper ? 6 : 24,
    x: { type: "time", domain: [from, to], axis: null },
    y: { domain: [0, Math.max(1, ...seen.map(value))], nice: true },
    marks: [
      Plot.rect(gaps, { x1: "start", x2: "end", fill: "var(--gap)" }),
      Plot.text(wide, { x: "middle", frameAnchor: "middle", text: () => "no data", fill: "var(--muted)" }),
      Plot.gridY({ ...GRID, ticks }),
      isUpper ? null : timeAxis,
      Plot.axisY({ ...QUIET, ticks, tickFormat: countTick }),
      Plot.ruleY(seen, { x1: "start", x2: "end", y: 0, stroke: "var(--muted)", strokeWidth: 2, inset: 1.5 }),
      Plot.rectY(seen, { x1: "start", x2: "end", y: value, inset: 1.5, fill: `var(--series-${measure})`, rx: 1.5 }),
      Plot.tip(seen, Plot.pointerX({ x: "middle", y: value, title: titleOf, ...TIP })),
    ],
  });
}

function barOf(hour: Hour): Bar {
  const start = Date.parse(hour.time);
  return { start: new Date(start), middle: new Date(start + HOUR_MS / 2), end: new Date(start + HOUR_MS), hour };
}

/** Neighbouring hours without data are one gap. */
function gapsOf(bars: readonly Bar[]): Gap[] {
  const gaps: Gap[] = [];
  for (const { start, end, hour } of bars) {
    if (hour.rows !== null) continue;
    const last = gaps.at(-1);
    const isNext = last !== undefined && +last.end === +start;
    const from = isNext ? last.start : start;
    if (isNext) gaps.pop();
    gaps.push({ start: from, end, middle: new Date((+from + +end) / 2), hours: (+end - +from) / HOUR_MS });
  }
  return gaps;
}

function titleOf({ start, hour }: Bar): string {
  if (hour.rows === null) return "";
  const errors = hour.errors === 0 ? "" : `, ${counted(hour.errors, "error")}`;
  return [
    localTime(start).slice(0, -3),
    `${count(hour.rows.in)} records in ${counted(hour.batches, "batch", "batches")}${errors}`,
    `${count(hour.rows.anomalies)} anomalies, ${count(hour.rows.rejects)} rejects`,
  ].join("\n");
}
