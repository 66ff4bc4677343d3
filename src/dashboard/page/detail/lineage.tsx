import type { Receipt } from "../../../ledger/receipts.ts";
import type { BatchDetail } from "../../../monitor/details.ts";
import { bytes, count, counted } from "../format.ts";
import { OUTCOME_TONES } from "../overview/batch-table.tsx";
import { Panel } from "../parts/panel.tsx";
import { Shape, type Tone } from "../parts/shape.tsx";
import { Ago, Name } from "../parts/text.tsx";

type Place = BatchDetail["objects"][number];

interface LineageProps {
  readonly objects: BatchDetail["objects"];
  readonly receipts: readonly { readonly name: string; readonly function: string; readonly receipt: Receipt | null }[];
  readonly devices: number;
  readonly rejects: number;
}

/** The way of a batch, as a picture: boxes for objects, arrows for functions. */
export function LineagePicture({ objects, receipts, devices, rejects }: LineageProps) {
  const [split, aggregate] = receipts;
  const isDone = split?.receipt?.outcome === "done";
  // A refused file was not read to its end: its rows are nobody's.
  const rows = (isDone && split.receipt.split?.rows) || null;
  const rowsOf: Record<Place["layer"], string | null> = {
    bronze: rows && counted(rows.in, "row"),
    silver: rows && counted(rows.silver, "row"),
    anomalies: rows && counted(rows.anomalies, "row"),
    rejects: counted(rows?.rejects ?? rejects, "row"),
    gold: counted(devices, "device"),
  };
  return (
    <Panel title="Lineage" note="bronze to gold">
      <ol class="lineage">
        {objects.map((place) => (
          <Box key={place.layer} place={place} rows={rowsOf[place.layer]} absence={absenceOf(place, isDone)} />
        ))}
        {split !== undefined && <Arrow class="arrow-split" name={split.name} receipt={split.receipt} />}
        {aggregate !== undefined && <Arrow class="arrow-gold" name={aggregate.name} receipt={aggregate.receipt} />}
      </ol>
    </Panel>
  );
}

function absenceOf({ layer }: Place, isDone: boolean): string {
  if (layer === "rejects") return isDone ? "nothing was rejected" : "none";
  if (layer === "bronze") return "not there: expired, removed, or never was";
  return isDone ? "not there: expired or removed" : "not written";
}

interface BoxProps {
  readonly place: Place;
  readonly rows: string | null;
  readonly absence: string;
}

function Box({ place, rows, absence }: BoxProps) {
  const { layer, key, object } = place;
  return (
    <li class={`box box-${layer}${object === null ? " is-absent" : ""}`}>
      <h3>{layer}</h3>
      <p class="mono box-key">
        <Name text={key} />
      </p>
      {object === null ? (
        <p class="no-data">{absence}</p>
      ) : (
        <p>
          {rows !== null && (
            <>
              <strong>{rows}</strong> ·{" "}
            </>
          )}
          {bytes(object.size)} · <Ago iso={object.modified} />
        </p>
      )}
    </li>
  );
}

function devicesOf({ split, aggregate }: Receipt): string[] {
  const tally = split ?? aggregate;
  return tally === undefined ? [] : [`${count(tally.devices)} devices`];
}

interface ArrowProps {
  readonly class: string;
  readonly name: string;
  readonly receipt: Receipt | null;
}

function Arrow({ class: place, name, receipt }: ArrowProps) {
  const tone: Tone = receipt === null ? "none" : OUTCOME_TONES[receipt.outcome];
  return (
    <li class={`arrow ${place}`}>
      <span class="arrow-name">
        <Shape tone={tone} size={12} /> {name}
      </span>
      <span class="muted">
        {receipt === null ? "not run yet" : [receipt.outcome, ...devicesOf(receipt)].join(", ")}
      </span>
    </li>
  );
}
