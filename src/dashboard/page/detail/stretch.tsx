import * as Plot from "@observablehq/plot";
import { useState } from "preact/hooks";
import type { BucketDocument, DeviceValuesDocument } from "../../../api/table-answers.ts";
import type { DetectionDocument } from "../../../monitor/details.ts";
import { useApi, withQuery } from "../api.ts";
import { count, counted, localTime, reading, shortNumber, span } from "../format.ts";
import { FRAME, GRID, QUIET, TIP, timeTick } from "../parts/axes.ts";
import { Chart, type Drawing, Numbers } from "../parts/chart.tsx";
import { FailureNotice, Loading, NoData } from "../parts/panel.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Time, Value } from "../parts/text.tsx";
import { segment } from "../route.ts";
import { detectionMarks, detectionSummary, detectionsIn, detectionText } from "./detection-marks.ts";
import { Legend } from "./legend.tsx";

interface StretchProps {
  readonly device: string;
  readonly span: DeviceValuesDocument["span"];
  readonly tableVersion: number;
  readonly detections: readonly DetectionDocument[];
}

/** A stretch of a device's time from the table, and the way to those before it: it is asked for again when the table has changed. */
export function TimeStretch({ device, span, tableVersion, detections }: StretchProps) {
  const [to, setTo] = useState<string | null>(null);
  const path = withQuery(`/api/v1/devices/${segment(device)}/values`, { span, to: to ?? undefined });
  const { data, error } = useApi<DeviceValuesDocument>(path, tableVersion);
  if (data === null) return error === null ? <Loading what="its readings" /> : <FailureNotice error={error} />;
  const { from } = data;
  return (
    <>
      {error !== null && <FailureNotice error={error} isOld />}
      <div class="stretch-head">
        <p role="status">{stretchText(data)}</p>
        <div class="buttons">
          <button type="button" disabled={from === null} onClick={() => setTo(from)}>
            Earlier
          </button>
          <button type="button" disabled={to === null} onClick={() => setTo(null)}>
            Latest
          </button>
        </div>
      </div>
      {data.buckets.length === 0 ? (
        <NoData>
          {to === null ? "The table has no reading of it." : `The table has no reading of it before ${timeText(to)}.`}
        </NoData>
      ) : (
        <Picture values={data} detections={detections} />
      )}
    </>
  );
}

/** `2,880 readings from … to …`; where not all was looked at, that it begins later. */
function stretchText({ from, to, buckets, complete }: DeviceValuesDocument): string {
  if (from === null || to === null)
    return complete ? "" : "Its newest reading was not found in what could be looked at.";
  const begins = complete ? "" : "; what is earlier could not be looked at";
  return `${counted(sumOf(buckets, "readings"), "reading")} from ${timeText(from)} to ${timeText(to)}${begins}`;
}

interface PictureProps {
  readonly values: DeviceValuesDocument;
  readonly detections: readonly DetectionDocument[];
}

function Picture({ values, detections }: PictureProps) {
  const { buckets, bucket_seconds: seconds, from, to } = values;
  const found = detectionsIn(detections, Date.parse(from ?? ""), Date.parse(to ?? ""));
  const shown = buckets.toReversed().slice(0, SHOWN_AS_ROWS);
  const part = shown.length < buckets.length ? `, ${count(shown.length)} of ${count(buckets.length)}` : "";
  return (
    <>
      <Legend
        readings={`┃ lowest to highest reading of ${span(seconds)}`}
        anomalies="lowest and highest anomaly"
        hasDetections={found.length > 0}
      />
      <Chart label={summary(values, found)} data={[values, found]} draw={(width) => draw(values, found, width)} />
      <Numbers>
        <Table
          caption={`Readings in buckets of ${span(seconds)}, newest first${part}`}
          columns={COLUMNS}
          rows={shown}
          rowKey={({ time }) => time}
        />
      </Numbers>
    </>
  );
}

const SHOWN_AS_ROWS = 500;

function sumOf(buckets: readonly BucketDocument[], of: "readings" | "anomaly_count"): number {
  return buckets.reduce((sum, bucket) => sum + bucket[of], 0);
}

function timeText(iso: string): string {
  return localTime(new Date(iso)).slice(0, -3);
}

