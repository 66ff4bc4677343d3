import { type Redrive, redrive as redriveOne, redrivesOf, rehearse } from "../../engine/redrive.ts";
import { createRunLog } from "../../engine/run-log.ts";
import { VantageflowError } from "../../errors.ts";
import type { ProcessContext } from "../../functions/context.ts";
import type { BatchResult } from "../../functions/result.ts";
import { dismiss as dismissFailure, type Failure } from "../../ledger/failures.ts";
import { ANOMALIES, isRejectsKey, pathOf } from "../../ledger/layers.ts";
import { topology } from "../../topology.ts";
import { exitCodeOf, flushLog, printBatches, summarize } from "../batches.ts";
import { failureJson, loadFailures, openFailures, sayReplaced } from "../failures.ts";
import { type GlobalFlags, type Io, lakeOption, notice, print, printJson } from "../io.ts";
import { isInLayer, keyOf } from "../key.ts";
import { createProgress } from "../progress.ts";
import { checkLake, loadSettings, openLake } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { printTable } from "../table.ts";

interface Opened {
  readonly lake: string;
  readonly context: ProcessContext;
  readonly failures: readonly Failure[];
}

async function open(io: Io, flags: GlobalFlags): Promise<Opened> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(settings.config.lake, "read the dead letters of");
  const context = openLake(io, settings);
  const bucket = openFailures(io, settings);
  return { lake, context, failures: await loadFailures(io, flags, context.storage, bucket) };
}

interface ListFlags extends GlobalFlags {
  readonly all?: boolean;
  readonly rejects?: boolean;
}

export async function list(io: Io, flags: ListFlags): Promise<number> {
  if (flags.rejects === true) return listRejects(io, flags);
  const { lake, failures } = await open(io, flags);
  const shown = failures.filter(({ state }) => flags.all === true || state === "open");
  if (flags.json) {
    await printJson(io, { version: 1, lake, dead_letters: shown.map(failureJson) });
    return 0;
  }
  const heads = ["id", "time", "state", "file", "code", "why"].map((head) => ({ head }));
  // A terminal has no room for whole ids, and their beginning is enough; a program gets them whole.
  const idOf = ({ id }: Failure) => (io.stdout.isTTY ? id.slice(0, 8) : id);
  const rows = shown.map((one) => [idOf(one), one.time, one.state, one.key ?? "", one.code, one.message]);
  await printTable(io, flags, heads, rows, (cell, head, colors) => {
    return head === "state" && cell === "open" ? colors.red(cell) : cell;
  });
  const closed = failures.length - shown.length;
  if (shown.length > 0) notice(io, flags, `Next: vantageflow dlq redrive --dry-run${lakeOption(lake)}`);
  else if (closed === 0) notice(io, flags, "No dead letters.");
  else notice(io, flags, `No open failures; ${closed} closed: vantageflow dlq list --all${lakeOption(lake)}`);
  sayReplaced(io, flags, lake, failures);
  return 0;
}

/** The files of rejected rows, of all batches. */
async function listRejects(io: Io, flags: GlobalFlags): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "list the rejected rows of");
  const { storage } = openLake(io, settings);
  const rejects: { file: string; bytes: number; time: string }[] = [];
  for await (const { key, size, modified } of storage.list(ANOMALIES)) {
    if (isRejectsKey(key)) rejects.push({ file: key, bytes: size, time: new Date(modified).toISOString() });
  }
  if (flags.json) {
    await printJson(io, { version: 1, lake, rejects });
    return 0;
  }
  const heads = [{ head: "file" }, { head: "bytes", align: "right" as const }, { head: "time" }];
  await printTable(
    io,
    flags,
    heads,
    rejects.map(({ file, bytes, time }) => [file, bytes, time]),
  );
  if (rejects.length === 0) notice(io, flags, "No rejected rows.");
  return 0;
}

export async function show(io: Io, flags: GlobalFlags, id: string): Promise<number> {
  const { lake, failures } = await open(io, flags);
  const [found] = named(io, failures, id, lake, "show");
  const { record } = found;
  if (flags.json) await printJson(io, { version: 1, lake, dead_letter: { ...failureJson(found), record } });
  else await print(io, `${JSON.stringify(record, null, 2)}\n`);
  notice(io, flags, found.state === "open" ? "It is open." : `It is closed: ${found.state}.`);
  sayReplaced(io, flags, lake, [found]);
  return 0;
}

export async function dismiss(io: Io, flags: GlobalFlags, ids: string[]): Promise<number> {
  const { lake, context, failures } = await open(io, flags);
  const chosen = ids.flatMap((id) => named(io, failures, id, lake, "dismiss"));
  for (const failure of chosen) await dismissFailure(context.storage, failure);
  const dismissed = chosen.map((one) => failureJson({ ...one, state: "dismissed" }));
  if (flags.json) await printJson(io, { version: 1, lake, dead_letters: dismissed });
  else {
    const heads = ["id", "file", "state"].map((head) => ({ head }));
    await printTable(
      io,
      flags,
      heads,
      chosen.map(({ id, key }) => [id, key ?? "", "dismissed"]),
    );
  }
  return 0;
}

