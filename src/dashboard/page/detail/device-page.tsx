import type { DetectionDocument, DetectionPage, DeviceDetail } from "../../../monitor/details.ts";
import type { Overview } from "../../../monitor/overview.ts";
import { type ApiError, useApi, withQuery } from "../api.ts";
import { count, percent, reading } from "../format.ts";
import { CRITICAL, isCritical } from "../health.ts";
import { Share } from "../overview/device-table.tsx";
import { detectionsStamp } from "../parts/detections.tsx";
import { NoData, Panel } from "../parts/panel.tsx";
import { Shape } from "../parts/shape.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { BatchLink, Name, Time, Value } from "../parts/text.tsx";
import { segment } from "../route.ts";
import { DetailPage } from "./detail-page.tsx";
import { DeviceDetections } from "./detections.tsx";
import { Rejects } from "./rejects.tsx";
import { Values } from "./values.tsx";

interface DevicePageProps {
  readonly id: string;
  readonly stamp: string | null;
  readonly overview: Overview | null;
}

/** One device: what gold says of it, and what can be shown of its readings. */
export function DevicePageView({ id, stamp, overview }: DevicePageProps) {
  const { data, error: refused } = useApi<DeviceDetail>(`/api/v1/devices/${segment(id)}`, stamp);
  const error = id === "." || id === ".." ? WITHOUT_ADDRESS : refused;
  return (
    <DetailPage kind="Device" name={<Name text={id} />} data={data} error={error}>
      {(detail) => <Device detail={detail} overview={overview} />}
    </DetailPage>
  );
}

/** What was asked for such an id was another address (WHATWG URL, "double-dot URL path segment"). */
const WITHOUT_ADDRESS: ApiError = {
  code: "not_found",
  message:
    "A device of this name has no page of its own: an address cannot name it. Its figures are in the table of devices.",
};

interface DeviceProps extends Pick<DevicePageProps, "overview"> {
  readonly detail: DeviceDetail;
}

function Device({ detail, overview }: DeviceProps) {
  const { device, batches, readings, rejects } = detail;
  const isPart = batches.length < device.batches;
  const found = useApi<DetectionPage>(
    overview?.detections == null ? null : withQuery("/api/v1/detections", { device: device.device_id, limit: MOST }),
    overview?.detections == null ? null : detectionsStamp(overview.detections),
  );
  return (
    <>
      <Figures device={device} />
      <Values
        device={device.device_id}
        readings={readings}
        tableVersion={overview?.table?.newest?.version ?? null}
        detections={found.data?.detections ?? NONE}
      />
      {overview !== null && <DeviceDetections sources={overview} readings={device.total_readings} answer={found} />}
      <Panel
        title="Batches"
        note={
          isPart
            ? `the newest ${count(batches.length)} of ${count(device.batches)}`
            : `${count(batches.length)}, newest first`
        }
      >
        <Table caption="Batches of this device" columns={COLUMNS} rows={batches} rowKey={({ key }) => key} />
      </Panel>
      <Panel title="Rejected rows that name it" note="in those batches">
        {rejects.length === 0 ? <NoData>None of its rows was rejected.</NoData> : <Rejects rows={rejects} withBatch />}
      </Panel>
    </>
  );
}

/** Of its detections; more than that no device has that anybody can bear. */
const MOST = 1000;
const NONE: readonly DetectionDocument[] = [];

function Figures({ device }: { readonly device: DeviceDetail["device"] }) {
  const critical = isCritical(device);
  return (
    <section aria-labelledby="figures">
      <h2 id="figures" class="hidden">
        Figures over all batches
      </h2>
      <dl class="figures">
        <div class={critical ? "figure tone-warn" : "figure"}>
          <dt>Anomalies</dt>
          <dd class="figure-value">
            {critical && <Shape tone="warn" size={18} />} {percent(device.anomaly_percentage)}
          </dd>
          <dd class="figure-more">
            {count(device.anomaly_count)} of {count(device.total_readings)} readings
            {critical ? `; critical, over ${CRITICAL}` : ""}
          </dd>
        </div>
        <div class="figure">
          <dt>Readings</dt>
          <dd class="figure-value">{count(device.total_readings)}</dd>
          <dd class="figure-more">
            in {count(device.batches)} {device.batches === 1 ? "batch" : "batches"}
          </dd>
        </div>
        <div class="figure">
          <dt>Average value</dt>
          <dd class="figure-value">
            <Value of={device.avg_value} />
          </dd>
          <dd class="figure-more">over all its readings</dd>
        </div>
        <div class="figure">
          <dt>Range</dt>
          <dd class="figure-value">
            {reading(device.min_value)} <span class="muted">to</span> {reading(device.max_value)}
          </dd>
          <dd class="figure-more">lowest and highest value</dd>
        </div>
      </dl>
    </section>
  );
}

const COLUMNS: readonly Column<DeviceDetail["batches"][number]>[] = [
  { id: "key", label: "Batch", isWide: true, cell: ({ key }) => <BatchLink name={key} /> },
  { id: "written", label: "Written", cell: ({ written }) => <Time iso={written} /> },
  { id: "readings", label: "Readings", isNumber: true, cell: (row) => count(row.total_readings) },
  { id: "average", label: "Average", isNumber: true, cell: (row) => <Value of={row.avg_value} /> },
  { id: "minimum", label: "Minimum", isNumber: true, cell: (row) => <Value of={row.min_value} /> },
  { id: "maximum", label: "Maximum", isNumber: true, cell: (row) => <Value of={row.max_value} /> },
  { id: "anomalies", label: "Anomalies", isNumber: true, cell: (row) => count(row.anomaly_count) },
  { id: "share", label: "Anomaly %", isNumber: true, cell: (row) => <Share device={row} /> },
];
