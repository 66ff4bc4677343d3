import type { Json } from "../json.ts";
import type { KnownNames } from "../known.ts";
import type { InferredParts } from "./delimited.ts";
import { documentsIn, type FoundDocuments } from "./json-documents.ts";
import { recordsIn } from "./json-records.ts";
import type { InferredPlace } from "./place.ts";
import { readingOf } from "./reading.ts";
import { cannotInfer } from "./refusal.ts";
import type { SampleText } from "./sample.ts";

/** Whether a text begins as JSON does that holds readings. */
export function isJson(text: string): boolean {
  return /^\ufeff?[ \t\r\n]*(\{[ \t\r\n]*["}]|\[[ \t\r\n]*[{["\d\]-])/.test(text.slice(0, 4096));
}

/** Infers which records a JSON text has, and what is read of each. Throws `input_invalid` where there are none. */
export function inferJson(
  fileName: string,
  sample: SampleText,
  place: InferredPlace,
  known: KnownNames,
  unsure: string[],
): InferredParts {
  const documents = documentsIn(sample.text);
  tellBroken(fileName, documents, sample.isWhole, unsure);
  const { compression, encoding } = sample;
  const packed = compression === "none" ? {} : { compression };
  if (isSenml(documents.values)) {
    tellSenml(documents.values, unsure);
    return { format: { type: "senml", ...packed } };
  }
  const found = recordsIn(documents.values);
  if (found === null) {
    const why = "no list of objects in it has a time and a number in each";
    throw cannotInfer(fileName, why, "Export one object for each reading, or write the contract by hand.");
  }
  if (found.note !== "") unsure.push(found.note);
  const { columns, members, path } = found;
  const table = {
    kind: "json",
    columns,
    members,
    delimiter: "",
    hasUnitsRow: false,
    hasHeader: false,
    device: place.device,
    above: [],
  } as const;
  const { reading, missing } = readingOf(fileName, table, known, unsure);
  const isByLine =
    documents.isByLine || (documents.values.length === 1 && /\.(ndjson|jsonl|ldjson)$/i.test(place.suffix));
  const format: Record<string, Json> = {
    type: isByLine ? "ndjson" : "json",
    ...packed,
    ...(encoding === "utf-8" ? {} : { encoding }),
    ...(path === null ? {} : { records: path }),
    ...(missing.length === 0 ? {} : { missingValues: [...missing] }),
  };
  return { format, reading };
}

function tellBroken(
  fileName: string,
  { values, isCut, badLine }: FoundDocuments,
  isWhole: boolean,
  unsure: string[],
): void {
  if (values.length === 0)
    throw cannotInfer(fileName, `line ${badLine || 1} is no JSON that can be read`, "Repair it first.");
  if (badLine > 0) unsure.push(`Line ${badLine} is no JSON; only what stands above it was looked at. Repair the file.`);
  else if (isCut && isWhole) unsure.push("The last document is not closed. Was the file cut off?");
}

/** Labels of RFC 8428, table 1. */
const LABELS = new Set(["bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"]);

function isSenml([pack]: readonly Json[]): boolean {
  if (!Array.isArray(pack) || pack.length === 0) return false;
  const isRecord = (one: Json) =>
    typeof one === "object" &&
    one !== null &&
    !Array.isArray(one) &&
    Object.keys(one).every((key) => LABELS.has(key) || /_$/.test(key));
  const has = (...keys: string[]) => pack.some((one) => keys.some((key) => Object.hasOwn(one as object, key)));
  return pack.every(isRecord) && has("n", "bn") && has("v", "vs", "vb", "vd", "s", "bv");
}

function tellSenml([pack]: readonly Json[], unsure: string[]): void {
  const records = pack as { [key: string]: Json }[];
  const isAbsolute = records.some(({ bt, t }) => Number(bt ?? t ?? 0) >= 2 ** 28);
  if (!isAbsolute)
    unsure.push(
      "The pack has no time of its own: readings are placed by when it arrived. Have the gateway write bt, if that is late.",
    );
  if (!records.some(({ u, bu }) => u !== undefined || bu !== undefined)) {
    unsure.push("The pack has no units, and a contract cannot give it any. Have the gateway write u or bu.");
  }
}
