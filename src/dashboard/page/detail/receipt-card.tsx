import type { ComponentChildren } from "preact";
import type { ReadContract } from "../../../ledger/read-contract.ts";
import type { Receipt, RowCounts } from "../../../ledger/receipts.ts";
import { bytes, count, counted, duration } from "../format.ts";
import { OutcomeMark } from "../overview/batch-table.tsx";
import { NoData, Panel } from "../parts/panel.tsx";
import { Name, Time, Untrusted } from "../parts/text.tsx";

interface ReceiptCardProps {
  readonly name: string;
  readonly receipt: Receipt | null;
  readonly raw: unknown;
}

/** What a function says it did with the object: read, not parsed, by people; the whole of it behind. */
export function ReceiptCard({ name, receipt, raw }: ReceiptCardProps) {
  return (
    <Panel title={name} note="receipt" class="receipt">
      {raw === null && <NoData>Not run yet: there is no receipt.</NoData>}
      {receipt !== null && <Facts receipt={receipt} />}
      {raw !== null && (
        <details class="numbers">
          <summary>Show the JSON</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
          <section class="json" tabIndex={0} aria-label={`Receipt of ${name}`}>
            <pre>{JSON.stringify(raw, null, 2)}</pre>
          </section>
        </details>
      )}
    </Panel>
  );
}

function Facts({ receipt }: { readonly receipt: Receipt }) {
  const { outcome, attempts, started, duration_ms, source, code, outputs, error } = receipt;
  const tally = receipt.split ?? receipt.aggregate;
  return (
    <>
      {error !== null && (
        <p class="receipt-error">
          <span class="chip chip-bad">{error.code}</span> <Untrusted text={error.message} />
        </p>
      )}
      {outcome === "done" && tally !== undefined && <Rows rows={tally.rows} />}
      <dl class="facts">
        <Fact name="Outcome">
          <OutcomeMark outcome={outcome} />
        </Fact>
        <Fact name="Started">
          <Time iso={started} />
        </Fact>
        <Fact name="Took">
          {duration(duration_ms)}, {counted(attempts, "attempt")}
        </Fact>
        {tally !== undefined && (
          <>
            <Fact name="Devices">{count(tally.devices)}</Fact>
            <Fact name="Threshold">{tally.anomaly_threshold}</Fact>
          </>
        )}
        {receipt.split?.contract !== undefined && <ContractFacts contract={receipt.split.contract} />}
        <Fact name="Version">{code}</Fact>
        <Fact name="Source">
          {bytes(source.size)} <Hash sha256={source.sha256} />
        </Fact>
      </dl>
      {outputs.length > 0 && (
        <>
          <h3>Outputs</h3>
          <ul class="pairs outputs">
            {outputs.map(({ key, size, sha256 }) => (
              <li key={key}>
                <span class="mono">
                  <Name text={key} />
                </span>
                <span class="number">
                  {bytes(size)} <Hash sha256={sha256} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** By which contract it was read. A cell without a value is no fault: it stands in a line of its own, not among the rejects. */
function ContractFacts({ contract }: { readonly contract: ReadContract }) {
  const { name, digest, tz, records, absent, rules = {} } = contract;
  return (
    <>
      <Fact name="Contract">
        <Untrusted text={name} /> <Hash sha256={digest} />
        {tz !== undefined && <span class="muted"> time zones of {tz}</span>}
      </Fact>
      <Fact name="Read">
        {records !== undefined && `${counted(records, "record")}, `}
        {counted(absent, "cell")} without a value
      </Fact>
      {Object.entries(rules).map(([rule, readings]) => (
        <Fact key={rule} name="By rule">
          <Untrusted text={rule} /> {count(readings)}
        </Fact>
      ))}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Hash({ sha256 }: { readonly sha256: string | null }) {
  if (sha256 === null) return null;
  return (
    <abbr class="mono muted hash" title={`SHA-256 ${sha256}`}>
      {sha256.slice(0, 8)}
    </abbr>
  );
}

const PLACES = ["silver", "anomalies", "rejects", "blank"] as const;

/** Every row is accounted for: rows in = silver + anomalies + rejects + blank. */
function Rows({ rows }: { readonly rows: RowCounts }) {
  return (
    <div class="rows">
      <p>
        <strong>{count(rows.in)}</strong> {rows.in === 1 ? "row" : "rows"} in
      </p>
      {rows.in > 0 && (
        <div class="rows-bar" aria-hidden="true">
          {PLACES.map((place) => (
            <span key={place} class={`rows-${place}`} style={{ flexGrow: String(rows[place]) }} />
          ))}
        </div>
      )}
      <ul class="rows-parts">
        {PLACES.map((place) => (
          <li key={place}>
            <span class={`swatch rows-${place}`} /> {place} <strong>{count(rows[place])}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}
