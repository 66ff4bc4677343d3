import type { RejectedRow } from "../../../monitor/details.ts";
import { count } from "../format.ts";
import { type Column, Table } from "../parts/table.tsx";
import { BatchLink, CutOff } from "../parts/text.tsx";

interface RejectsProps {
  readonly rows: readonly RejectedRow[];
  readonly withBatch?: boolean;
}

/** Rows that are no valid readings: where, why, and as they came. */
export function Rejects({ rows, withBatch = false }: RejectsProps) {
  return (
    <Table
      caption="Rejected rows"
      columns={withBatch ? [BATCH, ...COLUMNS] : COLUMNS}
      rows={rows}
      rowKey={({ key, line }, index) => `${key} ${line} ${index}`}
    />
  );
}

const BATCH: Column<RejectedRow> = {
  id: "key",
  label: "Batch",
  isWide: true,
  cell: ({ key }) => <BatchLink name={key} />,
};

const COLUMNS: readonly Column<RejectedRow>[] = [
  { id: "line", label: "Line", isNumber: true, cell: ({ line }) => count(line) },
  { id: "column", label: "Column", cell: ({ column }) => <CutOff class="mono" text={column} /> },
  { id: "reason", label: "Reason", cell: ({ reason }) => <span class="chip chip-bad">{reason}</span> },
  {
    id: "message",
    label: "Message",
    isWide: true,
    cell: ({ message }) => <CutOff class="why" text={message} />,
  },
  {
    id: "row",
    label: "Row, as it came",
    isWide: true,
    cell: ({ row }) => <CutOff class="raw" text={row} />,
  },
];
