import type { Health, Reason } from "../../../monitor/overview.ts";
import { wholePercent } from "../format.ts";
import { TONES } from "../health.ts";
import type { Live } from "../live.ts";
import { Shape } from "../parts/shape.tsx";
import { Command } from "../parts/text.tsx";
import { useFreshness } from "./freshness-bar.tsx";

interface VerdictBarProps {
  readonly live: Live;
  readonly health: Health;
  readonly withReasons: boolean;
}

/** The word, its shape, its colour and why. Once the data is old it says so, and loses its colour: no frozen green. */
export function VerdictBar({ live, health, withReasons }: VerdictBarProps) {
  const { verdict, percentage, reasons } = health;
  const freshness = useFreshness(live);
  const isOld = freshness !== "live" && freshness !== "connecting";
  const tone = isOld ? "none" : TONES[verdict];
  return (
    <section class={`verdict tone-${tone}`} aria-label="Verdict">
      <div class="verdict-line">
        <Shape tone={isOld ? "none" : TONES[verdict]} size={26} />
        <p class="verdict-word">
          {isOld && <span class="verdict-old">last known: </span>}
          <strong>{verdict}</strong>
        </p>
        <p class="verdict-share">
          {wholePercent(percentage)} <span class="muted">of objects done, last 24 h</span>
        </p>
        {!withReasons && reasons.length > 0 && (
          <p class="verdict-more">{reasons.map(({ message }) => message).join(" · ")}</p>
        )}
        {withReasons && reasons.length === 0 && <p class="verdict-more">Nothing is overdue, failed or in alarm.</p>}
      </div>
      {withReasons && reasons.length > 0 && (
        <ul class="reasons">
          {reasons.map((reason) => (
            <ReasonLine key={`${reason.code} ${reason.next}`} reason={reason} isOld={isOld} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ReasonLine({ reason, isOld }: { readonly reason: Reason; readonly isOld: boolean }) {
  return (
    <li>
      <Shape tone={isOld ? "none" : TONES[reason.verdict]} size={13} />
      <span class="reason">
        <bdi>{reason.message}</bdi>
        <span class="hidden"> ({reason.verdict})</span>
      </span>
      <Command line={reason.next} />
    </li>
  );
}
