import { REASON_TEXTS, type Reason } from "../../../detection/reasons.ts";
import { LEARNED_READINGS } from "../../../detection/state.ts";
import type { DetectionDocument } from "../../../monitor/details.ts";
import type { DetectionsState } from "../../../monitor/detections-state.ts";
import type { ReadingsState } from "../../../monitor/overview.ts";
import { lakeOption } from "../../../shell.ts";
import { onceIn, reading } from "../format.ts";
import { FailureNotice, NoData } from "./panel.tsx";
import { type Column, Table } from "./table.tsx";
import { Command, Time, Untrusted, Value } from "./text.tsx";

/** What there is to detect in, and what of it is kept. */
export interface DetectionSources {
  readonly table: ReadingsState | null;
  readonly detections: DetectionsState | null;
  readonly lake: string;
}

/** A reason of a newer detector's has its name only. */
export function detectionReason(reason: Reason): string {
  return REASON_TEXTS[reason] ?? reason;
}

/** Changes when what is kept, or what is muted of today's, does. */
export function detectionsStamp({ newest, last_24h: day }: DetectionsState): string {
  return `${newest?.version} ${day?.detections} ${day?.muted}`;
}

/** Why there are none, or not all, and what to type next; nothing where all is well. */
export function DetectionsAbsence({ table, detections, lake }: DetectionSources) {
  if (table === null) {
    return (
      <Absence next={`vantageflow tables sync${lakeOption(lake)}`}>
        What is odd is looked for in the table of readings, and this lake has none yet.
      </Absence>
    );
  }
  if (detections === null) {
    return (
      <Absence next={`vantageflow detect${lakeOption(lake)}`}>
        Nobody has looked yet for what is odd in the table of readings.
      </Absence>
    );
  }
  const { newest, problem } = detections;
  if (problem !== null) return <FailureNotice error={{ code: "detections_unreadable", message: problem }} />;
  if (newest?.learned === 0 && newest.devices !== 0) {
    return (
      <Absence>No device has {LEARNED_READINGS} readings yet, and before there is nothing to compare with.</Absence>
    );
  }
  if (newest?.behind !== 0) {
    return (
      <Absence next={`vantageflow detect${lakeOption(lake)}`}>
        The table has changed since: its newest readings were not looked at yet.
      </Absence>
    );
  }
  return null;
}

function Absence({ children, next }: { readonly children: preact.ComponentChildren; readonly next?: string }) {
  return (
    <div class="absence">
      <NoData>{children}</NoData>
      {next !== undefined && <Command line={next} />}
    </div>
  );
}

interface DetectionTableProps {
  readonly caption: string;
  readonly rows: readonly DetectionDocument[];
  /** Columns before the others. */
  readonly more?: readonly Column<DetectionDocument>[];
}

/** Detections as a table; those that are muted step back and say by whom and why. */
export function DetectionTable({ caption, rows, more = NO_MORE }: DetectionTableProps) {
  const isSomeMuted = rows.some(({ muted }) => muted !== null);
  const columns = [TIME, ...more, ...COLUMNS, ...(isSomeMuted ? [MUTED] : [])];
  return (
    <Table
      caption={caption}
      columns={columns}
      rows={rows}
      rowKey={({ device_id, timestamp, reason }) => `${timestamp} ${device_id} ${reason}`}
      rowClass={({ muted }) => (muted === null ? undefined : "is-muted")}
    />
  );
}

const NO_MORE: readonly Column<DetectionDocument>[] = [];

const TIME: Column<DetectionDocument> = {
  id: "time",
  label: "Time",
  cell: ({ timestamp }) => <Time iso={timestamp} />,
};

const COLUMNS: readonly Column<DetectionDocument>[] = [
  {
    id: "reason",
    label: "Why",
    cell: ({ reason }) => <span class="detection-reason">◇ {detectionReason(reason)}</span>,
  },
  { id: "value", label: "Value", isNumber: true, cell: ({ value }) => <Value of={value} /> },
  { id: "expected", label: "Expected", isNumber: true, cell: ({ expected }) => <Value of={expected} /> },
  {
    id: "band",
    label: "Usual",
    isNumber: true,
    cell: ({ band: [low, high] }) => (
      <>
        {reading(low)} <span class="muted">to</span> {reading(high)}
      </>
    ),
  },
  { id: "once", label: "Once in", isNumber: true, cell: ({ once_in_days }) => onceIn(once_in_days) },
];

const MUTED: Column<DetectionDocument> = {
  id: "muted",
  label: "Muted",
  cell: ({ muted }) =>
    muted !== null && (
      <p class="muted-why">
        by <Untrusted text={muted.who} />: <Untrusted text={muted.why} />
      </p>
    ),
};
