import type { ComponentChildren } from "preact";
import type { CostEstimate } from "../../../cost/estimate.ts";
import type { Totals } from "../../../monitor/overview.ts";
import { count, counted, dollars, duration, NO_DATA, percent } from "../format.ts";

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly chip?: string;
  readonly children: ComponentChildren;
}

function Figure({ label, value, chip, children }: FigureProps) {
  return (
    <div class="figure">
      <dt>
        {label} {chip !== undefined && <span class="chip">{chip}</span>}
      </dt>
      <dd class={value === NO_DATA ? "figure-value is-nothing" : "figure-value"}>
        {value}
        {value === NO_DATA && <span class="hidden">no data</span>}
      </dd>
      <dd class="figure-more">{children}</dd>
    </div>
  );
}

interface TodayProps {
  readonly today: Totals;
  readonly day: Totals;
  readonly cost: CostEstimate;
}

/** The four figures of today. A day without a batch has no figures, which are not zeros. */
export function Today({ today, day, cost }: TodayProps) {
  const { rows, duration_ms: time } = today;
  const isQuiet = today.batches === 0;
  const before = day.batches === 0 ? "none in the last 24 h either" : `last 24 h: ${count(day.rows.in)}`;
  return (
    <section aria-labelledby="today">
      <h2 id="today" class="hidden">
        Today, since midnight UTC
      </h2>
      <dl class="figures">
        <Figure label="Records today" chip="UTC" value={isQuiet ? NO_DATA : count(rows.in)}>
          {isQuiet ? `no batch yet; ${before}` : <Outcomes today={today} />}
        </Figure>
        <Figure label="Anomalies" value={percent(today.anomaly_percentage)}>
          {today.anomaly_percentage === null
            ? `no reading yet; last 24 h: ${percent(day.anomaly_percentage)}`
            : `${count(rows.anomalies)} of ${count(rows.anomalies + rows.silver)} readings`}
        </Figure>
        <Figure label="Average processing time" value={time === null ? NO_DATA : duration(time.average)}>
          {time === null
            ? "nothing was processed yet"
            : `p50 ${duration(time.p50)} · p95 ${duration(time.p95)}, per object`}
        </Figure>
        <Figure label="Cost a month" chip="estimate" value={dollars(cost.month)}>
          {dollars(cost.month_free_tier)} with the free tier · not billed
        </Figure>
      </dl>
    </section>
  );
}

function Outcomes({ today }: { readonly today: Totals }) {
  const { batches, refused, failed, rows, reject_percentage } = today;
  const parts = [counted(batches, "batch", "batches")];
  if (refused > 0) parts.push(`${count(refused)} refused`);
  if (failed > 0) parts.push(`${count(failed)} failed`);
  parts.push(`${count(rows.rejects)} rejected (${percent(reject_percentage)})`);
  return <>{parts.join(" · ")}</>;
}
