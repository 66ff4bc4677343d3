import { VantageflowError } from "../../../errors.ts";
import { verifyLedger } from "../../../seals/verify.ts";
import type { FlagsOf } from "../../command.ts";
import { complain, type Io, notice, printJson } from "../../io.ts";
import { countsText, findingJson, keptDigests, printFindings, readPublicKey, sealJson } from "../../ledger.ts";
import { plural } from "../../plural.ts";
import { checkLake, concurrencyOf, loadSettings, openLake } from "../../settings.ts";
import { interruptible } from "../../signals.ts";
import type { command } from "./verify.command.ts";

/** Exits 1 when the chain is broken, or what it has sealed was removed or rewritten. */
export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  const publicKey = flags.publicKey === undefined ? null : readPublicKey(io, flags.publicKey);
  const kept = keptDigests(flags.digest ?? []);
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "verify the ledger of");
  const { storage } = openLake(io, settings);
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    verifyLedger({ storage, publicKey, kept, now: io.now(), concurrency: concurrencyOf(settings, lake), stopped }),
  );
  const { chain, problems, counts, findings, complete } = results;
  const { newest, accepted } = chain;
  if (newest === null && problems.length === 0) {
    const why = "it was never sealed, or all of its seals were removed";
    throw new VantageflowError(
      "not_found",
      `Cannot verify the ledger of ${lake}: ${why}. Seal it: vantageflow ledger seal`,
    );
  }
  if (flags.json) {
    await printJson(io, {
      ...{ version: 1, lake, complete, seal: newest === null ? null : sealJson(newest), seals: chain.length },
      signature: newest?.isSigned !== true ? "none" : publicKey === null ? "not_checked" : "checked",
      ...{ problems, counts, findings: findings.map(findingJson) },
      accepted: accepted.map((seal) => ({ number: seal.number, time: seal.time, ...seal.accepted })),
    });
  } else await printFindings(io, flags, findings);
  for (const problem of problems) complain(io, problem.endsWith(".") ? problem : `${problem}.`);
  for (const { number, time, accepted: over } of accepted) {
    const what = `${over?.removed ?? 0} removed, ${over?.rewritten ?? 0} rewritten`;
    notice(io, flags, `Seal ${number} of ${time} was made over what was wrong: ${what}.`);
  }
  if (newest !== null) {
    const seals = plural(chain.length, "seal");
    const signed = !newest.isSigned
      ? "not signed"
      : publicKey === null
        ? "signed, and not checked without --public-key"
        : "signed";
    notice(io, flags, `${seals}, the newest of ${newest.seal.time}, ${signed}: ${newest.digest}`);
    notice(io, flags, `${countsText(counts)}.${complete ? "" : " Not all was looked at."}`);
  }
  return interrupted ?? (problems.length + counts.removed + counts.rewritten === 0 ? 0 : 1);
}
