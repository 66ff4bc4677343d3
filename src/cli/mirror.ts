import { checkApart } from "../backup/apart.ts";
import { planArrivals } from "../backup/arrivals.ts";
import { type Mirrored, mirror, planLakes } from "../backup/mirror.ts";
import type { LakesPlan } from "../backup/plan.ts";
import { VantageflowError } from "../errors.ts";
import { openStorage } from "../storage/open.ts";
import type { FlagsOf } from "./command.ts";
import type { command } from "./commands/backup.command.ts";
import { checkCanAsk, confirm } from "./confirm.ts";
import { complain, type GlobalFlags, type Io, notice, printJson, shellWord, untilEnd } from "./io.ts";
import { createProgress } from "./progress.ts";
import { checkFolders, checkLake, concurrencyOf, loadSettings } from "./settings.ts";
import { interruptible } from "./signals.ts";
import { printTable } from "./table.ts";
import { windowsNotice } from "./windows.ts";

/** Those of `restore-from` are the same, and one more. */
type MirrorFlags = FlagsOf<typeof command> & { readonly arrivals?: boolean | undefined };

/** What `backup` and `restore-from` differ in. */
interface Direction {
  readonly verb: "back up to" | "restore from";
  readonly from: string;
  readonly to: string;
  /** Goes into the JSON document first. */
  readonly document: Readonly<Record<string, string>>;
  /** What to type next. */
  readonly next: string;
}

/** Makes one of the lake and `other` hold what the other one holds, and says what was done. Returns the exit code. */
export async function mirrorLakes(
  io: Io,
  flags: MirrorFlags,
  other: string,
  directionOf: (lake: string) => Direction,
): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  const direction = directionOf(lake);
  checkFlags(flags);
  const { from, to, verb, document } = direction;
  checkApart(lake, other, verb);
  checkLake(from, verb === "back up to" ? "back up" : verb);
  checkFolders(to);
  const removeEmptied = flags.deleteEmptied === true;
  const removeExtra = flags.delete === true || removeEmptied;
  if (removeExtra && !flags.yes) checkCanAsk(io, `remove what is only in ${to}`);
  const [source, target] = [untilEnd(io, openStorage(from)), untilEnd(io, openStorage(to))];
  const leftOut = (key: string, why: string) => notice(io, flags, `Left out ${key}: ${why}.`);
  const concurrency = concurrencyOf(settings, lake, other);
  const { plan, kept } = flags.arrivals
    ? await planArrivals(source, target, concurrency, leftOut)
    : { plan: await planLakes(source, target, leftOut), kept: [] };
  if (!flags.arrivals) checkSource(plan, direction, removeExtra);
  const emptied = removeEmptied ? plan.emptied.flatMap(({ objects }) => objects) : [];
  const unwanted = removeExtra ? [...plan.extra, ...emptied] : [];
  if (!flags.yes && unwanted.length > 0) {
    const question = `Remove ${objectsIn(unwanted.length)} only in ${to}, such as ${unwanted[0].key}?`;
    if (!(await confirm(io, question))) {
      notice(io, flags, "Nothing was copied and nothing removed.");
      return 1;
    }
  }
  const pairs = [...plan.compare, ...plan.copy];
  const windows = windowsNotice(pairs.map(({ from: { key } }) => key));
  if (windows !== null && verb === "back up to") notice(io, flags, `${windows}.`);
  const progress = createProgress(io, flags);
  progress.expect(
    pairs.length,
    pairs.reduce((sum, pair) => sum + pair.from.size, 0),
  );
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    mirror(source, target, plan, {
      concurrency,
      removeExtra,
      removeEmptied,
      // Whoever restores may have put one in force since.
      removeOutOfForce: verb === "back up to",
      stopped,
      onRead: (key, bytes) => progress.read(key, bytes, 0),
      onDone: ({ key, size }) => {
        progress.read(key, size, 0);
        progress.finished();
      },
    }),
  );
  progress.end();
  await show(io, flags, { ...document, ...(flags.arrivals ? { kept } : {}) }, results);
  summarize(io, flags, direction, results);
  for (const key of kept) {
    const look = `vantageflow diff ${shellWord(to)} ${shellWord(from)} --prefix ${shellWord(key)}`;
    complain(
      io,
      `Kept "${key}" of ${to}: it is as new as that of ${from}, or newer, and has other bytes. Look at both: ${look}`,
    );
  }
  const isUnlike = sayEmptied(io, flags, direction, results, removeExtra) || kept.length > 0;
  return interrupted ?? (results.failed.length > 0 || isUnlike ? 1 : 0);
}

