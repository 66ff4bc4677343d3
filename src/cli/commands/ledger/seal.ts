import { sealLedger } from "../../../seals/seal.ts";
import type { FlagsOf } from "../../command.ts";
import { complain, type Io, notice, printJson } from "../../io.ts";
import { changedText, findingJson, printFindings, readPrivateKey, sealJson } from "../../ledger.ts";
import { plural } from "../../plural.ts";
import { checkLake, concurrencyOf, loadSettings, openLake } from "../../settings.ts";
import { interruptible } from "../../signals.ts";
import type { command } from "./seal.command.ts";

/** Exits 1 when nothing was sealed. */
export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  const privateKey = flags.key === undefined ? null : readPrivateKey(io, flags.key);
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "seal the ledger of");
  const { storage, code } = openLake(io, settings);
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    sealLedger({
      ...{ storage, code, privateKey, now: io.now(), stopped },
      ...{ accept: flags.accept === true, concurrency: concurrencyOf(settings, lake) },
    }),
  );
  const { link, problems, counts, wrong } = results;
  if (flags.json) {
    const seal = link === null ? null : sealJson(link);
    await printJson(io, { version: 1, lake, seal, counts, problems, wrong: wrong.map(findingJson) });
  } else await printFindings(io, flags, wrong);
  for (const problem of problems) complain(io, problem.endsWith(".") ? problem : `${problem}.`);
  if (link === null) {
    if (interrupted !== null) return interrupted;
    const why = problems.length > 0 ? "its chain of seals is broken" : changedText(counts);
    const advice =
      problems.length > 0
        ? "Put back what is gone or changed from a backup; or, to begin a new chain, move seals/ away and keep it"
        : "Look into it; a run in the middle of its work looks like this, too. To seal all the same: vantageflow ledger seal --accept";
    complain(io, `Cannot seal the ledger of ${lake}: ${why}. ${advice}`);
    return 1;
  }
  const { seal, digest, isSigned } = link;
  const what = plural(seal.entries, "receipt or dead letter", "receipts and dead letters");
  const how = `${isSigned ? ", signed" : ""}${seal.accepted === null ? "" : `, over what is wrong: ${changedText(counts)}`}`;
  notice(
    io,
    flags,
    `Sealed ${what} as number ${seal.number}${how}. Keep this digest where nobody who can write to the lake can: ${digest}`,
  );
  return 0;
}
