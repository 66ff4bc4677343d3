import * as Plot from "@observablehq/plot";
import { escapeTerminal } from "../../../escape.ts";
import type { DetectionDocument, DeviceDetail } from "../../../monitor/details.ts";
import { counted, isolate, localTime, reading, shorten, shortNumber } from "../format.ts";
import { useKept } from "../kept.ts";
import { FRAME, GRID, QUIET, TIP, timeTick } from "../parts/axes.ts";
import { Chart, type Drawing, Numbers } from "../parts/chart.tsx";
import { detectionReason } from "../parts/detections.tsx";
import { NoData, Panel } from "../parts/panel.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { BatchLink, Time, Value } from "../parts/text.tsx";
import { batchHash } from "../route.ts";
import { detectionMarks, detectionSummary, detectionsIn, detectionText } from "./detection-marks.ts";
import { Legend } from "./legend.tsx";
import { TimeStretch } from "./stretch.tsx";

type Readings = DeviceDetail["readings"];
type Point = Readings["points"][number];
type Judged = Point & { readonly detection: DetectionDocument | null };
type Dated = Judged & { readonly date: Date };

interface ValuesProps {
  readonly device: string;
  readonly readings: Readings;
  /** Null where there is no table of readings. */
  readonly tableVersion: number | null;
  readonly detections: readonly DetectionDocument[];
}

/** Values by the readings' own time: the newest, or where there is a table any stretch of time. */
export function Values({ device, readings, tableVersion, detections }: ValuesProps) {
  const [{ shown }, choose] = useKept<{ shown: Shown }>("values", { shown: "newest" });
  if (tableVersion === null) {
    return (
      <Panel title="Values over time" note={noteOf(readings)}>
        <Newest readings={readings} detections={detections} />
      </Panel>
    );
  }
  return (
    <Panel
      title="Values over time"
      note={shown === "newest" ? noteOf(readings) : `from the table, version ${tableVersion}`}
    >
      <fieldset class="ranges">
        <legend class="hidden">Which readings</legend>
        {SHOWN.map((each) => (
          <button key={each} type="button" aria-pressed={each === shown} onClick={() => choose({ shown: each })}>
            {each}
          </button>
        ))}
      </fieldset>
      {shown === "newest" ? (
        <Newest readings={readings} detections={detections} />
      ) : (
        <TimeStretch device={device} span={shown} tableVersion={tableVersion} detections={detections} />
      )}
    </Panel>
  );
}

const SHOWN = ["newest", "day", "week", "month"] as const;
type Shown = (typeof SHOWN)[number];

function noteOf({ points, complete }: Readings): string {
  return complete
    ? `all ${counted(points.length, "reading")}`
    : `the newest ${counted(points.length, "reading")} that could be looked at`;
}

/** Each reading by itself; what is odd of one, and who says so, is of another shape and colour. */
function Newest({ readings: { points }, detections }: Pick<ValuesProps, "readings" | "detections">) {
  if (points.length === 0)
    return <NoData>None of its readings is left to look at: silver and anomalies may have expired.</NoData>;
  const times = points.map(({ time }) => Date.parse(time));
  const shown = detectionsIn(detections, Math.min(...times), Math.max(...times));
  const judged = judge(points, shown);
  return (
    <>
      <Legend readings="● reading" anomalies="anomaly" hasDetections={shown.length > 0} />
      <Chart
        label={summary(points, shown)}
        data={[points, shown]}
        draw={(width) => draw(judged, shown, width)}
        onPick={(point) => {
          location.hash = batchHash((point as Point).key);
        }}
      />
      <Numbers>
        <Table
          caption={`Readings, newest first${points.length > SHOWN_AS_ROWS ? `, ${SHOWN_AS_ROWS} of ${points.length}` : ""}`}
          columns={COLUMNS}
          rows={newestFirst(judged)}
          rowKey={rowKey}
        />
      </Numbers>
    </>
  );
}

/** Of readings of one moment the detection is of one value. */
function judge(points: readonly Point[], detections: readonly DetectionDocument[]): Judged[] {
  const nameOf = (time: number, value: number) => `${time} ${value}`;
  const known = new Map(detections.map((one) => [nameOf(Date.parse(one.timestamp), one.value), one]));
  return points.map((point) => ({
    ...point,
    detection: known.get(nameOf(Date.parse(point.time), point.value)) ?? null,
  }));
}