/** Throws `usage`. */
function checkFlags(flags: MirrorFlags): void {
  if (!flags.arrivals || !(flags.delete || flags.deleteEmptied)) return;
  const why = "what arrives replaces and removes nothing. Leave one of them out";
  throw new VantageflowError("usage", `Cannot use --delete with --arrivals: ${why}.`);
}

/** Says which layers were kept because the source has nothing of them. Returns whether they were to be removed. */
function sayEmptied(
  io: Io,
  flags: GlobalFlags,
  { from, to }: Direction,
  { emptied }: Mirrored,
  wasAsked: boolean,
): boolean {
  for (const { prefix, objects } of emptied) {
    const what = `${objectsIn(objects.length)} of ${prefix} in ${to}`;
    const advice = "Look there first; --delete-emptied removes them";
    if (wasAsked) complain(io, `Cannot remove ${what}: ${from} has none of it. ${advice}.`);
    else notice(io, flags, `Kept ${what}: ${from} has none of it. ${advice}.`);
  }
  return wasAsked && emptied.length > 0;
}

function objectsIn(count: number): string {
  return `${count} ${count === 1 ? "object" : "objects"}`;
}

/** An empty source is most likely a mistyped one, and would empty the other. Throws `input_invalid`. */
function checkSource(plan: LakesPlan, { verb, from, to }: Direction, removes: boolean): void {
  const isEmpty = plan.copy.length + plan.compare.length === 0;
  if (!isEmpty || (verb === "back up to" && !(removes && plan.extra.length + plan.emptied.length > 0))) return;
  const [what, advice] =
    verb === "back up to"
      ? [`back up to "${to}"`, "Check --lake; nothing was removed from the backup"]
      : [`restore from "${from}"`, "Check the name of the backup"];
  throw new VantageflowError("input_invalid", `Cannot ${what}: there is no object in ${from}. ${advice}.`);
}

async function show(
  io: Io,
  flags: GlobalFlags,
  document: Readonly<Record<string, string | readonly string[]>>,
  results: Mirrored,
): Promise<void> {
  const { copied, same, removed, extra, emptied, failed } = results;
  for (const { message } of failed) complain(io, message);
  if (flags.json) {
    const keys = copied.map(({ key, size }) => ({ key, size }));
    const layers = emptied.map(({ prefix, objects }) => ({ prefix, objects: objects.length }));
    await printJson(io, { version: 1, ...document, copied: keys, same, removed, extra, emptied: layers, failed });
    return;
  }
  const heads = [{ head: "key" }, { head: "what" }, { head: "bytes", align: "right" as const }];
  await printTable(io, flags, heads, [
    ...copied.map(({ key, size }) => [key, "copied", size]),
    ...removed.map((key) => [key, "removed", ""]),
    ...failed.map(({ key }) => [key, "failed", ""]),
  ]);
}

function summarize(io: Io, flags: GlobalFlags, { to, next }: Direction, results: Mirrored): void {
  const { copied, same, removed, extra, failed } = results;
  const counts = [
    `${copied.length} copied to ${to}`,
    `${same} there already`,
    ...(removed.length > 0 ? [`${removed.length} removed`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
  ];
  notice(io, flags, `${counts.join(", ")}.`);
  if (extra.length > 0) notice(io, flags, `${extra.length} only in ${to}, kept; --delete removes them.`);
  if (failed.length === 0) notice(io, flags, next);
}
