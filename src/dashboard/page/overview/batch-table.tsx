import type { Receipt } from "../../../ledger/receipts.ts";
import type { BatchPage } from "../../../monitor/details.ts";
import type { BatchSummary } from "../../../monitor/overview.ts";
import { useApi, withQuery } from "../api.ts";
import { count, duration } from "../format.ts";
import { useKept } from "../kept.ts";
import { Pager } from "../parts/pager.tsx";
import { FailureNotice, Loading, NoData, Panel } from "../parts/panel.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { Shape, type Tone } from "../parts/shape.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { BatchLink, Time, Untrusted } from "../parts/text.tsx";

type Outcome = BatchSummary["outcome"];

const PAGE = 50;
const OUTCOMES: readonly Outcome[] = ["done", "refused", "failed"];
/** Of receipts, too: those of silver whose bronze has expired end no batch. */
export const OUTCOME_TONES: Record<Receipt["outcome"], Tone> = {
  done: "ok",
  refused: "bad",
  failed: "bad",
  not_rebuildable: "none",
};

interface View {
  readonly contains: string;
  readonly outcome: Outcome | "";
  readonly offset: number;
}

const FIRST: View = { contains: "", outcome: "", offset: 0 };

export function BatchTable({ stamp }: { readonly stamp: string }) {
  const [view, choose] = useKept("batches", FIRST);
  const { contains, outcome, offset } = view;
  const query = { contains, outcome, offset: offset || undefined, limit: PAGE };
  const { data, error, isLoading } = useApi<BatchPage>(withQuery("/api/v1/batches", query), stamp);
  const isFiltered = contains !== "" || outcome !== "";
  return (
    <Panel title="Recent batches" note="newest first" class="batches">
      <div class="tools">
        <SearchField
          label="Filter batches"
          value={contains}
          onChange={(text) => choose({ contains: text, offset: 0 })}
        />
        <OutcomeChoice outcome={outcome} onChange={(chosen) => choose({ outcome: chosen, offset: 0 })} />
        {data !== null && (
          <Pager
            what="batches"
            offset={offset}
            shown={data.batches.length}
            total={data.total}
            limit={PAGE}
            onMove={(to) => choose({ offset: to })}
          />
        )}
      </div>
      {error !== null && <FailureNotice error={error} isOld={data !== null} />}
      {data === null && error === null && <Loading what="batches" />}
      {data !== null && data.total === 0 && (
        <NoData>{isFiltered ? "No batch is like that." : "No batch has ended yet."}</NoData>
      )}
      {data !== null && data.total > 0 && (
        <Table
          caption="Recent batches"
          columns={COLUMNS}
          rows={data.batches}
          rowKey={({ key }) => key}
          isBusy={isLoading}
        />
      )}
    </Panel>
  );
}

interface OutcomeChoiceProps {
  readonly outcome: Outcome | "";
  readonly onChange: (outcome: Outcome | "") => void;
}

function OutcomeChoice({ outcome, onChange }: OutcomeChoiceProps) {
  return (
    <label class="choice">
      Outcome
      <select value={outcome} onChange={(event) => onChange(event.currentTarget.value as Outcome | "")}>
        <option value="">any</option>
        {OUTCOMES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

export function OutcomeMark({ outcome }: { readonly outcome: Receipt["outcome"] }) {
  return (
    <span class={`outcome tone-text-${OUTCOME_TONES[outcome]}`}>
      <Shape tone={OUTCOME_TONES[outcome]} size={12} /> {outcome}
    </span>
  );
}

function Why({ error }: { readonly error: BatchSummary["error"] }) {
  if (error === null) return null;
  return (
    <span class="why" title={error.message}>
      <Untrusted text={error.message} />
    </span>
  );
}

const COLUMNS: readonly Column<BatchSummary>[] = [
  { id: "key", label: "Batch", isWide: true, cell: ({ key }) => <BatchLink name={key} /> },
  { id: "outcome", label: "Outcome", cell: ({ outcome }) => <OutcomeMark outcome={outcome} /> },
  { id: "ended", label: "Ended", cell: ({ ended }) => <Time iso={ended} /> },
  { id: "rows", label: "Rows", isNumber: true, cell: ({ rows }) => count(rows.in) },
  { id: "anomalies", label: "Anomalies", isNumber: true, cell: ({ rows }) => count(rows.anomalies) },
  { id: "rejects", label: "Rejects", isNumber: true, cell: ({ rows }) => count(rows.rejects) },
  { id: "devices", label: "Devices", isNumber: true, cell: ({ devices }) => count(devices) },
  { id: "duration", label: "Took", isNumber: true, cell: ({ duration_ms }) => duration(duration_ms) },
  { id: "error", label: "Why", isWide: true, cell: ({ error }) => <Why error={error} /> },
];
