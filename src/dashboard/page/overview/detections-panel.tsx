import type { DetectionDocument, DetectionPage } from "../../../monitor/details.ts";
import type { SilentDevice } from "../../../monitor/detections-state.ts";
import type { Overview } from "../../../monitor/overview.ts";
import { useApi, withQuery } from "../api.ts";
import { count, counted } from "../format.ts";
import { DetectionsAbsence, DetectionTable, detectionsStamp } from "../parts/detections.tsx";
import { FailureNotice, Loading, NoData, Panel } from "../parts/panel.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Ago, DeviceLink, Time } from "../parts/text.tsx";

const DAY_MS = 86_400_000;
/** The list is asked for again when so much time has passed, or when something has changed. */
const STEP_MS = 300_000;
const MOST = 100;

type Detections = NonNullable<Overview["detections"]>;

/** What is odd of devices by their own past, of readings of the last 24 hours. */
export function DetectionsPanel({ overview }: { readonly overview: Overview }) {
  const { detections, time } = overview;
  const day = detections?.last_24h ?? null;
  return (
    <Panel title="Devices with detections today" note={noteOf(day)} class="detections">
      <DetectionsAbsence {...overview} />
      {detections !== null && <Silent {...detections} />}
      {detections !== null && day !== null && <Found detections={detections} day={day} time={time} />}
    </Panel>
  );
}

function noteOf(day: Detections["last_24h"]): string {
  if (day === null) return "odd by their own past";
  const muted = day.muted === 0 ? "" : `, ${count(day.muted)} muted`;
  return `${counted(day.devices, "device")}, ${counted(day.detections, "detection")} of readings of the last 24 h${muted}`;
}

/** Who is silent by the clock: nothing in the table says so yet. */
function Silent({ silent }: Detections) {
  if (silent.length === 0) return null;
  return (
    <Table
      caption="Silent now for longer than ever, the longest first"
      columns={SILENT}
      rows={silent}
      rowKey={({ device_id }) => device_id}
    />
  );
}

interface FoundProps {
  readonly detections: Detections;
  readonly day: NonNullable<Detections["last_24h"]>;
  readonly time: string;
}

function Found({ detections, day, time }: FoundProps) {
  if (day.detections + day.muted > 0) return <List stamp={detectionsStamp(detections)} now={Date.parse(time)} />;
  const { newest } = detections;
  return newest?.learned === 0 ? null : <NoData>Nothing was odd in the last 24 h.</NoData>;
}

function List({ stamp, now }: { readonly stamp: string; readonly now: number }) {
  const step = Math.floor(now / STEP_MS) * STEP_MS;
  const [since, until] = [step - DAY_MS, step + STEP_MS].map((ms) => new Date(ms).toISOString());
  const { data, error } = useApi<DetectionPage>(withQuery("/api/v1/detections", { since, until, limit: MOST }), stamp);
  if (data === null) return error === null ? <Loading what="them" /> : <FailureNotice error={error} />;
  const rows = data.detections.filter(({ timestamp }) => isToday(Date.parse(timestamp), now));
  return (
    <>
      {error !== null && <FailureNotice error={error} isOld />}
      <DetectionTable caption="Detections of the last 24 h, newest first" rows={rows} more={DEVICE} />
      {!data.complete && <p class="note">the newest {count(rows.length)}; more: vantageflow detect --since 24h</p>}
    </>
  );
}

function isToday(time: number, now: number): boolean {
  return time > now - DAY_MS && time <= now;
}

const DEVICE: readonly Column<DetectionDocument>[] = [
  { id: "device", label: "Device", isWide: true, cell: ({ device_id }) => <DeviceLink id={device_id} /> },
];

const SILENT: readonly Column<SilentDevice>[] = [
  { id: "device", label: "Silent now", isWide: true, cell: ({ device_id }) => <DeviceLink id={device_id} /> },
  { id: "last", label: "Last heard", cell: ({ last }) => <Ago iso={last} /> },
  { id: "since", label: "Too long since", cell: ({ since }) => <Time iso={since} /> },
];