function summary(
  { from, to, buckets, bucket_seconds: seconds }: DeviceValuesDocument,
  detections: readonly DetectionDocument[],
): string {
  const lowest = Math.min(...buckets.map(({ min_value }) => min_value));
  const highest = Math.max(...buckets.map(({ max_value }) => max_value));
  return (
    `${counted(sumOf(buckets, "readings"), "reading")} from ${timeText(from ?? "")} to ${timeText(to ?? "")}, ` +
    `the lowest and the highest of every ${span(seconds)}, values ${reading(lowest)} to ${reading(highest)}; ` +
    `${counted(sumOf(buckets, "anomaly_count"), "anomaly", "anomalies")}${detectionSummary(detections)}.`
  );
}

interface Bar extends BucketDocument {
  readonly middle: Date;
  readonly detections: readonly DetectionDocument[];
}

const DAY_MS = 86_400_000;

/** A line for each bucket, or a dot where it has one value; anomalies at their own values. */
function draw(
  { from, to, buckets, bucket_seconds: seconds }: DeviceValuesDocument,
  detections: readonly DetectionDocument[],
  width: number,
): Drawing {
  const domain = [new Date(from ?? ""), new Date(to ?? "")] as const;
  const bars = buckets.map((one): Bar => {
    const start = Date.parse(one.time);
    const middle = new Date(start + seconds * 500);
    return { ...one, middle, detections: detectionsIn(detections, start, start + seconds * 1000 - 1) };
  });
  const days = (+domain[1] - +domain[0]) / DAY_MS;
  // Over a long time a label is a day, and each stands there once.
  const ticks = days > 3 ? Math.min(width / 90, days) : width / 90;
  const column = ((width - FRAME.marginLeft - FRAME.marginRight) * seconds * 1000) / (+domain[1] - +domain[0]);
  const thickness = Math.max(1, Math.min(3, column - 0.5));
  const anomalies = bars.flatMap(({ middle, min_anomaly: low, max_anomaly: high }) =>
    [...new Set([low, high])].flatMap((value) => (value === null ? [] : { middle, value })),
  );
  const isFlat = ({ min_value: low, max_value: high }: Bar) => low === high;
  return Plot.plot({
    ...FRAME,
    width,
    x: { type: "time", domain: [...domain] },
    y: { nice: true, inset: 6 },
    marks: [
      Plot.gridY({ ...GRID, ticks: 5 }),
      Plot.axisX({ ...QUIET, tickSize: 3, ticks, tickFormat: timeTick(...domain) }),
      Plot.axisY({ ...QUIET, ticks: 5, tickFormat: shortNumber }),
      Plot.ruleX(
        bars.filter((bar) => !isFlat(bar)),
        { x: "middle", y1: "min_value", y2: "max_value", stroke: "var(--series-in)", strokeWidth: thickness },
      ),
      Plot.dot(bars.filter(isFlat), { x: "middle", y: "min_value", r: 1.6, fill: "var(--series-in)" }),
      Plot.dot(anomalies, { x: "middle", y: "value", r: 4.5, symbol: "triangle", fill: "var(--series-anomalies)" }),
      ...detectionMarks(detections),
      Plot.tip(bars, Plot.pointerX({ x: "middle", y: "max_value", title: titleOf, ...TIP })),
    ],
  });
}

function titleOf({
  time,
  readings,
  min_value: low,
  max_value: high,
  anomaly_count: anomalies,
  detections,
}: Bar): string {
  const odd = anomalies === 0 ? "" : `, ${counted(anomalies, "anomaly", "anomalies")}`;
  const values = low === high ? reading(low) : `${reading(low)} to ${reading(high)}`;
  const found = detections.map(detectionText);
  return [values, `${counted(readings, "reading")}${odd}`, ...found, `from ${localTime(new Date(time))}`].join("\n");
}

const COLUMNS: readonly Column<BucketDocument>[] = [
  { id: "time", label: "From", cell: ({ time }) => <Time iso={time} /> },
  { id: "readings", label: "Readings", isNumber: true, cell: ({ readings }) => count(readings) },
  { id: "minimum", label: "Minimum", isNumber: true, cell: ({ min_value: value }) => <Value of={value} /> },
  { id: "maximum", label: "Maximum", isNumber: true, cell: ({ max_value: value }) => <Value of={value} /> },
  { id: "anomalies", label: "Anomalies", isNumber: true, cell: ({ anomaly_count: n }) => count(n) },
];
