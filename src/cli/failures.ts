import type { Resolved } from "../config.ts";
import { VantageflowError } from "../errors.ts";
import type { ProcessContext } from "../functions/context.ts";
import { type Failure, readFailures } from "../ledger/failures.ts";
import { batchPathOf, isOfBatch, pathOf } from "../ledger/layers.ts";
import { DEAD_LETTERS } from "../ledger/names.ts";
import { isThere, openStorage } from "../storage/open.ts";
import type { LakeStorage } from "../storage/port.ts";
import { type GlobalFlags, type Io, lakeOption, notice, untilEnd } from "./io.ts";
import { keyOf } from "./key.ts";
import { checkLake, loadSettings, openLake } from "./settings.ts";

/** Where Lambda's own records are; null where the setting `failures` names no place. Throws `not_found`. */
export function openFailures(io: Io, { config: { failures } }: Resolved): LakeStorage | null {
  if (failures === null) return null;
  if (isThere(failures)) return untilEnd(io, openStorage(failures));
  const why = "there is no such directory. Check the setting failures: vantageflow doctor";
  throw new VantageflowError("not_found", `Cannot read the failures in "${failures}": ${why}`);
}

/** The lake's failures, and those of Lambda's own records. Oddities are named and hide none. */
export async function loadFailures(
  io: Io,
  flags: GlobalFlags,
  storage: LakeStorage,
  bucket: LakeStorage | null,
  about?: (key: string | null) => boolean,
): Promise<Failure[]> {
  return readFailures(storage, {
    bucket,
    ...(about === undefined ? {} : { about }),
    onOdd: (key, why) => notice(io, flags, `Left out "${key}": ${why}. Remove it if it is not vantageflow's.`),
  });
}

/** The dead letters of a lake. */
export interface DeadLetters {
  readonly lake: string;
  readonly context: ProcessContext;
  readonly failures: readonly Failure[];
}

/** Opens the lake of these flags and reads them. Throws `not_found`. */
export async function openDeadLetters(io: Io, flags: GlobalFlags): Promise<DeadLetters> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(settings.config.lake, "read the dead letters of");
  const context = openLake(io, settings);
  const bucket = openFailures(io, settings);
  return { lake, context, failures: await loadFailures(io, flags, context.storage, bucket) };
}

/**
 * The failures that an id, its beginning, a key or the path of its file names: those of one dead letter, of a file the open
 * one before closed ones. Throws `not_found` for none, and `input_invalid` for several dead letters, but where the file
 * alone counts.
 */
export function namedFailures(
  io: Io,
  failures: readonly Failure[],
  given: string,
  lake: string,
  verb: string,
): Failure[] {
  const meant = keyOf(io, lake, given);
  const isOfFile = ({ key }: Failure) =>
    key !== null && (key === meant || (!isOfBatch(meant) && [batchPathOf(key), pathOf(key)].includes(meant)));
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

/** A failure as JSON shows it. */
export function failureJson({ id, time, function: fn, key, code, message, state, isWork }: Failure) {
  const isOpen = state === "open";
  return {
    id,
    time,
    function: fn,
    source: key,
    code,
    message,
    open: isOpen,
    closed: isOpen ? null : state,
    work: isWork,
  };
}

/** Names at most so many files in a line. */
const NAMED = 3;

/** Says which files were replaced since they failed and are work now; nothing where there are none. */
export function sayReplaced(io: Io, flags: GlobalFlags, lake: string, failures: readonly Failure[]): void {
  const keys = [...new Set(failures.flatMap(({ key, isWork }) => (isWork && key !== null ? [key] : [])))];
  if (keys.length === 0) return;
  const rest = keys.length - NAMED;
  const names = `${keys.slice(0, NAMED).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  const what = keys.length === 1 ? "was replaced since: it is work" : "were replaced since: they are work";
  notice(io, flags, `${names} ${what}, run: vantageflow run${lakeOption(lake)}`);
}

/** More letters than this are not read just to mention them. */
const FEW = 50;

/** Says that failures are open, where that is known by a listing and a few reads. */
export async function sayOpenFailures(
  io: Io,
  flags: GlobalFlags,
  storage: LakeStorage,
  { config }: Resolved,
): Promise<void> {
  if (flags.quiet === true) return;
  let letters = 0;
  for await (const _ of storage.list(DEAD_LETTERS)) if (++letters > FEW) break;
  if (letters === 0) return;
  const see = `see vantageflow dlq list${lakeOption(config.lake)}`;
  if (letters > FEW) return notice(io, flags, `There are many dead letters: ${see}`);
  const open = (await readFailures(storage)).filter(({ state }) => state === "open").length;
  if (open > 0) notice(io, flags, `${open} failure${open === 1 ? " is" : "s are"} open: ${see}`);
}
