import type { Health, HealthReason } from "../../../monitor/overview.ts";
import { wholePercent } from "../format.ts";
import { isOld } from "../freshness.ts";
import { VERDICT_TONES } from "../health.ts";
import type { Live } from "../live.ts";
import { Shape } from "../parts/shape.tsx";
import { Command, Untrusted } from "../parts/text.tsx";
import { useFreshness } from "./freshness-bar.tsx";

interface VerdictBarProps {
  readonly live: Live;
  readonly health: Health;
  /** Batches of the last 24 hours. */
  readonly ended: number;
  readonly withReasons: boolean;
}

/** The word, its shape, its colour and why. Once the data is old it says so, and loses its colour: no frozen green. */
export function VerdictBar({ live, health, ended, withReasons }: VerdictBarProps) {
  const { verdict, percentage, reasons } = health;
  const freshness = useFreshness(live);
  const old = isOld(freshness);
  const tone = old ? "none" : VERDICT_TONES[verdict];
  return (
    <section class={`verdict tone-${tone}`} aria-label="Verdict">
      <div class="verdict-line">
        <Shape tone={tone} size={26} />
        <p class="verdict-word">
          {old && <span class="verdict-old">last known: </span>}
          <strong>{verdict}</strong>
        </p>
        <p class="verdict-share">
          {ended === 0 ? (
            <span class="muted">nothing ended in the last 24 h</span>
          ) : (
            <>
              {wholePercent(percentage)} <span class="muted">of objects done, last 24 h</span>
            </>
          )}
        </p>
        {!withReasons && reasons.length > 0 && (
          <p class="verdict-more">
            <Untrusted text={reasons.map(({ message }) => message).join(" · ")} />
          </p>
        )}
        {withReasons && reasons.length === 0 && <p class="verdict-more">Nothing is overdue, failed or in alarm.</p>}
      </div>
      {withReasons && reasons.length > 0 && (
        <ul class="reasons">
          {reasons.map((reason) => (
            <ReasonLine key={`${reason.code} ${reason.next}`} reason={reason} old={old} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ReasonLine({ reason, old }: { readonly reason: HealthReason; readonly old: boolean }) {
  return (
    <li>
      <Shape tone={old ? "none" : VERDICT_TONES[reason.verdict]} size={13} />
      <span class="reason">
        <Untrusted text={reason.message} />
        <span class="hidden"> ({reason.verdict})</span>
      </span>
      <Command line={reason.next} />
    </li>
  );
}
