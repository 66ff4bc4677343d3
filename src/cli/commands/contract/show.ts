import { problemText } from "../../../contracts/problem.ts";
import { parseKnown } from "../../../contracts/readable.ts";
import { escapeTerminal } from "../../../escape.ts";
import { placesOf } from "../../contract-files.ts";
import { namedStanding, openContracts } from "../../contracts.ts";
import { complain, type GlobalFlags, type Io, lakeOption, notice, print, printJson } from "../../io.ts";

export async function action(io: Io, flags: GlobalFlags, name: string): Promise<number> {
  const { lake, storage } = await openContracts(io, flags, "show a contract of");
  const { inForce, claim } = await namedStanding(storage, name, "show");
  const found = inForce ?? claim;
  if (found === null) return 1;
  const { object, text, digest } = found;
  const { contract, problems } = await parseKnown(text);
  if (flags.json) {
    const claims = contract === null ? null : placesOf(contract);
    const said = { digest, claims, problems, contract: parsed(text) };
    await printJson(io, { version: 1, lake, name, key: object.key, in_force: inForce !== null, ...said });
  } else await print(io, io.stdout.isTTY ? escapeTerminal(text, { keepLines: true }) : text);
  for (const one of problems) complain(io, problemText(one));
  if (problems.length > 0) {
    const mend = `vantageflow contract apply FILE${lakeOption(lake)}`;
    complain(io, `It is not in order, and its batches wait. Mend it: ${mend}`);
  }
  const apply = `vantageflow contract apply FILE${lakeOption(lake)}`;
  if (inForce === null) notice(io, flags, `It was removed, and its batches wait. Apply it again: ${apply}`);
  return 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return null;
  }
}
