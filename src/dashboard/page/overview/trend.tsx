import type { Hour, Overview } from "../../../monitor/overview.ts";
import { count, counted, localTime } from "../format.ts";
import { Chart, Numbers } from "../parts/chart.tsx";
import { NoData, Panel } from "../parts/panel.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { drawHours, type Measure } from "./trend-chart.ts";

/** An hour in which nothing was processed is a gap; one with no records is a bar of no height. */
export function Trend({ series }: { readonly series: Overview["series"] }) {
  return (
    <Panel title="Records and anomalies per hour" note="last 24 hours, by when they were processed" class="trend">
      {series.every(({ rows }) => rows === null) ? (
        <NoData>Nothing was processed in the last 24 hours.</NoData>
      ) : (
        <>
          <PerHour series={series} measure="in" />
          <PerHour series={series} measure="anomalies" />
          <Numbers>
            <Table
              caption="Records and anomalies per hour"
              columns={COLUMNS}
              rows={series}
              rowKey={({ time }) => time}
            />
          </Numbers>
        </>
      )}
    </Panel>
  );
}

function PerHour({ series, measure }: { readonly series: Overview["series"]; readonly measure: Measure }) {
  return (
    <figure class={`per-hour per-hour-${measure}`}>
      <figcaption>
        <span class="swatch" /> {measure === "in" ? "Records" : "Anomalies"}
        {measure === "in" && series.some(({ rows }) => rows === null) && (
          <>
            <span class="swatch-gap" /> no data
          </>
        )}
      </figcaption>
      <Chart label={summary(series, measure)} data={series} draw={(width) => drawHours(series, measure, width)} />
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
    `most in the hour from ${localTime(new Date(peak.time)).slice(0, -3)}: ${count(peak.value)}. ` +
    `${counted(gaps, "hour")} without data.`
  );
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
