import { type Failure, readFailures } from "../ledger/failures.ts";
import { LAMBDA_RECORDS } from "../ledger/names.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import type { Odd } from "./listing.ts";
import type { OpenLetter } from "./overview.ts";

/** Open dead letters, newest first, and what is none. */
interface Letters {
  readonly open: readonly OpenLetter[];
  readonly odd: readonly Odd[];
}

/** What has become of the object that a letter is about, as one text: the letter is judged anew when it changes. */
type StampOf = (keys: ReadonlySet<string>) => string;

interface LetterBox {
  /** `listed` is what there is under `dead-letter/`. */
  read(listed: readonly ObjectInfo[], stampOf: StampOf): Promise<Letters>;
}

/** Texts are cut off behind so many characters. What is open has a key that the store could hold. */
const MAX_CHARACTERS = 1000;
const NONE: Letters = { open: [], odd: [] };

/**
 * The dead letters of a lake, and of the bucket where Lambda puts its own. They are read again only when
 * one came or went, or when something has become of an object that one is about.
 */
export function createLetterBox(lake: LakeStorage, bucket: LakeStorage | null): LetterBox {
  let letters = NONE;
  let about: ReadonlySet<string> = new Set();
  let seen = "";

  return {
    async read(inLake, stampOf) {
      const listed = textOf([...inLake, ...(await listBucket(bucket))]);
      if (listed === "") {
        [letters, about, seen] = [NONE, new Set(), ""];
        return letters;
      }
      if (seen === listed + stampOf(about)) return letters;
      const odd: Odd[] = [];
      const failures = await readFailures(lake, {
        bucket,
        onOdd: (key, reason) => odd.push({ key, reason: `it is no dead letter: ${reason}` }),
      });
      const open = failures.filter(({ state }) => state === "open").toReversed();
      letters = { open: open.map(letterOf), odd };
      about = new Set(failures.flatMap(({ key }) => key ?? []));
      seen = listed + stampOf(about);
      return letters;
    },
  };
}

async function listBucket(bucket: LakeStorage | null): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  if (bucket !== null) for await (const object of bucket.list(LAMBDA_RECORDS)) objects.push(object);
  return objects;
}

function textOf(objects: readonly ObjectInfo[]): string {
  return objects.map(({ key, token }) => `${key} ${token}\n`).join("");
}

function letterOf({ id, time, function: fn, key, code, message }: Failure): OpenLetter {
  const cut = (text: string) => text.slice(0, MAX_CHARACTERS);
  return { id: cut(id), time: cut(time), function: cut(fn), key, code: cut(code), message: cut(message) };
}
