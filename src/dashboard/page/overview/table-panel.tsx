import type { ReadingsState } from "../../../monitor/overview.ts";
import { lakeOption } from "../../../shell.ts";
import { bytes, count, counted, span } from "../format.ts";
import { FailureNotice, Panel } from "../parts/panel.tsx";
import { Ago, Command } from "../parts/text.tsx";

interface TablePanelProps {
  readonly table: ReadingsState;
  readonly lake: string;
}

/** The table of readings: how much is in it, as of when, and what is not. */
export function TablePanel({ table, lake }: TablePanelProps) {
  const { newest, problem, lag } = table;
  return (
    <Panel title="Table of readings" note="tables/readings/" class="table-panel">
      {problem !== null && <FailureNotice error={{ code: "table_unreadable", message: problem }} />}
      <dl class="facts">
        {newest !== null && (
          <>
            <div>
              <dt>Rows</dt>
              <dd>{count(newest.rows)}</dd>
            </div>
            <div>
              <dt>Files</dt>
              <dd>
                {count(newest.files)}, {bytes(newest.bytes)}
              </dd>
            </div>
            <div>
              <dt>Version</dt>
              <dd>
                {newest.version}, <Ago iso={newest.committed} />
              </dd>
            </div>
          </>
        )}
        <div>
          <dt>Not in it yet</dt>
          <dd>{lagText(lag)}</dd>
        </div>
      </dl>
      {lag.batches > 0 && <Command line={`vantageflow tables sync${lakeOption(lake)}`} />}
    </Panel>
  );
}

function lagText({ batches, complete, oldest_seconds: oldest }: ReadingsState["lag"]): string {
  if (batches === 0) return "nothing waits";
  const since = oldest === null ? "" : `, the oldest for ${span(oldest)}`;
  return `${complete ? "" : "at least "}${counted(batches, "batch", "batches")}${since}`;
}
