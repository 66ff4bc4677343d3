import { closeSync, linkSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { inferContract } from "../../../contracts/infer/infer.ts";
import { loadKnown } from "../../../contracts/readable.ts";
import { messageOf, VantageflowError } from "../../../errors.ts";
import { escapeTerminal } from "../../../escape.ts";
import type { FlagsOf } from "../../command.ts";
import { openFile } from "../../ingest-files.ts";
import { type Io, notice, print, printJson, shellWord } from "../../io.ts";
import { pullFrom } from "../../pull.ts";
import type { command } from "./infer.command.ts";

/** As much of a file as a proposal is made of. */
const SAMPLE_BYTES = 1024 * 1024;

type InferFlags = FlagsOf<typeof command>;

export async function action(io: Io, flags: InferFlags, file: string): Promise<number> {
  const { out, overwrite } = flags;
  if (file === "-" && flags.name === undefined) {
    const why = "stdin has no name. Add --name logger.dat";
    throw new VantageflowError("usage", `Cannot infer a contract: ${why}.`);
  }
  const name = flags.name ?? basename(file);
  const sample = await sampleOf(io, file);
  const isWhole = sample.length <= SAMPLE_BYTES;
  const proposal = await inferContract(name, sample.subarray(0, SAMPLE_BYTES), isWhole, await loadKnown());
  const { text, unsure, otherName } = proposal;
  if (out !== undefined) writeWhole(out, text, overwrite === true);
  if (flags.json) await printJson(io, { version: 1, file: out ?? null, contract: JSON.parse(text), unsure });
  else if (out === undefined) await print(io, io.stdout.isTTY ? escapeTerminal(text, { keepLines: true }) : text);
  for (const one of unsure) notice(io, flags, `Unsure: ${one}`);
  const contract = shellWord(out ?? "contract.json");
  const landed = otherName ?? name;
  const source = `${shellWord(file)}${landed === basename(file) ? "" : ` --name ${shellWord(landed)}`}`;
  const steps = [
    ...(out === undefined ? [`save it as ${contract} (--out)`] : []),
    ...(unsure.length > 0 ? [`edit what is unsure in ${contract}`] : []),
  ];
  const first = steps.map((step) => `${step}, then `).join("");
  const ingest = `vantageflow ingest --contract ${contract} ${source}`;
  notice(io, flags, `Next: ${first}vantageflow contract check ${contract}; then ${ingest}`);
  return 0;
}

/** The first bytes of the file, and one more where there are more. */
async function sampleOf(io: Io, file: string): Promise<Buffer> {
  const sample = Buffer.alloc(SAMPLE_BYTES + 1);
  const fd =
    file === "-" ? null : openFile(file, { verb: "infer a contract from", command: "vantageflow contract infer" });
  try {
    const pull = fd === null ? pullFrom(io.stdin) : (into: Uint8Array) => readSync(fd, into);
    let length = 0;
    while (length < sample.length) {
      const pulled = await pull(sample.subarray(length));
      if (pulled === 0) break;
      length += pulled;
    }
    return sample.subarray(0, length);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** Whole or not at all, and only where there is no other unless it is to be replaced. Throws `exists` and `input_invalid`. */
function writeWhole(file: string, text: string, overwrite: boolean): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, { flag: "wx" });
    if (overwrite) renameSync(draft, file);
    else linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      const why = "it is there already. Name another, or replace it with --overwrite";
      throw new VantageflowError("exists", `Cannot write "${file}": ${why}.`, { cause: error });
    }
    const why = `${messageOf(error)}. Check the path`;
    throw new VantageflowError("input_invalid", `Cannot write "${file}": ${why}.`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}
