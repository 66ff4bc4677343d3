import type { Problem } from "../../../contracts/problem.ts";
import { problemText } from "../../../contracts/problem.ts";
import { parseKnown, type ReadableContract, readableContract } from "../../../contracts/readable.ts";
import { checkClaims } from "../../../contracts/store.ts";
import { hasCode } from "../../../errors.ts";
import { escapeTerminal } from "../../../escape.ts";
import { conflictsOf } from "../../../ledger/claims.ts";
import { STREAMS } from "../../../streams/batch.ts";
import { placesOf, readContractFile } from "../../contract-files.ts";
import { tellImpossibleUnits, tellUnknownUnits } from "../../contract-units.ts";
import { openContracts, shortDigest } from "../../contracts.ts";
import { complain, type GlobalFlags, type Io, lakeOption, notice, print, printJson, shellWord } from "../../io.ts";
import { printTable } from "../../table.ts";

interface Checked {
  readonly file: string;
  readonly contract: ReadableContract | null;
  readonly problems: readonly Problem[];
  /** It has words that no data has, whatever is wrong with it: a comma that is missing makes no data of a contract. */
  readonly isWritten: boolean;
}

export async function action(io: Io, flags: GlobalFlags, files: string[]): Promise<number> {
  const checked: Checked[] = [];
  for (const file of files) checked.push(await checkFile(file));
  const sound = checked.flatMap(({ contract }) => contract ?? []);
  const conflicts = [
    ...conflictsOf(sound.map(({ contract }) => contract)).map(({ names: [one, other], why }) => {
      return `Cannot use "${one}" and "${other}" in one lake: ${why}. Change what one of them claims.`;
    }),
    // A lake that was not named may be any: nothing is held against it.
    ...(flags.lake === undefined ? [] : await conflictsInLake(io, flags, sound)),
  ];
  if (flags.json) await printJson(io, { version: 1, contracts: checked.map(checkedJson), conflicts });
  else await printChecked(io, flags, checked);
  for (const conflict of conflicts) complain(io, conflict);
  for (const { file, problems, isWritten } of checked) {
    if (!isWritten && problems.some(isNoneAtAll))
      notice(io, flags, `${file} looks like no contract. Is it data? ${inferOf(file)}`);
  }
  for (const { file, contract } of checked) {
    if (contract === null) continue;
    tellUnknownUnits(io, flags, file, contract.contract);
    tellImpossibleUnits(io, flags, file, contract.contract);
  }
  const isWrong = conflicts.length > 0 || sound.length < checked.length;
  if (isWrong) return 1;
  const isLive = checked.some(({ contract }) => contract?.contract.prefix.startsWith(STREAMS));
  const command = isLive ? `listen --http 4280 --contract ${files[0]}` : `ingest --contract ${files[0]} FILE`;
  const next = `vantageflow ${command}${lakeOption(flags.lake ?? "./lake")}`;
  notice(io, flags, `Nothing is wrong. Next: ${next}`);
  return 0;
}

const inferOf = (file: string) => `Have one proposed for it: vantageflow contract infer ${shellWord(file)}`;

/** Of what has none of the words that each contract has. */
function isNoneAtAll({ path, why }: Problem): boolean {
  return path === "$" || (path === "$.format" && why === "is missing");
}

async function checkFile(file: string): Promise<Checked> {
  const text = readContractFile(file);
  const { problems } = await parseKnown(text);
  const isWritten = /"(?:prefix|headerRows|device_id|then)"\s*:/.test(text);
  return { file, problems, isWritten, contract: problems.length > 0 ? null : await readableContract(text, file) };
}

async function conflictsInLake(io: Io, flags: GlobalFlags, contracts: readonly ReadableContract[]): Promise<string[]> {
  const { storage } = await openContracts(io, flags, "check contracts against");
  const conflicts: string[] = [];
  for (const one of contracts) {
    try {
      await checkClaims(storage, one);
    } catch (error) {
      if (!hasCode(error, "exists")) throw error;
      conflicts.push(error.message);
    }
  }
  return conflicts;
}

function checkedJson({ file, contract, problems }: Checked) {
  const claims = contract === null ? null : placesOf(contract.contract);
  return { file, name: contract?.contract.name ?? null, digest: contract?.digest ?? null, claims, problems };
}

async function printChecked(io: Io, flags: GlobalFlags, checked: readonly Checked[]): Promise<void> {
  for (const { file, problems } of checked) {
    const from = checked.length > 1 ? `${file}: ` : "";
    for (const one of problems) await print(io, `${escapeTerminal(`${from}${problemText(one)}`)}\n`);
  }
  const heads = ["file", "name", "claims", "digest"].map((head) => ({ head }));
  const rows = checked.flatMap(({ file, contract }) => {
    if (contract === null) return [];
    return [[file, contract.contract.name, placesOf(contract.contract).join(" "), shortDigest(contract.digest)]];
  });
  await printTable(io, flags, heads, rows);
}
