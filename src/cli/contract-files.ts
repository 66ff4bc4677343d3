import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type ReadableContract, readableContract } from "../contracts/readable.ts";
import { VantageflowError } from "../errors.ts";
import { conflictsOf } from "../ledger/claims.ts";
import type { Io } from "./io.ts";

/** Larger files are no contracts. */
const MAX_BYTES = 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "it may not be read",
  EISDIR: "it is a folder",
};

/** The text of a contract's file. Throws `input_invalid`. */
export async function readContractFile(io: Io, file: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new VantageflowError("input_invalid", `Cannot read the contract "${file}": ${why}. Check the path.`, { cause });
  const path = resolve(io.cwd, file);
  try {
    if ((await stat(path)).size > MAX_BYTES) throw refuse("it is too large for a contract");
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof VantageflowError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(REASONS[code ?? ""] ?? String(code), error);
  }
}

/** Contracts in files. Throws `input_invalid` for one that cannot be read, `contract_invalid` with all that is wrong with it. */
export async function readContractFiles(io: Io, files: readonly string[]): Promise<ReadableContract[]> {
  const contracts: ReadableContract[] = [];
  for (const file of files) contracts.push(await readableContract(await readContractFile(io, file), file));
  return contracts;
}

/** Throws `input_invalid` for contracts of which two cannot be in one lake. */
export function checkTogether(contracts: readonly ReadableContract[]): void {
  const [conflict] = conflictsOf(contracts.map(({ contract }) => contract));
  if (conflict === undefined) return;
  const why = `${conflict.why}. Leave out one, or change what it claims`;
  const [one, other] = conflict.names;
  throw new VantageflowError("input_invalid", `Cannot apply "${one}" and "${other}" together: ${why}.`);
}

/** What a contract claims, each prefix and suffix as one text: `bronze/station/*.dat`. */
export function placesOf({ prefix, suffixes }: { readonly prefix: string; readonly suffixes: readonly string[] }) {
  return suffixes.map((suffix) => `${prefix}*${suffix}`);
}
