import { messageOf } from "../../errors.ts";
import { openRemovals } from "../../storage/open.ts";
import { createCheckpoints } from "../../verify/checkpoint.ts";
import { type Verified, verify as verifyLake } from "../../verify/verify.ts";
import { complain, type GlobalFlags, type Io, notice, printJson } from "../io.ts";
import { createProgress } from "../progress.ts";
import { checkLake, concurrencyOf, loadSettings, openLake, withLake } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { printTable } from "../table.ts";
import { adviceOf, findingsOf, summaryOf, verifiedJson } from "../verified.ts";

interface VerifyFlags extends GlobalFlags {
  readonly prefix?: string;
  readonly restart?: boolean;
  readonly concurrency?: string;
}

/** Exits 1 when not all is intact. */
export async function verify(io: Io, flags: VerifyFlags, given?: string): Promise<number> {
  const settings = await loadSettings(io, withLake(io, flags, given));
  const { lake, pipeline } = settings.config;
  checkLake(settings.config, "verify");
  const context = openLake(io, settings);
  const { storage } = context;
  const prefix = flags.prefix ?? "";
  const question = { prefix, code: context.code, anomaly_threshold: pipeline.anomalyThreshold };
  const checkpoints = createCheckpoints(storage, question, (error) => {
    notice(io, flags, `${messageOf(error)} A verify that is stopped will begin anew.`);
  });
  if (flags.restart) await checkpoints.clear();
  const progress = createProgress(io, flags);
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    verifyLake({
      storage,
      versions: openRemovals(lake),
      now: io.now(),
      code: context.code,
      anomalyThreshold: pipeline.anomalyThreshold,
      prefix,
      concurrency: concurrencyOf(settings, lake),
      checkpoints,
      stopped,
      onResume: (started) => {
        const then = new Date(started).toISOString();
        notice(io, flags, `Going on where the verify of ${then} was stopped; --restart begins anew.`);
      },
      onObject: ({ key, size }) => {
        progress.read(key, size, 0);
        progress.finished();
      },
    }),
  );
  progress.end();
  return report(io, flags, lake, results, interrupted);
}

async function report(
  io: Io,
  flags: VerifyFlags,
  lake: string,
  verified: Verified,
  interrupted: number | null,
): Promise<number> {
  for (const { failure } of verified.suspects) if (failure !== null) complain(io, failure.message);
  if (flags.json) await printJson(io, verifiedJson(lake, flags.prefix ?? null, verified));
  else await printFindings(io, flags, verified);
  if (verified.error !== null) complain(io, messageOf(verified.error));
  notice(io, flags, summaryOf(verified));
  for (const line of adviceOf(verified, lake)) notice(io, flags, line);
  return interrupted ?? (isIntact(verified) ? 0 : 1);
}

function printFindings(io: Io, flags: GlobalFlags, verified: Verified): Promise<void> {
  const rows = findingsOf(verified).map(({ key, state, why }) => [key, state, why]);
  return printTable(io, flags, [{ head: "key" }, { head: "state" }, { head: "why" }], rows, (cell, head, colors) => {
    if (head !== "state") return cell;
    return cell === "stale" || cell === "unknown" ? colors.yellow(cell) : colors.red(cell);
  });
}

function isIntact({ complete, suspects, more }: Verified): boolean {
  return complete && suspects.length === 0 && more === 0;
}