const SHOWN_AS_ROWS = 500;

function newestFirst(points: readonly Judged[]): readonly Judged[] {
  return points.toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time)).slice(0, SHOWN_AS_ROWS);
}

/** Two readings of one moment may be alike in everything. */
const rowKey = (_: Judged, index: number) => String(index);

function summary(points: readonly Point[], detections: readonly DetectionDocument[]): string {
  const values = points.map(({ value }) => value);
  const times = points.map(({ time }) => Date.parse(time));
  const anomalies = points.filter(({ anomaly }) => anomaly).length;
  const from = localTime(new Date(Math.min(...times)));
  return (
    `${counted(points.length, "reading")} from ${from} to ${localTime(new Date(Math.max(...times)))}, ` +
    `values ${reading(Math.min(...values))} to ${reading(Math.max(...values))}; ${counted(anomalies, "anomaly", "anomalies")}${detectionSummary(detections)}.`
  );
}

function draw(points: readonly Judged[], detections: readonly DetectionDocument[], width: number): Drawing {
  const dated = points.map((point) => ({ ...point, date: new Date(point.time) })).sort((a, b) => +a.date - +b.date);
  const usual = dated.filter(({ anomaly }) => !anomaly);
  const place = { x: "date", y: "value" } as const;
  return Plot.plot({
    ...FRAME,
    width,
    x: { type: "time", inset: 8 },
    y: { nice: true, inset: 6 },
    marks: [
      Plot.gridY({ ...GRID, ticks: 5 }),
      Plot.axisX({
        ...QUIET,
        tickSize: 3,
        ticks: width / 90,
        tickFormat: timeTick(dated[0].date, dated[dated.length - 1].date),
      }),
      Plot.axisY({ ...QUIET, ticks: 5, tickFormat: shortNumber }),
      Plot.line(brokenAtGaps(usual), { ...place, stroke: "var(--series-in)", strokeOpacity: 0.35 }),
      Plot.dot(usual, { ...place, r: usual.length > 400 ? 1.6 : 2.4, fill: "var(--series-in)" }),
      Plot.dot(
        dated.filter(({ anomaly }) => anomaly),
        { ...place, r: 4.5, symbol: "triangle", fill: "var(--series-anomalies)" },
      ),
      ...detectionMarks(detections),
      Plot.tip(dated, Plot.pointer({ ...place, title: titleOf, ...TIP })),
    ],
  });
}

/** A longer silence than this many usual ones is no data, and no line. */
const SILENCE = 8;

function brokenAtGaps(points: readonly Dated[]): readonly Pick<Dated, "date" | "value">[] {
  const steps = points.slice(1).map(({ date }, index) => +date - +points[index].date);
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return points.flatMap((point, index) =>
    index > 0 && steps[index - 1] > SILENCE * usual ? [{ date: point.date, value: Number.NaN }, point] : [point],
  );
}

function titleOf({ time, value, anomaly, key, detection }: Dated): string {
  return [
    `${reading(value)}${anomaly ? ", ▲ an anomaly by its score" : ""}`,
    ...(detection === null ? [] : [detectionText(detection)]),
    localTime(new Date(time)),
    isolate(shorten(escapeTerminal(key), 40)),
  ].join("\n");
}

function kindOf({ anomaly, detection }: Judged): string {
  const kinds = [
    ...(anomaly ? ["▲ anomaly"] : []),
    ...(detection === null ? [] : [`◇ ${detectionReason(detection.reason)}`]),
  ];
  return kinds.length === 0 ? "reading" : kinds.join(", ");
}

const COLUMNS: readonly Column<Judged>[] = [
  { id: "time", label: "Time", cell: ({ time }) => <Time iso={time} /> },
  { id: "value", label: "Value", isNumber: true, cell: ({ value }) => <Value of={value} /> },
  { id: "anomaly", label: "Kind", cell: kindOf },
  { id: "key", label: "Batch", isWide: true, cell: ({ key }) => <BatchLink name={key} /> },
];
