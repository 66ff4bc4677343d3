import { statSync } from "node:fs";
import { VantageflowError } from "../errors.ts";
import { readSources, type Sources, type StoredContract } from "../ledger/sources.ts";
import type { LakeStorage } from "../storage/port.ts";
import { type GlobalFlags, type Io, lakeOption } from "./io.ts";

/** A contract of the lake that `--contract` names, and those beside it. */
export interface NamedContract {
  readonly contract: StoredContract;
  readonly sources: Sources;
}

/**
 * The contract that was given by its name in the lake, or as a file, which is in force then. `verb` is what is to be done with it. Throws
 * `not_found` for one that the lake has not, and `exists` for one that it has with other words.
 */
export async function namedContract(
  io: Io,
  flags: GlobalFlags,
  storage: LakeStorage,
  given: string,
  verb: string,
): Promise<NamedContract> {
  const name = isContractFile(given) ? await applied(io, flags, storage, given) : given;
  const sources = await readSources(storage);
  const contract = sources.contracts.find((one) => one.name === name && !one.isRemoved);
  if (contract === undefined) throw noContract(sources, storage, name, verb);
  return { contract, sources };
}

/** Whether `--contract` means a file: what is there as one, or is named as one. Else it is the name of a contract of the lake. */
export function isContractFile(given: string): boolean {
  return given.endsWith(".json") || statSync(given, { throwIfNoEntry: false })?.isFile() === true;
}

/** The name of a file's contract, which is in force then. What reads contracts is loaded where there is one to read. */
async function applied(io: Io, flags: GlobalFlags, storage: LakeStorage, file: string): Promise<string> {
  const { applyGiven } = await import("./given-contract.ts");
  return applyGiven(io, flags, storage, file);
}

function noContract({ contracts }: Sources, storage: LakeStorage, name: string, verb: string): VantageflowError {
  const option = lakeOption(storage.url);
  const [why, advice] = contracts.some((one) => one.name === name)
    ? ["it was removed from this lake", `Apply it again: vantageflow contract apply FILE${option}`]
    : ["the lake has no such contract", `See vantageflow contract list${option}, or name a file that ends in .json`];
  return new VantageflowError("not_found", `Cannot ${verb} the contract "${name}": ${why}. ${advice}`);
}
