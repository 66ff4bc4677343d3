import { attempt, mapBounded } from "../bounded.ts";
import { hasCode } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";

/** What a value of a column is, here and in SQL: times are milliseconds since the epoch, and whole numbers 64 bits wide. */
export const COLUMN_TYPES = {
  text: "VARCHAR",
  whole: "BIGINT",
  number: "DOUBLE",
  truth: "BOOLEAN",
  time: "TIMESTAMP WITH TIME ZONE",
} as const;

export interface ViewColumn {
  readonly name: string;
  readonly type: keyof typeof COLUMN_TYPES;
}

export type Cell = string | number | boolean | null;

/** Which version of the table of readings is asked of, or what was there at a time, in milliseconds since the epoch. */
export type TableMoment = { readonly version: number } | { readonly time: number };

/** Where views find what they show. */
export interface ViewSource {
  readonly storage: LakeStorage;
  /** Where Lambda puts its own records of failures; null where there is no such place. */
  readonly failures: LakeStorage | null;
  /** What cannot be read is left out, and told. */
  readonly onOdd: (key: string, why: string) => void;
  /** Asked between objects; true ends a view early. */
  readonly stopped: () => boolean;
}

/** A view over objects that are small beside the table: they are read when a query names it, by our own readers. */
export interface LakeView {
  readonly name: string;
  readonly columns: readonly ViewColumn[];
  /** Its rows, some at a time: values in the order of the columns. `at` is for those that keep what they were. */
  rows(source: ViewSource, at: TableMoment | undefined): AsyncIterable<readonly (readonly Cell[])[]>;
}

/** Objects read at once. */
const READS = 16;
/** Objects listed ahead of the reading. */
const AHEAD = 512;

/**
 * The rows that `read` makes of each object, in the order of the objects, several read at once. One that is gone meanwhile has none;
 * one that cannot be read is told to `onOdd`.
 */
export async function* rowsOfEach<T>(
  { onOdd, stopped }: ViewSource,
  objects: AsyncIterable<T>,
  keyOf: (object: T) => string,
  read: (object: T) => Promise<readonly (readonly Cell[])[]>,
): AsyncGenerator<readonly (readonly Cell[])[]> {
  let some: T[] = [];
  const readSome = async () => {
    const found = await mapBounded(some, READS, (one) => attempt(keyOf(one), () => read(one).catch(noneIfGone)));
    for (const one of found) if ("failed" in one) onOdd(one.failed.key, one.failed.message);
    return found.flatMap((one) => ("value" in one ? one.value : []));
  };
  for await (const object of objects) {
    if (stopped()) return;
    some.push(object);
    if (some.length < AHEAD) continue;
    yield await readSome();
    some = [];
  }
  yield await readSome();
}

function noneIfGone(error: unknown): [] {
  if (hasCode(error, "not_found")) return [];
  throw error;
}
