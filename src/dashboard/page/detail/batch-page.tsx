import type { BatchDetail } from "../../../monitor/details.ts";
import { lakeOption } from "../../../shell.ts";
import { useApi } from "../api.ts";
import { count } from "../format.ts";
import { Letter } from "../overview/act-on.tsx";
import { Share } from "../overview/device-table.tsx";
import { NoData, Panel } from "../parts/panel.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Command, DeviceLink, Name, Value } from "../parts/text.tsx";
import { segment } from "../route.ts";
import { DetailPage } from "./detail-page.tsx";
import { LineagePicture } from "./lineage.tsx";
import { asReceipt } from "./receipt.ts";
import { ReceiptCard } from "./receipt-card.tsx";
import { Rejects } from "./rejects.tsx";

interface BatchPageProps {
  readonly name: string;
  readonly lake: string;
  readonly stamp: string | null;
}

/** One batch from bronze to gold: what stands where, and what the receipts say of how it came there. */
export function BatchPageView({ name, lake, stamp }: BatchPageProps) {
  const { data, error } = useApi<BatchDetail>(`/api/v1/batches/${segment(name)}`, stamp);
  const title = (
    <span class="mono">
      <Name text={name} />
    </span>
  );
  return (
    <DetailPage kind="Batch" name={title} data={data} error={error}>
      {(detail) => <Batch detail={detail} lake={lake} />}
    </DetailPage>
  );
}

function Batch({ detail, lake }: { readonly detail: BatchDetail; readonly lake: string }) {
  const { functions, objects, rejects, devices, dead_letters: letters } = detail;
  const receipts = functions.map((each) => ({ ...each, receipt: asReceipt(each.receipt) }));
  return (
    <>
      {letters.length > 0 && <DeadLetters letters={letters} lake={lake} />}
      <LineagePicture objects={objects} receipts={receipts} devices={devices.total} rejects={rejects.total} />
      <div class="grid grid-halves">
        {receipts.map((each, index) => (
          <ReceiptCard key={each.function} name={each.name} receipt={each.receipt} raw={functions[index].receipt} />
        ))}
      </div>
      <Panel title="Rejected rows" note={partOf(rejects.rows.length, rejects.total, "row")}>
        {rejects.total === 0 ? <NoData>No row was rejected.</NoData> : <Rejects rows={rejects.rows} />}
      </Panel>
      <Panel title="Devices" note={partOf(devices.rows.length, devices.total, "device")}>
        {devices.total === 0 ? (
          <NoData>This batch has no gold.</NoData>
        ) : (
          <Table
            caption="Devices of this batch"
            columns={COLUMNS}
            rows={devices.rows}
            rowKey={(row) => row.device_id}
          />
        )}
      </Panel>
    </>
  );
}

function partOf(shown: number, total: number, what: string): string {
  return shown < total
    ? `the first ${count(shown)} of ${count(total)} ${what}s`
    : `${count(total)} ${what}${total === 1 ? "" : "s"}`;
}

interface DeadLettersProps {
  readonly letters: BatchDetail["dead_letters"];
  readonly lake: string;
}

function DeadLetters({ letters, lake }: DeadLettersProps) {
  return (
    <Panel title="Dead letters" note="open" class="is-bad">
      <ul class="letters">
        {letters.map((letter) => (
          <Letter key={letter.id} letter={letter} />
        ))}
      </ul>
      <Command line={`vantageflow dlq redrive --dry-run${lakeOption(lake)}`} />
    </Panel>
  );
}

const COLUMNS: readonly Column<BatchDetail["devices"]["rows"][number]>[] = [
  { id: "device", label: "Device", isWide: true, cell: (row) => <DeviceLink id={row.device_id} /> },
  { id: "readings", label: "Readings", isNumber: true, cell: (row) => count(row.total_readings) },
  { id: "average", label: "Average", isNumber: true, cell: (row) => <Value of={row.avg_value} /> },
  { id: "minimum", label: "Minimum", isNumber: true, cell: (row) => <Value of={row.min_value} /> },
  { id: "maximum", label: "Maximum", isNumber: true, cell: (row) => <Value of={row.max_value} /> },
  { id: "anomalies", label: "Anomalies", isNumber: true, cell: (row) => count(row.anomaly_count) },
  { id: "share", label: "Anomaly %", isNumber: true, cell: (row) => <Share device={row} /> },
];
