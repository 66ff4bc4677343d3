import type { DevicePage } from "../../../monitor/details.ts";
import type { DeviceReport } from "../../../report/merge.ts";
import { useApi, withQuery } from "../api.ts";
import { count, percent } from "../format.ts";
import { CRITICAL, isCritical } from "../health.ts";
import { useKept } from "../kept.ts";
import { Pager } from "../parts/pager.tsx";
import { FailureNotice, Loading, NoData, Panel } from "../parts/panel.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { Shape } from "../parts/shape.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { DeviceLink, Value } from "../parts/text.tsx";

type Sort = keyof DeviceReport;

const PAGE = 200;

interface View {
  readonly contains: string;
  readonly sort: Sort;
  readonly order: "asc" | "desc";
  readonly offset: number;
}

const FIRST: View = { contains: "", sort: "anomaly_percentage", order: "desc", offset: 0 };

/** Gold merged over its batches. The server filters, sorts and pages: there may be a million devices. */
export function DeviceTableView({ stamp }: { readonly stamp: string }) {
  const [view, choose] = useKept("devices", FIRST);
  const { contains, sort, order, offset } = view;
  const query = { contains, sort, order, offset: offset || undefined, limit: PAGE };
  const { data, error, isLoading } = useApi<DevicePage>(withQuery("/api/v1/devices", query), stamp);
  const onSort = (by: Sort) => {
    const turned = by === sort ? (order === "asc" ? "desc" : "asc") : by === "device_id" ? "asc" : "desc";
    choose({ sort: by, order: turned, offset: 0 });
  };
  return (
    <Panel title="Devices" note="gold, merged over all batches" class="devices">
      <div class="tools">
        <SearchField
          label="Filter devices"
          value={contains}
          onChange={(text) => choose({ contains: text, offset: 0 })}
        />
        {data !== null && (
          <Pager
            what="devices"
            offset={offset}
            shown={data.devices.length}
            total={data.total}
            limit={PAGE}
            onMove={(to) => choose({ offset: to })}
          />
        )}
      </div>
      {error !== null && <FailureNotice error={error} isOld={data !== null} />}
      {data === null && error === null && <Loading what="devices" />}
      {data !== null && data.total === 0 && (
        <NoData>{contains === "" ? "No device in gold yet." : "No device has that in its id."}</NoData>
      )}
      {data !== null && data.total > 0 && (
        <Table
          caption="Devices"
          columns={COLUMNS}
          rows={data.devices}
          rowKey={({ device_id }) => device_id}
          sorting={{ by: sort, order, onSort }}
          isBusy={isLoading}
        />
      )}
    </Panel>
  );
}

/** The share in digits, and as a bar for the eye that runs down the column. */
export function Share({ device }: { readonly device: Pick<DeviceReport, "anomaly_percentage"> }) {
  const value = device.anomaly_percentage;
  return (
    <span class={isCritical(device) ? "share is-over" : "share"}>
      {isCritical(device) && (
        <>
          <Shape tone="warn" size={11} />
          <span class="hidden">critical, over {CRITICAL}: </span>
        </>
      )}
      <span class="share-bar" aria-hidden="true">
        <span style={{ width: `${Math.min(100, value)}%` }} />
      </span>
      {percent(value)}
    </span>
  );
}

const COLUMNS: readonly Column<DeviceReport, Sort>[] = [
  { id: "device_id", label: "Device", isWide: true, cell: ({ device_id }) => <DeviceLink id={device_id} /> },
  { id: "batches", label: "Batches", isNumber: true, cell: ({ batches }) => count(batches) },
  { id: "total_readings", label: "Readings", isNumber: true, cell: ({ total_readings }) => count(total_readings) },
  { id: "avg_value", label: "Average", isNumber: true, cell: ({ avg_value }) => <Value of={avg_value} /> },
  { id: "min_value", label: "Minimum", isNumber: true, cell: ({ min_value }) => <Value of={min_value} /> },
  { id: "max_value", label: "Maximum", isNumber: true, cell: ({ max_value }) => <Value of={max_value} /> },
  { id: "anomaly_count", label: "Anomalies", isNumber: true, cell: ({ anomaly_count }) => count(anomaly_count) },
  { id: "anomaly_percentage", label: "Anomaly %", isNumber: true, cell: (device) => <Share device={device} /> },
];
