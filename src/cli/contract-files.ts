import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type ReadableContract, readableContract } from "../contracts/readable.ts";
import { VantageflowError } from "../errors.ts";
import type { Io } from "./io.ts";

/** Contracts in files. Throws `input_invalid` for one that cannot be read, `contract_invalid` with all that is wrong with it. */
export async function readContractFiles(io: Io, files: readonly string[]): Promise<ReadableContract[]> {
  const contracts: ReadableContract[] = [];
  for (const file of files) contracts.push(await readableContract(await textOf(io, file), file));
  return contracts;
}

async function textOf(io: Io, file: string): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : String(code);
    throw new VantageflowError("input_invalid", `Cannot read the contract "${file}": ${why}. Check the path.`, {
      cause: error,
    });
  }
}
