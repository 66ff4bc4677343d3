import type { ComponentChildren } from "preact";
import type { OpenLetter, Overview } from "../../../monitor/overview.ts";
import type { DeviceReport } from "../../../report/merge.ts";
import { lakeOption } from "../../../shell.ts";
import { count, percent, span } from "../format.ts";
import { CRITICAL, overdueFrom } from "../health.ts";
import { NoData, Panel } from "../parts/panel.tsx";
import { Shape, type Tone } from "../parts/shape.tsx";
import { Ago, BatchLink, Command, DeviceLink, Name, Untrusted } from "../parts/text.tsx";

const SHOWN_DEVICES = 8;
const SHOWN_LETTERS = 4;

/** What somebody has to do something about, worst first. */
export function ActOn({ overview }: { readonly overview: Overview }) {
  const { dead_letters: letters, work, devices, ignored, lake, alarms } = overview;
  const isQuiet = letters.open + work.waiting + devices.critical + ignored.count === 0;
  return (
    <Panel title="Act on" class="act-on">
      {isQuiet && (
        <NoData>
          <Shape tone="ok" size={14} /> Nothing. No critical device, no dead letter, no waiting work.
        </NoData>
      )}
      {devices.critical > 0 && <Critical devices={devices.critical_devices} total={devices.critical} />}
      {letters.open > 0 && <Letters letters={letters.letters} open={letters.open} lake={lake} />}
      {work.waiting > 0 && <Waiting work={work} lake={lake} overdue={overdueFrom(alarms)} />}
      {ignored.count > 0 && <Ignored ignored={ignored} />}
    </Panel>
  );
}

interface GroupProps {
  readonly title: string;
  readonly total: number;
  readonly tone: Tone;
  readonly note?: string;
  /** What to type. */
  readonly next?: string;
  readonly children?: ComponentChildren;
}

function Group({ title, total, tone, note, next, children }: GroupProps) {
  return (
    <div class="group">
      <h3>
        <Shape tone={tone} size={13} /> {title} <span class="badge">{count(total)}</span>
        {note !== undefined && <span class="note">{note}</span>}
      </h3>
      {next !== undefined && <Command line={next} />}
      {children}
    </div>
  );
}

function Critical({ devices, total }: { readonly devices: readonly DeviceReport[]; readonly total: number }) {
  const shown = devices.slice(0, SHOWN_DEVICES);
  const rest = total - shown.length;
  return (
    <Group title="Critical devices" total={total} tone="warn" note={`over ${CRITICAL} anomalies`}>
      <ul class="pairs">
        {shown.map((device) => (
          <li key={device.device_id}>
            <DeviceLink id={device.device_id} />
            <span class="number" title={`${count(device.anomaly_count)} of ${count(device.total_readings)} readings`}>
              {percent(device.anomaly_percentage)}
            </span>
          </li>
        ))}
      </ul>
      {rest > 0 && <p class="note">and {count(rest)} more in the table of devices</p>}
    </Group>
  );
}

interface LettersProps {
  readonly letters: readonly OpenLetter[];
  readonly open: number;
  readonly lake: string;
}

function Letters({ letters, open, lake }: LettersProps) {
  const shown = letters.slice(0, SHOWN_LETTERS);
  return (
    <Group
      title="Dead letters"
      total={open}
      tone="bad"
      note="refused files, failed runs"
      next={`vantageflow dlq list${lakeOption(lake)}`}
    >
      <ul class="letters">
        {shown.map((letter) => (
          <Letter key={letter.id} letter={letter} />
        ))}
      </ul>
      {open > shown.length && <p class="note">and {count(open - shown.length)} older ones</p>}
    </Group>
  );
}

export function Letter({ letter }: { readonly letter: OpenLetter }) {
  return (
    <li>
      <div class="letter-head">
        {letter.key === null ? <Name text={letter.function} /> : <BatchLink name={letter.key} />}
        <span class="chip chip-bad">{letter.code}</span>
        <span class="muted">
          <Ago iso={letter.time} />
        </span>
      </div>
      <p class="letter-message">
        <Untrusted text={letter.message} />
      </p>
    </li>
  );
}

interface WaitingProps {
  readonly work: Overview["work"];
  readonly lake: string;
  readonly overdue: number;
}

function Waiting({ work, lake, overdue }: WaitingProps) {
  const oldest = work.oldest_seconds;
  const tone = oldest !== null && oldest > overdue ? "bad" : "none";
  const note = oldest === null ? "" : `the oldest for ${span(oldest)}`;
  return (
    <Group
      title="Waiting work"
      total={work.waiting}
      tone={tone}
      note={note}
      next={`vantageflow run${lakeOption(lake)}`}
    />
  );
}

function Ignored({ ignored }: { readonly ignored: Overview["ignored"] }) {
  return (
    <Group title="Ignored" total={ignored.count} tone="warn" note="nothing takes them as they are">
      <details>
        <summary>Show {ignored.keys.length < ignored.count ? `the first ${ignored.keys.length}` : "them"}</summary>
        <ul class="pairs">
          {ignored.keys.map(({ key, reason }) => (
            <li key={key}>
              <span class="mono">
                <Name text={key} />
              </span>
              <span class="muted">
                <Untrusted text={reason} />
              </span>
            </li>
          ))}
        </ul>
      </details>
    </Group>
  );
}
