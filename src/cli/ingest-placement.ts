import { closeSync } from "node:fs";
import { VantageflowError } from "../errors.ts";
import { claimants } from "../ledger/claims.ts";
import { BRONZE } from "../ledger/layers.ts";
import { readSources, type Sources, type StoredContract } from "../ledger/sources.ts";
import type { LakeStorage } from "../storage/port.ts";
import { onlyEndingIn, topology } from "../topology.ts";
import { checkName, openFile, sourceWords, type Upload } from "./ingest-files.ts";
import { type GlobalFlags, type Io, shellWord } from "./io.ts";
import { namedContract } from "./named-contract.ts";

/** Where uploads land, and who reads them there. */
export interface Placement {
  place(upload: Upload): Upload;
  /** Throws `input_invalid` for what nobody would read there, or somebody else than the contract that was named. */
  check(upload: Upload): void;
}

type Flags = GlobalFlags & { readonly contract?: string | undefined };

/**
 * Who reads what is ingested: without `--contract` whoever claims its key. Throws `not_found` for a contract that the lake
 * has not, and `exists` for one that it has with other words.
 */
export async function placementOf(io: Io, flags: Flags, storage: LakeStorage): Promise<Placement> {
  const { contract: given } = flags;
  if (given === undefined) {
    const sources = await readSources(storage);
    return { place: (upload) => upload, check: (upload) => checkRead(sources, upload) };
  }
  const { contract, sources } = await namedContract(io, flags, storage, given, "ingest with");
  const folder = contract.prefix.slice(BRONZE.length);
  return {
    place: (upload) => ({ ...upload, name: `${folder}${upload.name}` }),
    check: (upload) => checkReadBy(sources, contract, given, upload),
  };
}

function refuse(file: string, why: string): VantageflowError {
  return new VantageflowError("input_invalid", `Cannot ingest "${file}": ${why}`);
}

function checkRead(sources: Sources, upload: Upload): void {
  checkName(upload);
  const { file, name } = upload;
  const key = `${BRONZE}${name}`;
  const by = sources.readBy(key);
  if (!("nobody" in by)) return;
  if (claimants(sources.contracts, key).length > 0) throw refuse(file, `as ${key} nobody would read it: ${by.nobody}`);
  if (file !== "-") closeSync(openFile(file));
  const infer = `vantageflow contract infer ${sourceWords(upload)}`;
  if (/\.(gz|zst)$/i.test(name))
    throw refuse(file, `it is compressed, and no contract claims it. Unpack it first, or propose one: ${infer}`);
  const known = onlyEndingIn(topology.csvSuffixes);
  throw refuse(file, `no contract claims it, and without one ${known}. Propose one: ${infer}`);
}

function checkReadBy(
  sources: Sources,
  { name, prefix, suffixes }: StoredContract,
  given: string,
  upload: Upload,
): void {
  const { file } = upload;
  const path = upload.name.slice(prefix.length - BRONZE.length);
  if (!suffixes.some((suffix) => path.endsWith(suffix))) {
    const known = suffixes.map((one) => `"${one}"`).join(" or ");
    const other = shellWord(`${path.replace(/\.[^./]*$/, "")}${suffixes[0]}`);
    const call = `vantageflow ingest --contract ${shellWord(given)} ${shellWord(file)} --name ${other}`;
    throw refuse(file, `the contract "${name}" reads names that end in ${known}. Give it such a name: ${call}`);
  }
  checkName(upload);
  const key = `${BRONZE}${upload.name}`;
  const by = sources.readBy(key);
  if ("nobody" in by) throw refuse(file, `as ${key} nobody would read it: ${by.nobody}`);
  if (by.contract?.name === name) return;
  throw refuse(file, `as ${key} it is read by the contract "${by.contract?.name}". Use --name to land it elsewhere.`);
}
