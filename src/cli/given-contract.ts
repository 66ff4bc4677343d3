import { applyContract } from "../contracts/store.ts";
import type { LakeStorage } from "../storage/port.ts";
import { readContracts } from "./contract-files.ts";
import { tellImpossibleUnits, tellUnknownUnits } from "./contract-units.ts";
import { type GlobalFlags, type Io, notice } from "./io.ts";

/** Puts the contract of a file in force where the lake has none of its name, and returns its name. */
export async function applyGiven(io: Io, flags: GlobalFlags, storage: LakeStorage, file: string): Promise<string> {
  const [contract] = await readContracts([file]);
  const { name } = contract.contract;
  const change = await applyContract(storage, contract);
  if (change === "new") {
    notice(io, flags, `Applied the contract "${name}" of ${file}.`);
    tellUnknownUnits(io, flags, file, contract.contract);
    tellImpossibleUnits(io, flags, file, contract.contract);
  }
  return name;
}
