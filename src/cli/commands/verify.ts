import { createRunLog } from "../../engine/run-log.ts";
import { messageOf, VantageflowError } from "../../errors.ts";
import type { ProcessContext } from "../../functions/context.ts";
import { BRONZE } from "../../ledger/layers.ts";
import { isThere, openRemovals, openStorage } from "../../storage/open.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { VerifiedTable } from "../../tables/days/verify-files.ts";
import { hasReadings } from "../../tables/readings/expired-silver.ts";
import { wasPutBack } from "../../tables/readings/receipts.ts";
import { topology } from "../../topology.ts";
import { createCheckpoints } from "../../verify/checkpoint.ts";
import { withLedger } from "../../verify/ledger.ts";
import { type Mended, mend, planMending } from "../../verify/mend.ts";
import { keepVerification } from "../../verify/record.ts";
import { type Verified, type VerifyOptions, verify } from "../../verify/verify.ts";
import { flushLog } from "../batches.ts";
import type { FlagsOf } from "../command.ts";
import { checkCanAsk, confirm } from "../confirm.ts";
import { complain, type Io, notice, printJson, untilEnd } from "../io.ts";
import { createProgress } from "../progress.ts";
import { checkLake, concurrencyOf, loadSettings, openLake, withLake } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { printTable } from "../table.ts";
import {
  adviceOf,
  isIntact,
  rowsOf,
  tableAdvice,
  tableJson,
  tableVerdict,
  verifiedJson,
  verifiedText,
} from "../verified.ts";
import type { command } from "./verify.command.ts";

type VerifyFlags = FlagsOf<typeof command>;

/** Exits 1 when not all is intact; with `--fix`, when not all is intact afterwards. */
export async function action(io: Io, flags: VerifyFlags, given?: string): Promise<number> {
  checkFlags(io, flags);
  const settings = await loadSettings(io, withLake(io, flags, given));
  const { lake, pipeline } = settings.config;
  checkLake(lake, "verify");
  if (flags.ledger !== undefined) checkLake(flags.ledger, "read the receipts of");
  const context = openLake(io, settings);
  const { anomalyThreshold } = pipeline;
  const { code, storage } = context;
  const prefix = flags.prefix ?? "";
  const source = flags.ledger === undefined ? null : untilEnd(io, openStorage(flags.ledger));
  const question = { prefix, ledger: flags.ledger ?? null, code, anomaly_threshold: anomalyThreshold };
  const checkpoints = createCheckpoints(storage, question, (error) => {
    notice(io, flags, `${messageOf(error)} A verify that is stopped will begin anew.`);
  });
  if (flags.restart) await checkpoints.clear();
  const options = {
    ...{ storage: source === null ? storage : withLedger(storage, source), source },
    ...{ versions: openRemovals(lake), now: io.now(), code, anomalyThreshold, prefix, checkpoints },
    concurrency: concurrencyOf(settings, lake, flags.ledger ?? lake),
  };
  const { results, interrupted } = await look(io, flags, options);
  if (!flags.fix || interrupted !== null || results.error !== null) {
    const tables = interrupted === null ? await lookAtTables(flags, storage) : NO_TABLES;
    await keepRecord(io, flags, context, results, tables);
    return report(io, flags, lake, results, tables, interrupted);
  }
  const { mended, interrupted: stopped } = await fix(io, flags, lake, context, options, results);
  const tables = await lookAtTables(flags, storage);
  await keepRecord(io, flags, context, mended.verified, tables);
  return report(io, flags, lake, mended.verified, tables, stopped, mended);
}

/** What there is of the tables; null of one that is not there, or that nobody has asked for. */
interface Tables {
  readonly readings: VerifiedTable | null;
  readonly detections: VerifiedTable | null;
}

const NO_TABLES: Tables = { readings: null, detections: null };

function findingsIn({ readings, detections }: Tables) {
  return [readings, detections].flatMap((table) => table?.findings ?? []);
}

/** Tables are of no batch: they are looked at where all is, or where they are asked for. Receipts of another lake say nothing of them. */
async function lookAtTables({ prefix = "", ledger }: VerifyFlags, storage: LakeStorage): Promise<Tables> {
  const { tables } = topology.layers;
  const isAsked = prefix === "" || prefix.startsWith(tables.prefix) || `${prefix}/` === tables.prefix;
  if (!isAsked || ledger !== undefined) return NO_TABLES;
  // Parquet takes much code.
  if (!(await hasReadings(storage)) && !(await wasPutBack(storage, null))) return NO_TABLES;
  const { verifyReadings } = await import("../../tables/readings/verify.ts");
  const { verifyDetections } = await import("../../tables/detections/keep.ts");
  return { readings: await verifyReadings(storage), detections: await verifyDetections({ storage }) };
}

