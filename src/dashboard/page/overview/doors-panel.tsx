import type { DoorOverview } from "../../../monitor/overview.ts";
import { count, shortNumber, span } from "../format.ts";
import { Panel } from "../parts/panel.tsx";
import { Shape } from "../parts/shape.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Ago, Untrusted } from "../parts/text.tsx";

/** Through what readings come in live, and what does not come further. */
export function DoorsPanel({ doors }: { readonly doors: readonly DoorOverview[] }) {
  return (
    <Panel title="Doors" note="readings that come in live: vantageflow listen" class="doors">
      <Table caption="Doors" columns={COLUMNS} rows={doors} rowKey={({ door, id }) => `${door} ${id}`} />
    </Panel>
  );
}

const TONES = { up: "ok", late: "warn", down: "bad" } as const;

const COLUMNS: readonly Column<DoorOverview>[] = [
  { id: "door", label: "Door", cell: ({ door }) => <Untrusted text={door} /> },
  { id: "state", label: "State", cell: stateOf },
  { id: "place", label: "From", isWide: true, cell: ({ place }) => <Untrusted text={place} /> },
  { id: "rate", label: "Readings/s", isNumber: true, cell: (door) => shortNumber(door.readings_per_second) },
  { id: "readings", label: "Since its start", isNumber: true, cell: ({ readings }) => count(readings) },
  { id: "pending", label: "Not in bronze", isNumber: true, cell: ({ pending }) => count(pending.readings) },
  { id: "lag", label: "For", isNumber: true, cell: waitsFor },
  { id: "time", label: "Last heard", cell: ({ time }) => <Ago iso={time} /> },
];

function stateOf({ state }: DoorOverview) {
  return (
    <>
      <Shape tone={TONES[state]} size={12} /> {state}
    </>
  );
}

function waitsFor({ pending, lag_seconds: lag }: DoorOverview): string {
  const seconds = Math.max(pending.oldest_seconds ?? 0, lag ?? 0);
  return seconds === 0 ? "" : span(seconds);
}
