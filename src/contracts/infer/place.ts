import { litterOf } from "../../ledger/litter.ts";
import { keyProblem, windowsProblem } from "../../storage/keys.ts";
import { topology } from "../../topology.ts";
import type { SourceTable } from "./source-table.ts";

/** What the name of a file says: where its contract applies, and what stands for a device where nothing else does. */
export interface InferredPlace {
  readonly name: string;
  readonly prefix: string;
  /** As names of such files end. */
  readonly suffix: string;
  /** What the file has to be called to be taken in; null where it is called so. */
  readonly otherName: string | null;
  readonly device: SourceTable["device"];
}

const PACKED = /\.(gz|zst|zstd)$/i;
/** A date or a running number, with what stands around it. */
const DATE = /[-_. ]*(?:19|20)\d\d[-_.]?\d\d(?:[-_.]?\d\d)?(?:[-_.T ]?\d\d[-_.h:]?\d\d(?:[-_.:]?\d\d)?Z?)?[-_. ]*/;

/** `bronze/<name>/` and the suffix, by the name of a file in any folder. */
export function placeOf(path: string, unsure: string[]): InferredPlace {
  const file = path.split(/[/\\]/).pop() ?? "";
  const packed = PACKED.exec(file)?.[0] ?? "";
  const plain = file.slice(0, file.length - packed.length);
  const own = /(?<=.)\.[A-Za-z0-9_-]{1,20}$/.exec(plain)?.[0] ?? "";
  const stem = plain.slice(0, plain.length - own.length);
  const dateless = stem.slice(0, 200).replace(DATE, "-");
  const name = slugOf(dateless);
  const suffix = suffixOf(own + packed, file, unsure);
  const otherName = file.endsWith(suffix) ? null : `${stem || name}${suffix}`;
  return { name, prefix: `bronze/${name}/`, suffix, otherName, device: deviceOf(dateless === stem, name) };
}

/** Files with a date in their names are of one device; others may be named as theirs. */
function deviceOf(isOfOne: boolean, name: string): SourceTable["device"] {
  if (!isOfOne) return { template: name, because: "the name of the file without its date is taken" };
  return { template: "{file}", because: "the name of each file is taken" };
}

function slugOf(text: string): string {
  const letters = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const slug = letters
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 56)
    .replace(/-+$/, "");
  if (slug === "") return "source";
  return windowsProblem(`${slug}.json`) === null ? slug : `${slug}-source`;
}

function suffixOf(suffix: string, file: string, unsure: string[]): string {
  const isUsable = suffix !== "" && keyProblem(`x${suffix}`) === null && litterOf(`x${suffix}`) === null;
  const name = JSON.stringify(file.slice(0, 100));
  if (isUsable && topology.suffixes.some((one) => suffix.endsWith(one))) return suffix;
  if (isUsable) {
    const known = topology.suffixes.join(", ");
    unsure.push(
      `${name} ends in "${suffix}", and only names that end in ${known} are processed: ".txt" is assumed. Rename the files, or ingest them with --name.`,
    );
    return ".txt";
  }
  unsure.push(
    `The name ${name} has no suffix that a contract can go by: ".csv" is assumed. Rename the files, or state suffixes.`,
  );
  return ".csv";
}
