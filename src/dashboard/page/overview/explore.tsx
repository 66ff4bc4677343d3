import * as Plot from "@observablehq/plot";
import type { DevicePoint, Devices } from "../../../monitor/overview.ts";
import { count, isolate, percent, reading, shorten } from "../format.ts";
import { CRITICAL, isCritical } from "../health.ts";
import { Chart, type Drawing, Numbers } from "../parts/chart.tsx";
import { NoData, Panel } from "../parts/panel.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { DeviceLink } from "../parts/text.tsx";
import { deviceHash } from "../route.ts";

const limit = { stroke: "var(--limit)", strokeWidth: 1.5, strokeDasharray: "4 3" };

const pick = (device: unknown) => {
  location.hash = deviceHash((device as DevicePoint).device_id);
};

export function Top({ devices }: { readonly devices: Devices["top"] }) {
  return (
    <Panel title="Anomaly % by device, top 10" note={`the line is at ${CRITICAL}%`}>
      {devices.length === 0 ? (
        <NoData>No device in gold yet.</NoData>
      ) : (
        <>
          <Chart label={topSummary(devices)} data={devices} draw={(width) => drawTop(devices, width)} onPick={pick} />
          <Numbers>
            <Table caption="Anomaly % by device, top 10" columns={COLUMNS} rows={devices} rowKey={(row) => row.device_id} />
          </Numbers>
        </>
      )}
    </Panel>
  );
}

function topSummary(devices: Devices["top"]): string {
  const over = devices.filter(isCritical).length;
  const [worst] = devices;
  return (
    `The ${devices.length} devices with the highest share of anomalies, ${over} of them over ${CRITICAL}%. ` +
    `The highest: ${isolate(shorten(worst.device_id, 60))} with ${percent(worst.anomaly_percentage)}.`
  );
}

function drawTop(devices: Devices["top"], width: number): Drawing {
  const most = Math.max(CRITICAL + 5, ...devices.map((device) => device.anomaly_percentage));
  const marginLeft = Math.min(150, Math.round(width * 0.34));
  const letters = Math.floor(marginLeft / 7.2);
  return Plot.plot({
    className: "plot",
    width,
    height: 36 + devices.length * 23,
    marginLeft,
    marginRight: 46,
    marginTop: 18,
    marginBottom: 22,
    x: { domain: [0, Math.min(100, most)] },
    y: { type: "band", domain: devices.map(({ device_id }) => device_id), padding: 0.28 },
    marks: [
      Plot.gridX({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 5 }),
      Plot.axisX({ label: null, tickSize: 0, ticks: 5, tickFormat: (value: number) => `${value}%`, color: "var(--muted)" }),
      Plot.axisY({ label: null, tickSize: 0, tickFormat: (id: string) => isolate(shorten(id, letters)) }),
      Plot.barX(devices, {
        x: "anomaly_percentage",
        y: "device_id",
        fill: (device) => (isCritical(device) ? "var(--series-anomalies)" : "var(--series-in)"),
        rx: 2,
      }),
      Plot.text(devices, {
        x: "anomaly_percentage",
        y: "device_id",
        text: (device) => `${percent(device.anomaly_percentage)}${isCritical(device) ? " ▲" : ""}`,
        textAnchor: "start",
        dx: 5,
      }),
      Plot.ruleX([CRITICAL], limit),
      Plot.text([CRITICAL], { x: (value: number) => value, frameAnchor: "top", text: () => `${CRITICAL}%`, dy: -15, fill: "var(--limit)" }),
      Plot.tip(devices, Plot.pointerY({ x: "anomaly_percentage", y: "device_id", title: titleOf, fill: "var(--panel)" })),
    ],
  });
}

interface ScatterProps {
  readonly points: readonly DevicePoint[];
  readonly total: number;
}

export function Scatter({ points, total }: ScatterProps) {
  const part = points.length < total ? `${count(points.length)} of ${count(total)} devices, those with most anomalies` : "";
  return (
    <Panel title="Average value × anomaly %" note={part === "" ? "every device" : part}>
      {points.length === 0 ? (
        <NoData>No device in gold yet.</NoData>
      ) : (
        <>
          <Chart label={scatterSummary(points)} data={points} draw={(width) => drawScatter(points, width)} onPick={pick} />
          <Numbers>
            <Table caption="Average value and anomaly %" columns={COLUMNS} rows={points} rowKey={(row) => row.device_id} />
          </Numbers>
        </>
      )}
    </Panel>
  );
}

function scatterSummary(points: readonly DevicePoint[]): string {
  const values = points.map(({ avg_value }) => avg_value);
  const over = points.filter(isCritical).length;
  return (
    `${count(points.length)} devices by average value, ${reading(Math.min(...values))} to ${reading(Math.max(...values))}, ` +
    `and share of anomalies; ${count(over)} over ${CRITICAL}%.`
  );
}

function drawScatter(points: readonly DevicePoint[], width: number): Drawing {
  const place = { x: "avg_value", y: "anomaly_percentage" } as const;
  const most = Math.max(CRITICAL + 10, ...points.map((point) => point.anomaly_percentage));
  return Plot.plot({
    className: "plot",
    width,
    height: 266,
    marginLeft: 44,
    marginRight: 20,
    marginTop: 18,
    marginBottom: 36,
    x: { nice: true, inset: 8 },
    y: { domain: [0, Math.min(100, most)], nice: true },
    marks: [
      Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 5 }),
      Plot.axisX({ label: "average value", labelArrow: "none", tickSize: 3, ticks: Math.round(width / 90), tickFormat: tick, color: "var(--muted)" }),
      Plot.axisY({ label: null, tickSize: 0, ticks: 5, tickFormat: (value: number) => `${value}%`, color: "var(--muted)" }),
      Plot.ruleY([CRITICAL], limit),
      Plot.text([CRITICAL], { y: (value: number) => value, frameAnchor: "right", text: () => `${CRITICAL}%`, dy: -8, fill: "var(--limit)" }),
      Plot.dot(
        points.filter((point) => !isCritical(point)),
        { ...place, r: 3.6, fill: "var(--series-in)", fillOpacity: 0.55, stroke: "var(--series-in)" },
      ),
      Plot.dot(points.filter(isCritical), { ...place, r: 5, symbol: "triangle", fill: "var(--series-anomalies)" }),
      Plot.tip(points, Plot.pointer({ ...place, title: titleOf, fill: "var(--panel)" })),
    ],
  });
}

function tick(value: number): string {
  return Math.abs(value) >= 1e6 ? value.toExponential(0) : reading(value);
}

function titleOf(device: DevicePoint): string {
  return [
    isolate(shorten(device.device_id, 40)),
    `${percent(device.anomaly_percentage)} anomalies`,
    `average ${reading(device.avg_value)}`,
  ].join("\n");
}

const COLUMNS: readonly Column<DevicePoint>[] = [
  { id: "device", label: "Device", isWide: true, cell: ({ device_id }) => <DeviceLink id={device_id} /> },
  { id: "average", label: "Average value", isNumber: true, cell: ({ avg_value }) => reading(avg_value) },
  { id: "anomalies", label: "Anomaly %", isNumber: true, cell: ({ anomaly_percentage }) => percent(anomaly_percentage) },
];
