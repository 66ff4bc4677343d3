import { type Handover, handoversOf, withApplied } from "../../../contracts/holdings.ts";
import type { ReadableContract } from "../../../contracts/readable.ts";
import {
  applyContract,
  type ContractChange,
  changeOf,
  checkClaims,
  type Standing,
  standingOf,
} from "../../../contracts/store.ts";
import type { FlagsOf } from "../../command.ts";
import { checkCanAsk, confirm } from "../../confirm.ts";
import { readContracts } from "../../contract-files.ts";
import { showPlan } from "../../contract-plan.ts";
import { tellImpossibleUnits } from "../../contract-units.ts";
import { shortDigest, sourcesBut } from "../../contracts.ts";
import { type Io, lakeOption, notice, printJson } from "../../io.ts";
import { checkFolders, loadSettings, openLake } from "../../settings.ts";
import { printTable } from "../../table.ts";
import type { command } from "./apply.command.ts";

/** A contract that is to be applied, and what stood there when that was agreed to. */
interface Proposed {
  readonly contract: ReadableContract;
  readonly seen: Standing;
  readonly change: ContractChange;
}

export async function action(io: Io, flags: FlagsOf<typeof command>, files: string[]): Promise<number> {
  const contracts = await readContracts(files);
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkFolders(lake);
  const { storage } = openLake(io, settings);
  const proposed: Proposed[] = [];
  for (const contract of contracts) {
    const seen = await standingOf(storage, contract.contract.name);
    const change = changeOf(seen, contract.digest);
    if (change !== "unchanged") await checkClaims(storage, contract);
    proposed.push({ contract, seen, change });
  }
  for (const [i, { contract }] of proposed.entries()) tellImpossibleUnits(io, flags, files[i], contract.contract);
  const changing = proposed.filter(({ change }) => change !== "unchanged");
  const claims = changing.map(({ contract }) => contract.contract);
  const names = claims.map(({ name }) => name);
  const sources = await sourcesBut(storage, names);
  const handovers =
    changing.length === 0 || sources === null
      ? []
      : await handoversOf(storage, sources, withApplied(sources, claims), names);
  const isConcerned = handovers.length > 0 || (changing.length > 0 && sources === null);
  if (isConcerned || changing.some(({ change }) => change === "changed")) {
    const contracts = changing.map(({ contract }) => contract);
    if (sources !== null) await showPlan(io, flags, settings, contracts);
    else
      notice(
        io,
        flags,
        `What lies there as ${names.join(", ")} is no contract: until it is, nothing can be processed.`,
      );
    if (!flags.yes) {
      checkCanAsk(io, `apply ${names.join(", ")}`);
      if (!(await confirm(io, `Apply ${names.join(", ")}?`))) {
        notice(io, flags, "Nothing was applied.");
        return 1;
      }
    }
  }
  const applied: { name: string; digest: string; outcome: ContractChange }[] = [];
  for (const { contract, seen } of proposed) {
    const { name } = contract.contract;
    applied.push({ name, digest: contract.digest, outcome: await applyContract(storage, contract, seen) });
  }
  if (flags.json) await printJson(io, { version: 1, lake, contracts: applied });
  else {
    const heads = ["name", "outcome", "digest"].map((head) => ({ head }));
    const rows = applied.map(({ name, outcome, digest }) => [name, outcome, shortDigest(digest)]);
    await printTable(io, flags, heads, rows);
  }
  if (isConcerned) notice(io, flags, `Next: ${nextOf(handovers, claims, lake)}`);
  else if (changing.length === 0) notice(io, flags, "All of it is in force already.");
  return 0;
}

/** What is made already is no work for a plain run. */
function nextOf(handovers: readonly Handover[], claims: readonly { readonly prefix: string }[], lake: string): string {
  const isAllMade = handovers.length > 0 && handovers.every(({ batches, made }) => made === batches);
  if (!isAllMade) return `vantageflow run${lakeOption(lake)}`;
  const prefix = claims.length === 1 ? ` ${claims[0].prefix}` : "";
  return `vantageflow run --reprocess${prefix}${lakeOption(lake)}`;
}
