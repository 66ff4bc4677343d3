import { handoversOf, withRemoved } from "../../../contracts/holdings.ts";
import { removeContract } from "../../../contracts/store.ts";
import { readSources, type StoredContract } from "../../../ledger/sources.ts";
import type { FlagsOf } from "../../command.ts";
import { checkCanAsk, confirm } from "../../confirm.ts";
import { handoverText } from "../../contract-plan.ts";
import { namedStanding, openContracts } from "../../contracts.ts";
import { type Io, lakeOption, notice, printJson } from "../../io.ts";
import { printTable } from "../../table.ts";
import type { command } from "./remove.command.ts";

export async function action(io: Io, flags: FlagsOf<typeof command>, name: string): Promise<number> {
  const release = flags.release === true;
  const { lake, storage } = await openContracts(io, flags, "remove a contract of");
  const seen = await namedStanding(storage, name, "remove");
  const isNothing = seen.inForce === null && !release;
  if (!isNothing) {
    const sources = await readSources(storage);
    const found = sources.contracts.find(({ object }) => object.key === (seen.inForce ?? seen.removed)?.object.key);
    if (found !== undefined) await sayHandovers(found);
    if (!flags.yes) {
      checkCanAsk(io, `${release ? "release" : "remove"} ${name}`);
      if (!(await confirm(io, release ? `Let go of what ${name} claims?` : `Remove ${name}?`))) {
        notice(io, flags, "Nothing was removed.");
        return 1;
      }
    }
    async function sayHandovers(contract: StoredContract): Promise<void> {
      for (const one of await handoversOf(storage, sources, withRemoved(sources, contract, release), []))
        notice(io, flags, handoverText(one));
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