interface RedriveFlags extends GlobalFlags {
  readonly dryRun?: boolean;
}

export async function redrive(io: Io, flags: RedriveFlags, ids: string[]): Promise<number> {
  const opened = await open(io, flags);
  const { lake, context } = opened;
  const redrives = redrivesOf(chosenOf(io, flags, opened, ids));
  // What was named and is left out has been told of already.
  const untold = ids.length === 0 ? opened.failures : [];
  if (flags.dryRun) {
    await dryRun(io, flags, opened, redrives);
    sayReplaced(io, flags, lake, untold);
    return 0;
  }

  const progress = createProgress(io, flags);
  progress.expect(redrives.length, 0);
  const log = createRunLog(context.storage, "redrive", io.now);
  const { results, interrupted } = await interruptible(io, flags, async (stopped) => {
    const done: BatchResult[] = [];
    for (const one of redrives) {
      if (stopped()) break;
      const result = await redriveOne({ ...context, onProgress: progress.read }, one);
      progress.finished();
      if (result === null) continue;
      log.addResult(result);
      done.push(result);
    }
    return done;
  });
  progress.end();
  await flushLog(io, log);
  await printBatches(io, flags, lake, results);
  if (redrives.length > 0) await summarize(io, flags, context.storage, results);
  else if (ids.length === 0) notice(io, flags, `Nothing to redrive in ${lake}: no failure is open.`);
  sayReplaced(io, flags, lake, untold);
  return interrupted ?? exitCodeOf(results, false);
}

/** What to run again: what is open, or what was named and has not been settled by the file itself. */
function chosenOf(io: Io, flags: GlobalFlags, { failures, lake }: Opened, ids: readonly string[]): Failure[] {
  if (ids.length === 0) return failures.filter(({ state }) => state === "open");
  const chosen = ids.flatMap((id) => named(io, failures, id, lake, "redrive"));
  const isSettled = ({ state }: Failure) => state !== "open" && state !== "dismissed";
  sayReplaced(io, flags, lake, chosen);
  const reasons = chosen.flatMap((one) => {
    const { id, key, functionId, state, isWork } = one;
    if (key === null || functionId === null) {
      return [`Left out ${id}: it names no file of a function that is known here. Dismiss it when it is settled.`];
    }
    return isSettled(one) && !isWork ? [`Left out ${id}: ${key} was ${state}.`] : [];
  });
  for (const reason of new Set(reasons)) notice(io, flags, reason);
  return chosen.filter((one) => !isSettled(one));
}

async function dryRun(io: Io, flags: GlobalFlags, opened: Opened, redrives: readonly Redrive[]): Promise<void> {
  const { lake, context } = opened;
  const rows = [];
  for (const one of redrives) {
    const { name } = topology.functions[one.function];
    rows.push({ key: one.key, function: name, ...(await rehearse(context, one)) });
  }
  if (flags.json) await printJson(io, { version: 1, lake, rehearsals: rows });
  else {
    const heads = ["file", "function", "outcome", "why"].map((head) => ({ head }));
    const cells = rows.map((row) => [row.key, row.function, row.outcome, row.error?.message ?? ""]);
    await printTable(io, flags, heads, cells, (cell, head, colors) => {
      if (head !== "outcome") return cell;
      return cell === "would_pass" ? colors.green(cell) : colors.red(cell);
    });
  }
  const passing = rows.filter(({ outcome }) => outcome === "would_pass").length;
  notice(io, flags, `${passing} of ${rows.length} would pass in ${lake}. Nothing was written.`);
}

/**
 * The failures that an id, its beginning, a key or the path of its file names: those of one dead letter, of a file the open
 * one before closed ones. Throws `not_found` for none, and `input_invalid` for several dead letters, but where the file
 * alone counts.
 */
function named(io: Io, failures: readonly Failure[], given: string, lake: string, verb: string): Failure[] {
  const meant = keyOf(io, lake, given);
  const isOfFile = ({ key }: Failure) =>
    key !== null && (key === meant || (!isInLayer(meant) && pathOf(key) === meant));
  const ofFile = failures.filter(isOfFile);
  const open = ofFile.filter(({ state }) => state === "open");
  const id = given.toLowerCase();
  const ofLetter = failures.filter((one) => id !== "" && one.id.startsWith(id));
  const found = [open, ofFile, ofLetter].find(({ length }) => length > 0) ?? [];
  const letters = [...new Set(found.map((one) => one.id))];
  const files = new Set(found.map(({ functionId, key }) => `${functionId} ${key}`));
  if (letters.length === 1 || (verb === "redrive" && found === ofFile && files.size === 1)) return found;
  const list = `vantageflow dlq list --all${lakeOption(lake)}`;
  if (letters.length === 0) {
    throw new VantageflowError("not_found", `Cannot ${verb} "${given}": there is no such dead letter. Run: ${list}`);
  }
  const some = letters.slice(0, 3).join(", ");
  const why = `${letters.length} dead letters are meant by it (${some}${letters.length > 3 ? ", ..." : ""})`;
  throw new VantageflowError(
    "input_invalid",
    `Cannot ${verb} "${given}": ${why}. Name one by more of its ID; run: ${list}`,
  );
}
