import { type Invocation, isError } from "../cost/invocation.ts";
import type { HandlerContext } from "../functions/handler.ts";
import { type LogLine, noteLine } from "../functions/log.ts";
import type { BatchResult } from "../functions/result.ts";
import type { Work } from "../ledger/pending.ts";
import { alarmText, evaluateAlarms } from "../monitor/alarms.ts";
import type { AlarmState } from "../monitor/overview.ts";
import { type AlarmName, type FunctionId, functionNamed, topology } from "../topology.ts";

export interface AlarmsOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Dollars that a month costs; asked at the start and once in CostExceeded's period. */
  readonly estimate: (signal: AbortSignal) => Promise<number | null>;
  /** An alarm goes off, or is over. All are OK before the first look. */
  readonly onChange: (alarm: AlarmState) => void;
  /** The cost could not be estimated; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
}

/** CloudWatch beside a watch: it knows what this run did and what its sweeps found, and lists nothing for itself. */
export interface Alarms {
  /** A function is through with an object. */
  ended(id: FunctionId, result: BatchResult): void;
  /** All that a sweep found waiting. */
  swept(works: readonly Work[]): void;
  /** From now on looks once a minute, and at once when something fails. */
  start(): void;
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;
/** Behind the minute's end: timers may be a little early. */
const LATE_MS = 100;
const KEEP_MS =
  1000 * Math.max(topology.alarms.HighErrorRate.periodSeconds, topology.alarms.HighDuration.periodSeconds);

export function createAlarms({ now, estimate, onChange, onTrouble }: AlarmsOptions): Alarms {
  const states = new Map<string, AlarmState["state"]>();
  const stopping = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  let invocations: Invocation[] = [];
  /** When each object that waits was put there. */
  let waiting = new Map<string, number>();
  let monthUsd: number | null = 0;
  let estimating: Promise<void> = Promise.resolve();
  let latest = 0;

  function sounds(name: AlarmName, fn: string | null): boolean {
    return states.get(nameOf(name, fn)) === "ALARM";
  }

  /** Looks at the minutes before `time`. A look never goes back to before the last one, unless the clock does. */
  function look(time: number): void {
    latest = latest - time <= MINUTE_MS ? Math.max(latest, time) : time;
    invocations = invocations.filter(({ ended }) => ended >= latest - KEEP_MS - MINUTE_MS);
    const oldestWorkSeconds = waiting.size === 0 ? null : Math.max(0, Math.floor((now() - oldest(waiting)) / 1000));
    for (const alarm of evaluateAlarms({ invocations, oldestWorkSeconds, monthUsd }, latest)) {
      if (sounds(alarm.name, alarm.function) === (alarm.state === "ALARM")) continue;
      states.set(nameOf(alarm.name, alarm.function), alarm.state);
      onChange(alarm);
    }
  }

  function lookEveryMinute(): void {
    const left = MINUTE_MS - (now() % MINUTE_MS) + LATE_MS;
    timers[0] = setTimeout(() => {
      look(now());
      lookEveryMinute();
    }, left);
  }

  async function estimateCost(): Promise<void> {
    try {
      monthUsd = await estimate(stopping.signal);
      if (!stopping.signal.aborted) look(now());
    } catch (error) {
      if (!stopping.signal.aborted) onTrouble(error);
    }
  }

  return {
    ended(id, { key, outcome, durationMs }) {
      waiting.delete(nameOf(id, key));
      // Receipts tell of these, so `status` counts the same.
      if (outcome === "already_ingested" || outcome === "superseded") return;
      const ended = now();
      invocations.push({ function: id, ended, durationMs, isError: isError(outcome) });
      // As if the minute were over: nobody should wait for its end to hear of a failure. One more changes nothing.
      if (isError(outcome) && !sounds("HighErrorRate", topology.functions[id].name))
        look(ended - (ended % MINUTE_MS) + MINUTE_MS);
    },
    swept(works) {
      waiting = new Map(works.map(({ function: id, object }) => [nameOf(id, object.key), object.modified]));
    },
    start() {
      lookEveryMinute();
      const again = () => {
        estimating = estimateCost();
      };
      again();
      timers[1] = setInterval(again, topology.alarms.CostExceeded.periodSeconds * 1000);
    },
    async stop() {
      stopping.abort();
      for (const timer of timers) clearTimeout(timer);
      await estimating;
    },
  };
}

function nameOf(what: string, of: string | null): string {
  return `${what} ${of}`;
}

function oldest(times: ReadonlyMap<string, number>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const time of times.values()) first = Math.min(first, time);
  return first;
}

/** The line of the run log about an alarm that has changed. Alarms of the whole lake are said by the sweep. */
export function alarmLine({ stage, now }: Pick<HandlerContext, "stage" | "now">, alarm: AlarmState): LogLine {
  const speaker = { function: functionNamed(alarm.function ?? "") ?? "sweep", stage } as const;
  const { name, function: fn, state, value, threshold, unit } = alarm;
  const line = noteLine(speaker, state === "ALARM" ? "WARN" : "INFO", alarmText(alarm), null, now());
  return { ...line, alarm: name, function: fn, state, value, threshold, unit };
}
