import { parseContract } from "../contract.ts";
import type { KnownNames } from "../known.ts";
import { problemText } from "../problem.ts";
import { type InferredParts, inferDelimited } from "./delimited.ts";
import { inferInflux, isLineProtocol } from "./influx.ts";
import { inferJson, isJson } from "./json.ts";
import { type InferredPlace, placeOf } from "./place.ts";
import { cannotInfer } from "./refusal.ts";
import { readSample, type SampleText } from "./sample.ts";
import { contractText } from "./text.ts";

/** A contract that a sample suggests. */
export interface Proposal {
  /** The contract as it would be written, with a line for each measure: it is edited line by line. */
  readonly text: string;
  /** What it is unsure of or has assumed, each a sentence with what to do. */
  readonly unsure: readonly string[];
  /** What the file has to be called for its contract to read it; null where it is called so. */
  readonly otherName: string | null;
}

const SCHEMA = "node_modules/vantageflow/dist/contract.schema.json";

/**
 * Proposes a contract for a file by its name and its first bytes, of which 1 MiB is looked at; `isWhole` says that these
 * are all. What it proposes is accepted by `parseContract`. Throws `input_invalid` for what is no source, for one that the
 * built-in contract reads, and where nothing can be proposed; `usage` for zstd on a Node without it.
 */
export async function inferContract(
  fileName: string,
  sample: Uint8Array,
  isWhole: boolean,
  known: KnownNames,
): Promise<Proposal> {
  const unsure: string[] = [];
  const text = await readSample(fileName, sample, isWhole, unsure);
  const place = placeOf(fileName, unsure);
  const parts = partsOf(fileName, text, place, known, unsure);
  const proposed = contractText({
    ...{ $schema: SCHEMA, version: 1, name: place.name, prefix: place.prefix },
    ...(place.suffix === ".csv" ? {} : { suffixes: [place.suffix] }),
    ...parts,
  });
  const [problem] = parseContract(proposed, known).problems;
  if (problem !== undefined) {
    const why = `what can be told of it makes no contract: ${problemText(problem).replace(/\.$/, "")}`;
    throw cannotInfer(fileName, why, "Write the contract by hand.");
  }
  return { text: proposed, unsure, otherName: place.otherName };
}

function partsOf(
  fileName: string,
  sample: SampleText,
  place: InferredPlace,
  known: KnownNames,
  unsure: string[],
): InferredParts {
  if (isJson(sample.text)) return inferJson(fileName, sample, place, known, unsure);
  if (isLineProtocol(sample)) return inferInflux(fileName, sample, place, unsure);
  return inferDelimited(fileName, sample, place, known, unsure);
}