/** Keeps what came of it for `status`. A lake that cannot be written to was verified all the same. */
async function keepRecord(
  io: Io,
  { prefix }: VerifyFlags,
  { storage, code }: ProcessContext,
  { complete, started, counts, suspects, more }: Verified,
  tables: Tables,
): Promise<void> {
  if (!complete) return;
  const failed = suspects.filter(({ failure }) => failure !== null).length + more;
  const time = new Date(started).toISOString();
  try {
    const table = findingsIn(tables).length;
    await keepVerification(storage, { time, code, prefix: prefix ?? null, counts, failed, table });
  } catch (error) {
    complain(io, `${messageOf(error)} What came of this verify was not kept for status.`);
  }
}

/** Throws `usage`. */
function checkFlags(io: Io, flags: VerifyFlags): void {
  if (!flags.fix) return;
  if (flags.ledger !== undefined) {
    const why = "a mirror is mended by its source. Leave out --fix, then: vantageflow backup, or restore-from";
    throw new VantageflowError("usage", `Cannot use --fix with --ledger: ${why}.`);
  }
  if (!flags.yes && !flags.keepOrphans) checkCanAsk(io, "mend what is found, which removes orphans");
}

async function look(io: Io, flags: VerifyFlags, options: VerifyOptions) {
  const progress = createProgress(io, flags);
  const looked = await interruptible(io, flags, (stopped) =>
    verify({
      ...options,
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
  return looked;
}

/** Mends what was found, after asking where something is to be removed. */
async function fix(
  io: Io,
  flags: VerifyFlags,
  lake: string,
  context: ProcessContext,
  options: VerifyOptions,
  verified: Verified,
): Promise<{ mended: Mended; interrupted: number | null }> {
  const plan = planMending(verified);
  const { orphans } = plan;
  const removes = orphans.length > 0 && !flags.keepOrphans && (await isToRemove(io, flags, lake, orphans));
  const remove = removes ? plan.remove : [];
  const log = createRunLog(context.storage, "verify", io.now);
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    mend(context, { ...options, stopped }, verified, { ...plan, remove }, log.addResult),
  );
  await flushLog(io, log);
  return { mended: results, interrupted };
}

/** Where bronze is missing as a whole, all of the lake looks orphaned: its disk may well come back. */
async function isToRemove(io: Io, flags: VerifyFlags, lake: string, orphans: readonly string[]): Promise<boolean> {
  const what = `${orphans.length} orphaned output${orphans.length === 1 ? "" : "s"}`;
  if (!isThere(lake, BRONZE)) {
    const advice = `Put it back (is its disk mounted?), or make an empty one if nothing of it is to come back`;
    complain(io, `Cannot remove ${what}: there is no ${BRONZE} in ${lake} at all. ${advice}.`);
    return false;
  }
  return flags.yes === true || confirm(io, `Remove ${what}, such as ${orphans[0]}?`);
}

async function report(
  io: Io,
  flags: VerifyFlags,
  lake: string,
  verified: Verified,
  tables: Tables,
  interrupted: number | null,
  mended?: Mended,
): Promise<number> {
  const failures = verified.suspects.flatMap(({ failure }) => failure?.message ?? []);
  for (const message of [...failures, ...(mended?.failed ?? []).map((one) => one.message)]) complain(io, message);
  const found = findingsIn(tables);
  const { readings, detections } = tables;
  if (flags.json) {
    const both = { table: tableJson(readings), detections: tableJson(detections) };
    await printJson(io, { ...verifiedJson(lake, flags, verified, mended), ...both });
  } else {
    const heads = ["key", "state", "why"].map((head) => ({ head }));
    const rows = [...rowsOf(verified, mended), ...found.map(({ key, state, why }) => [key, state, why])];
    await printTable(io, flags, heads, rows, (cell, head, colors) => {
      if (head !== "state") return cell;
      if (cell === "remade" || cell === "removed") return colors.green(cell);
      return cell === "stale" || cell === "unknown" ? colors.yellow(cell) : colors.red(cell);
    });
  }
  if (verified.error !== null) complain(io, messageOf(verified.error));
  notice(io, flags, verifiedText(verified, mended));
  if (readings !== null) notice(io, flags, tableVerdict("Table", readings));
  if (detections !== null) notice(io, flags, tableVerdict("Detections", detections));
  for (const line of adviceOf(verified, lake, mended)) notice(io, flags, line);
  if (found.length > 0) notice(io, flags, tableAdvice(lake));
  return interrupted ?? (isIntact(verified) && found.length === 0 ? 0 : 1);
}
