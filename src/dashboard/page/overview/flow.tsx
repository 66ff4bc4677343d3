import type { LayerName, LayerState, Overview } from "../../../monitor/overview.ts";
import { bytes, count, counted, span } from "../format.ts";
import { overdueFrom } from "../health.ts";
import { Panel } from "../parts/panel.tsx";
import { Shape } from "../parts/shape.tsx";
import { Ago } from "../parts/text.tsx";

/** Where data stands, and where it stops. */
export function Flow({ layers, alarms }: Pick<Overview, "layers" | "alarms">) {
  const overdue = overdueFrom(alarms);
  return (
    <Panel title="Flow" note="files, rows and lag of the last 24 h" class="flow-panel">
      <ol class="flow">
        <Stage name="bronze" what="raw input" state={layers.bronze} overdue={overdue} />
        <Stage name="silver" what="valid readings" state={layers.silver} overdue={overdue} />
        <Stage name="anomalies" what="score over the threshold" state={layers.anomalies} overdue={overdue} />
        <Stage name="gold" what="per device" state={layers.gold} overdue={overdue} />
      </ol>
    </Panel>
  );
}

interface StageProps {
  readonly name: LayerName;
  readonly what: string;
  readonly state: LayerState;
  readonly overdue: number;
}

function Stage({ name, what, state, overdue }: StageProps) {
  const isNext = name === "bronze" || name === "silver";
  return (
    <li class={`stage stage-${name}`}>
      <div class="stage-head">
        <h3>{name}</h3>
        <span class="muted">{what}</span>
      </div>
      {state.files === 0 ? (
        <p class="no-data">no file</p>
      ) : (
        <>
          <p class="stage-files">
            <strong>{count(state.files_24h)}</strong> {state.files_24h === 1 ? "file" : "files"}
          </p>
          <dl class="stage-facts">
            <div>
              <dt>{name === "gold" ? "device rows" : "rows"}</dt>
              <dd>{count(state.rows_24h)}</dd>
            </div>
            <div>
              <dt>last write</dt>
              <dd>{state.last_write === null ? "none" : <Ago iso={state.last_write} />}</dd>
            </div>
            {isNext && (
              <div>
                <dt>lag</dt>
                <dd>
                  <Lag seconds={state.lag_seconds} overdue={overdue} />
                </dd>
              </div>
            )}
            <div>
              <dt>all</dt>
              <dd>
                {counted(state.files, "file")}, {bytes(state.bytes)}
              </dd>
            </div>
          </dl>
        </>
      )}
    </li>
  );
}

/** A batch that has just come is no warning. */
const USUAL_SECONDS = 60;

function Lag({ seconds, overdue }: { readonly seconds: number | null; readonly overdue: number }) {
  if (seconds === null) return <>none waits</>;
  if (seconds < USUAL_SECONDS) return <>{span(seconds)} behind</>;
  const isOverdue = seconds > overdue;
  return (
    <span class={isOverdue ? "text-bad" : "text-warn"}>
      <Shape tone={isOverdue ? "bad" : "warn"} size={11} /> {span(seconds)} behind
    </span>
  );
}
