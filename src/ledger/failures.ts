import { mapBounded } from "../bounded.ts";
import { hasCode, messageOf } from "../errors.ts";
import { findObject } from "../storage/find.ts";
import { keyProblem } from "../storage/keys.ts";
import { readText, writeJson } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, functionNamed, topology, triggeredBy } from "../topology.ts";
import { isLetterOnly, type ParsedLetter, parseDeadLetter } from "./letters.ts";
import { litterOf } from "./litter.ts";
import { ALL_LAMBDA_RECORDS, DEAD_LETTERS, dismissedKey, isDismissedKey, letterIdentity, receiptKey } from "./names.ts";
import { type Receipt, readReceipts } from "./receipts.ts";
import { recordsOf } from "./s3-event.ts";

/** Open until its key is processed or replaced, or somebody has dismissed it. */
type FailureState = "open" | "redriven" | "replaced" | "removed" | "dismissed";

/** What a dead letter says of one object, and what has become of that since. */
export interface Failure extends Omit<ParsedLetter, "event"> {
  readonly functionId: FunctionId | null;
  /** Null where the event named no object, as that of a crashed sweep. */
  readonly key: string | null;
  readonly token: string;
  readonly state: FailureState;
  /** It was replaced, and its function has yet to process what is there now. */
  readonly isWork: boolean;
  readonly letter: Place;
}

interface Place {
  readonly storage: LakeStorage;
  readonly key: string;
}

export interface FailuresOptions {
  /** Where Lambda itself puts the records of crashes and time-outs; null where there is no such bucket. */
  readonly bucket?: LakeStorage | null;
  /** Only what is about these keys. */
  readonly about?: (key: string | null) => boolean;
  /** Something under `dead-letter/` is no dead letter; it hides no other. */
  readonly onOdd?: (key: string, why: string) => void;
}

/** Objects looked at at once. */
const LOOKS = 8;
/** That of a stream has the records, up to 6 MB of them, as a text in it. */
const MAX_LETTER_BYTES = 16 * 1024 * 1024;

/** All failures of a lake, open and closed, oldest first. What is open is derived from the lake as it is now. */
export async function readFailures(lake: LakeStorage, options: FailuresOptions = {}): Promise<Failure[]> {
  const places = await lettersOf(lake, options.bucket ?? null);
  const letters = await mapBounded(places, LOOKS, async (place) => {
    const letter = await readLetter(place, options.onOdd ?? (() => {}));
    return letter === null ? [] : objectsOf(letter, place);
  });
  const about = options.about ?? (() => true);
  const said = letters.flat().filter(({ key }) => about(key));
  const judged = await mapBounded(grouped(said), LOOKS, (group) => judge(lake, group));
  return judged.flat().toSorted((a, b) => compare(a.time, b.time) || compare(a.id, b.id));
}

/** Settles a failure for good: its dead letter is kept apart, and counts as open no more. Harmless when repeated. */
export async function dismiss(lake: LakeStorage, { letter, record }: Failure): Promise<void> {
  if (isDismissedKey(letter.key)) return;
  await writeJson(lake, dismissedKey(letter.key), record);
  await letter.storage.remove(letter.key);
}

type Said = Omit<Failure, "state" | "isWork">;

/** Where the letters are, each once. One that was dismissed stays so, also when the same version failed once more. */
async function lettersOf(lake: LakeStorage, bucket: LakeStorage | null): Promise<Place[]> {
  const places = new Map<string, Place>();
  const add = (storage: LakeStorage, key: string) => {
    if (litterOf(key) !== null) return;
    const name = letterIdentity(key);
    const known = places.get(name);
    if (known === undefined || !isDismissedKey(known.key)) places.set(name, { storage, key });
  };
  for await (const { key } of lake.list(DEAD_LETTERS)) add(lake, key);
  if (bucket !== null) for await (const { key } of bucket.list(ALL_LAMBDA_RECORDS)) add(bucket, key);
  return [...places.values()];
}

async function readLetter(
  { storage, key }: Place,
  onOdd: (key: string, why: string) => void,
): Promise<ParsedLetter | null> {
  try {
    return parseDeadLetter(await readText(storage, key, MAX_LETTER_BYTES));
  } catch (error) {
    if (hasCode(error, "storage_failed")) throw error;
    if (!hasCode(error, "not_found")) onOdd(key, messageOf(error));
    return null;
  }
}

function objectsOf(parsed: ParsedLetter, letter: Place): Said[] {
  const { event, ...rest } = parsed;
  const said = { ...rest, functionId: functionNamed(rest.function), letter };
  const named = recordsOf(event).flatMap((record) => ("key" in record ? [record] : []));
  if (named.length === 0) return [{ ...said, key: null, token: "" }];
  return named.map(({ key, eTag }) => ({ ...said, key, token: eTag ?? "" }));
}

/** By function and key. */
function grouped(said: readonly Said[]): Said[][] {
  const groups = new Map<string, Said[]>();
  for (const one of said) {
    const name = JSON.stringify([one.function, one.key]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** What has become of everything that was said of one function and key. */
async function judge(lake: LakeStorage, group: readonly Said[]): Promise<Failure[]> {
  const [{ function: fn, key }] = group;
  const object = key === null ? null : await findObject(lake, key);
  const outcome = object === null ? null : await outcomeOf(lake, fn, object);
  const newest = group.reduce((a, b) => (compare(a.time, b.time) > 0 ? a : b));
  // A copied or touched file has another token and the same fault: then the newest letter is about it.
  const current = object === null ? null : (group.find(({ token }) => token === object.token) ?? newest);
  const isRenewed = outcome === "refused" || outcome === "failed";
  const failureState = (one: Said): FailureState => {
    if (isDismissedKey(one.letter.key)) return "dismissed";
    if (key === null) return "open";
    if (object === null) return "removed";
    const isSame = one.token === object.token;
    if (outcome === "done") return isSame ? "redriven" : "replaced";
    return isSame || (isRenewed && one === current) ? "open" : "replaced";
  };
  const isWaiting = object !== null && outcome === null && (await isWork(lake, group[0].functionId, object));
  return group.map((one) => {
    const state = failureState(one);
    return { ...one, state, isWork: isWaiting && state === "replaced" };
  });
}

/** Whether an object without a receipt is work for a function. */
async function isWork(lake: LakeStorage, id: FunctionId | null, object: ObjectInfo): Promise<boolean> {
  if (id === null || triggeredBy(object.key) !== id) return false;
  return !(await isLetterOnly(lake, topology.functions[id], object));
}

async function outcomeOf(
  lake: LakeStorage,
  fn: string,
  { key, token }: { key: string; token: string },
): Promise<Receipt["outcome"] | null> {
  if (keyProblem(receiptKey(fn, key, token)) !== null) return null;
  const receipts = await readReceipts(lake, fn, key);
  return receipts.find(({ source }) => source.token === token)?.outcome ?? null;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
