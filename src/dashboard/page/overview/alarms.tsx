import type { AlarmState } from "../../../monitor/overview.ts";
import { dollars, duration, percent, span } from "../format.ts";
import { NoData, Panel } from "../parts/panel.tsx";
import { Shape } from "../parts/shape.tsx";

export function AlarmsPanel({ alarms }: { readonly alarms: readonly AlarmState[] }) {
  const ringing = alarms.filter(({ state }) => state === "ALARM").length;
  const sorted = alarms.toSorted((a, b) => Number(b.state === "ALARM") - Number(a.state === "ALARM"));
  return (
    <Panel title="Alarms" note={ringing === 0 ? "as CloudWatch evaluates them" : `${ringing} in alarm`} class="alarms">
      {alarms.length === 0 && <NoData>No alarm is defined.</NoData>}
      <ul class="alarm-list">
        {sorted.map((alarm) => (
          <Alarm key={`${alarm.name} ${alarm.function}`} alarm={alarm} />
        ))}
      </ul>
    </Panel>
  );
}

function Alarm({ alarm }: { readonly alarm: AlarmState }) {
  const isRinging = alarm.state === "ALARM";
  const value = alarm.value === null ? "no data" : inUnit(alarm.value, alarm.unit);
  return (
    <li class={isRinging ? "is-ringing" : ""}>
      <Shape tone={isRinging ? "bad" : alarm.value === null ? "none" : "ok"} size={13} />
      <span class="alarm-name">
        <strong>{alarm.name}</strong> <span class="muted">{alarm.function ?? "whole lake"}</span>
      </span>
      <span class="alarm-state">{alarm.state}</span>
      <span class="alarm-value number">
        {value} <span class="muted">/ {inUnit(alarm.threshold, alarm.unit)}</span>
      </span>
    </li>
  );
}

function inUnit(value: number, unit: AlarmState["unit"]): string {
  switch (unit) {
    case "percent":
      return percent(value);
    case "milliseconds":
      return duration(value);
    case "USD":
      return dollars(value);
    case "seconds":
      return span(value);
  }
}
