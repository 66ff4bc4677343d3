import { handoversOf, withRemoved } from "../../../contracts/holdings.ts";
import { removeContract, type Standing } from "../../../contracts/store.ts";
import { VantageflowError } from "../../../errors.ts";
import { claimOf, commandName, contractKey, mendAdvice } from "../../../ledger/sources.ts";
import type { LakeStorage } from "../../../storage/port.ts";
import type { FlagsOf } from "../../command.ts";
import { checkCanAsk, confirm } from "../../confirm.ts";
import { handoverText } from "../../contract-plan.ts";
import { namedStanding, openContracts, sourcesBut } from "../../contracts.ts";
import { type GlobalFlags, type Io, lakeOption, notice, printJson } from "../../io.ts";
import { printTable } from "../../table.ts";
import type { command } from "./remove.command.ts";

export async function action(io: Io, flags: FlagsOf<typeof command>, name: string): Promise<number> {
  const release = flags.release === true;
  const { lake, storage } = await openContracts(io, flags, "remove a contract of");
  const seen = await namedStanding(storage, name, "remove");
  const isNothing = seen.inForce === null && !release;
  let heirs: readonly string[] = [];
  if (!isNothing) {
    heirs = await sayHandovers(io, flags, storage, name, seen, release);
    if (!flags.yes) {
      checkCanAsk(io, `${release ? "release" : "remove"} ${name}`);
      if (!(await confirm(io, release ? `Let go of what ${name} claims?` : `Remove ${name}?`))) {
        notice(io, flags, "Nothing was removed.");
        return 1;
      }
    }
  }
  const outcome = isNothing ? "unchanged" : await removeContract(storage, name, seen, { release });
  if (flags.json) await printJson(io, { version: 1, lake, name, outcome });
  else await printTable(io, flags, [{ head: "name" }, { head: "outcome" }], [[name, outcome]]);
  const option = lakeOption(lake);
  if (outcome === "unchanged") notice(io, flags, "It was removed already. --release lets its batches go.");
  else if (outcome === "released") notice(io, flags, `Next: vantageflow run${option}`);
  else if (heirs.length > 0) {
    const now = `What it claims is read by ${heirs.map((one) => `"${one}"`).join(" and ")} now: vantageflow run${option}`;
    notice(io, flags, `${now}. Let its claim go, too: vantageflow contract remove ${name} --release${option}`);
  } else {
    const back = `vantageflow contract apply FILE${option}`;
    const go = `vantageflow contract remove ${name} --release${option}`;
    notice(io, flags, `What it claims waits. Apply it again: ${back}, or let it go: ${go}`);
  }
  return 0;
}

/**
 * Says whose batches would be others'; returns who would read all that it claims, beside it in force as it is. Throws
 * `contract_invalid` for what is no contract and has no claim: all batches would wait on.
 */
async function sayHandovers(
  io: Io,
  flags: GlobalFlags,
  storage: LakeStorage,
  name: string,
  seen: Standing,
  release: boolean,
): Promise<readonly string[]> {
  const sources = await sourcesBut(storage, [name]);
  if (sources === null) {
    if (release || isClaim(seen)) return [];
    const why = "it is no contract, so it cannot be told which batches would wait";
    const way = `${mendAdvice(storage.url, contractKey(name))}; or let it go: vantageflow contract remove ${name} --release${lakeOption(storage.url)}`;
    throw new VantageflowError("contract_invalid", `Cannot remove "${name}": ${why}. ${way}.`);
  }
  const then = withRemoved(sources, name, release);
  for (const one of await handoversOf(storage, sources, then, [])) notice(io, flags, handoverText(one));
  const removed = sources.contracts.find(({ object }) => object.key === contractKey(name));
  const heirs = (removed?.suffixes ?? []).map((suffix) => then.readBy(`${removed?.prefix}x${suffix}`));
  const names = heirs.map((one) => ("contract" in one && one.contract !== null ? commandName(one.contract) : null));
  return names.includes(null) ? [] : [...new Set(names.flatMap((one) => one ?? []))];
}

function isClaim({ claim }: Standing): boolean {
  return claim !== null && claimOf(claim.text) !== null;
}
