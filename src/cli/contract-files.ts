import { readFileSync, statSync } from "node:fs";
import { type ReadableContract, readableContract } from "../contracts/readable.ts";
import { VantageflowError } from "../errors.ts";
import { conflictsOf } from "../ledger/claims.ts";

/** Larger files are no contracts. */
const MAX_BYTES = 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "it may not be read",
};

/** The text of a contract's file. Throws `input_invalid`. */
export function readContractFile(file: string): string {
  const refuse = (why: string, cause?: unknown) =>
    new VantageflowError("input_invalid", `Cannot read the contract "${file}": ${why}. Check the path.`, { cause });
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw refuse("it is a folder");
    if (stat.size > MAX_BYTES) throw refuse("it is too large for a contract");
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof VantageflowError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(REASONS[code ?? ""] ?? String(code), error);
  }
}

/**
 * The contracts of these files, which can be in one lake. Throws `input_invalid`, and `contract_invalid` with every
 * problem of the first that has some.
 */
export async function readContracts(files: readonly string[]): Promise<ReadableContract[]> {
  const contracts: ReadableContract[] = [];
  for (const file of files) contracts.push(await readableContract(readContractFile(file), file));
  const [conflict] = conflictsOf(contracts.map(({ contract }) => contract));
  if (conflict === undefined) return contracts;
  const [one, other] = conflict.names;
  const why = `${conflict.why}. Leave out one, or change what it claims`;
  throw new VantageflowError("input_invalid", `Cannot use the contracts "${one}" and "${other}" together: ${why}.`);
}

/** What a contract claims, each prefix and suffix as one text: `bronze/station/*.dat`. */
export function placesOf({ prefix, suffixes }: { readonly prefix: string; readonly suffixes: readonly string[] }) {
  return suffixes.map((suffix) => `${prefix}*${suffix}`);
}
