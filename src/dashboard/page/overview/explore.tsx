import { escapeTerminal } from "../../../escape.ts";
import type { DevicePoint, Devices } from "../../../monitor/overview.ts";
import { count, isolate, percent, reading, shorten } from "../format.ts";
import { CRITICAL, isCritical } from "../health.ts";
import { Chart, Numbers } from "../parts/chart.tsx";
import { NoData, Panel } from "../parts/panel.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { DeviceLink, Value } from "../parts/text.tsx";
import { deviceHash } from "../route.ts";
import { drawScatter, drawTop } from "./explore-charts.ts";

const pick = (device: unknown) => {
  location.hash = deviceHash((device as DevicePoint).device_id);
};

export function Top({ devices }: { readonly devices: Devices["top"] }) {
  return (
    <Panel title="Anomaly % by device, top 10" note={`the line is at ${CRITICAL}`}>
      {devices.length === 0 ? (
        <NoData>No device in gold yet.</NoData>
      ) : (
        <>
          <Chart label={topSummary(devices)} data={devices} draw={(width) => drawTop(devices, width)} onPick={pick} />
          <Numbers>
            <Table caption="Anomaly % by device, top 10" columns={COLUMNS} rows={devices} rowKey={idOf} />
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
    `The ${devices.length} devices with the highest share of anomalies, ${over} of them over ${CRITICAL}. ` +
    `The highest: ${isolate(shorten(escapeTerminal(worst.device_id), 60))} with ${percent(worst.anomaly_percentage)}.`
  );
}

interface ScatterProps {
  readonly points: readonly DevicePoint[];
  readonly total: number;
}

export function Scatter({ points, total }: ScatterProps) {
  const isPart = points.length < total;
  const note = isPart
    ? `${count(points.length)} of ${count(total)} devices, those with most anomalies`
    : "every device";
  return (
    <Panel title="Average value × anomaly %" note={note}>
      {points.length === 0 ? (
        <NoData>No device in gold yet.</NoData>
      ) : (
        <>
          <Chart
            label={scatterSummary(points)}
            data={points}
            draw={(width) => drawScatter(points, width)}
            onPick={pick}
          />
          <Numbers>
            <Table caption="Average value and anomaly %" columns={COLUMNS} rows={points} rowKey={idOf} />
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
    `and share of anomalies; ${count(over)} over ${CRITICAL}.`
  );
}

const idOf = ({ device_id }: DevicePoint) => device_id;

const COLUMNS: readonly Column<DevicePoint>[] = [
  { id: "device", label: "Device", isWide: true, cell: ({ device_id }) => <DeviceLink id={device_id} /> },
  { id: "average", label: "Average value", isNumber: true, cell: ({ avg_value }) => <Value of={avg_value} /> },
  {
    id: "anomalies",
    label: "Anomaly %",
    isNumber: true,
    cell: ({ anomaly_percentage }) => percent(anomaly_percentage),
  },
];
