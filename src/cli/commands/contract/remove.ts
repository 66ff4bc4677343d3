import { handoversOf, withRemoved } from "../../../contracts/holdings.ts";
import { removeContract } from "../../../contracts/store.ts";
import { VantageflowError } from "../../../errors.ts";
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
  if (!isNothing) {
    await sayHandovers(io, flags, storage, name, release);
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
  else {
    const back = `vantageflow contract apply FILE${option}`;
    const go = `vantageflow contract remove ${name} --release${option}`;
    notice(io, flags, `What it claims waits. Apply it again: ${back}, or let it go: ${go}`);
  }
  return 0;
}

/** Says whose batches would be others'. Throws `contract_invalid` for what is no contract, and would keep all batches waiting. */
async function sayHandovers(io: Io, flags: GlobalFlags, storage: LakeStorage, name: string, release: boolean) {
  const sources = await sourcesBut(storage, [name]);
  if (sources === null) {
    if (release) return;
    const why = "it is no contract, so it cannot be told which batches would wait";
    const way = `Apply one in its place: vantageflow contract apply FILE, or let it go: vantageflow contract remove ${name} --release`;
    throw new VantageflowError("contract_invalid", `Cannot remove "${name}": ${why}. ${way}`);
  }
  const found = sources.contracts.find((one) => one.name === name);
  if (found === undefined) return;
  const handovers = await handoversOf(storage, sources, withRemoved(sources, found, release), []);
  for (const one of handovers) notice(io, flags, handoverText(one));
}
