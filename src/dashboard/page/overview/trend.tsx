import * as Plot from "@observablehq/plot";
import type { Hour, Overview } from "../../../monitor/overview.ts";
import { count, counted, localTime } from "../format.ts";
import { Chart, type Drawing, Numbers } from "../parts/chart.tsx";
import { NoData, Panel } from "../parts/panel.tsx";
import { type Column, Table } from "../parts/table.tsx";

const HOUR_MS = 3_600_000;

interface Bar {
  readonly start: Date;
  readonly end: Date;
  readonly middle: Date;
  readonly hour: Hour;
}

type Measure = "in" | "anomalies";

/** An hour in which nothing was processed is a gap; one with no records is a bar of no height. */
export function Trend({ series }: { readonly series: Overview["series"] }) {
  const hours = series.filter(({ rows }) => rows !== null);
  return (
    <Panel title="Records and anomalies per hour" note="last 24 hours, by when they were processed" class="trend">
      {hours.length === 0 ? (
        <NoData>Nothing was processed in the last 24 hours.</NoData>
      ) : (
        <>
          <div class="trend-charts">
            <PerHour series={series} measure="in" />
            <PerHour series={series} measure="anomalies" />
          </div>
          <Numbers>
            <Table caption="Records and anomalies per hour" columns={COLUMNS} rows={series} rowKey={({ time }) => time} />
          </Numbers>
        </>
      )}
    </Panel>
  );
}

function PerHour({ series, measure }: { readonly series: Overview["series"]; readonly measure: Measure }) {
  const name = measure === "in" ? "Records" : "Anomalies";
  return (
    <figure class={`per-hour per-hour-${measure}`}>
      <figcaption>
        <span class="swatch" /> {name}
      </figcaption>
      <Chart label={summary(series, measure)} data={series} draw={(width) => draw(series, measure, width)} />
    </figure>
  );
}

function summary(series: Overview["series"], measure: Measure): string {
  const hours = series.flatMap(({ time, rows }) => (rows === null ? [] : [{ time, value: rows[measure] }]));
  const total = hours.reduce((sum, { value }) => sum + value, 0);
  const peak = hours.reduce((best, hour) => (hour.value > best.value ? hour : best), hours[0]);
  const what = measure === "in" ? "records" : "anomalies";
  const gaps = series.length - hours.length;
  return (
    `${count(total)} ${what} in ${counted(hours.length, "hour")} of the last ${series.length}; ` +
    `most in the hour from ${localTime(new Date(peak.time))}: ${count(peak.value)}. ` +
    `${counted(gaps, "hour")} without data.`
  );
}

function draw(series: Overview["series"], measure: Measure, width: number): Drawing {
  const bars = series.map((hour): Bar => {
    const start = new Date(hour.time);
    return { start, end: new Date(+start + HOUR_MS), middle: new Date(+start + HOUR_MS / 2), hour };
  });
  const seen = bars.filter(({ hour }) => hour.rows !== null);
  const value = ({ hour }: Bar) => hour.rows?.[measure] ?? 0;
  const most = Math.max(1, ...seen.map(value));
  return Plot.plot({
    className: "plot",
    width,
    height: measure === "in" ? 168 : 112,
    marginLeft: 48,
    marginRight: 12,
    marginTop: 10,
    marginBottom: 24,
    x: { type: "time", domain: [bars[0].start, bars[bars.length - 1].end], ticks: Math.max(3, Math.round(width / 110)) },
    y: { domain: [0, most], nice: true, ticks: measure === "in" ? 4 : 3, tickFormat: "~s", label: null },
    marks: [
      Plot.rect(gapsOf(bars), { x1: "start", x2: "end", fill: "var(--gap)" }),
      Plot.text(
        gapsOf(bars).filter(({ hours }) => (hours * width) / 26 > 56),
        { x: "middle", frameAnchor: "middle", text: () => "no data", fill: "var(--muted)" },
      ),
      Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: measure === "in" ? 4 : 3 }),
      Plot.axisX({ label: null, tickSize: 3, color: "var(--muted)" }),
      Plot.axisY({ label: null, tickSize: 0, color: "var(--muted)", tickFormat: "~s", ticks: measure === "in" ? 4 : 3 }),
      Plot.ruleY(seen, { x1: "start", x2: "end", y: 0, stroke: "var(--muted)", strokeWidth: 2, inset: 1.5 }),
      Plot.rectY(seen, { x1: "start", x2: "end", y: value, inset: 1.5, fill: `var(--series-${measure})`, rx: 1.5 }),
      Plot.tip(seen, Plot.pointerX({ x: "middle", y: value, title: titleOf, fill: "var(--panel)" })),
    ],
  });
}

interface Gap {
  readonly start: Date;
  readonly end: Date;
  readonly middle: Date;
  readonly hours: number;
}

/** Neighbouring hours without data are one gap. */
function gapsOf(bars: readonly Bar[]): Gap[] {
  const gaps: Gap[] = [];
  for (const { start, end, hour } of bars) {
    if (hour.rows !== null) continue;
    const last = gaps.at(-1);
    const from = last !== undefined && +last.end === +start ? (gaps.pop() as Gap).start : start;
    gaps.push({ start: from, end, middle: new Date((+from + +end) / 2), hours: (+end - +from) / HOUR_MS });
  }
  return gaps;
}

function titleOf({ start, hour }: Bar): string {
  const rows = hour.rows;
  if (rows === null) return "";
  const errors = hour.errors === 0 ? "" : `, ${counted(hour.errors, "error")}`;
  return [
    localTime(start).slice(0, -3),
    `${count(rows.in)} records in ${counted(hour.batches, "batch", "batches")}${errors}`,
    `${count(rows.anomalies)} anomalies, ${count(rows.rejects)} rejects`,
  ].join("\n");
}

const whenSeen = (pick: (hour: Hour) => number) => (hour: Hour) => (hour.rows === null ? "no data" : count(pick(hour)));

const COLUMNS: readonly Column<Hour>[] = [
  { id: "time", label: "Hour from", cell: ({ time }) => localTime(new Date(time)).slice(0, -3) },
  { id: "records", label: "Records", isNumber: true, cell: whenSeen(({ rows }) => rows?.in ?? 0) },
  { id: "anomalies", label: "Anomalies", isNumber: true, cell: whenSeen(({ rows }) => rows?.anomalies ?? 0) },
  { id: "rejects", label: "Rejects", isNumber: true, cell: whenSeen(({ rows }) => rows?.rejects ?? 0) },
  { id: "batches", label: "Batches", isNumber: true, cell: whenSeen(({ batches }) => batches) },
  { id: "errors", label: "Errors", isNumber: true, cell: whenSeen(({ errors }) => errors) },
];
