import { pathOf } from "../ledger/layers.ts";
import { receiptName } from "../ledger/names.ts";
import type { Work } from "../ledger/pending.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { FUNCTION_IDS, type FunctionId, topology } from "../topology.ts";
import type { Ended } from "./ended.ts";
import type { Listing } from "./listing.ts";
import { type Known, readNew } from "./read-new.ts";

/** Work of which a receipt tells with another version and the same size, apart from the rest; both in the order they came. */
interface Sorted {
  readonly work: readonly Work[];
  readonly outdated: readonly Work[];
}

export interface OutdatedFinder {
  /** `now` in milliseconds. Throws `storage_failed`. */
  sort(works: readonly Work[], receipts: Listing, now: number): Promise<Sorted>;
}

/**
 * Tells what `chmod`, `cp` or a restored backup did to a lake from work that nobody does: the times of an object are
 * another's, so that its receipt does not count, but it has the size that was processed. Only a run reads whether the bytes
 * are the same. Looks at work that is overdue alone, and reads the receipts of its paths, each version once.
 */
export function createOutdatedFinder(read: (receipt: ObjectInfo) => Promise<Ended>): OutdatedFinder {
  let known: ReadonlyMap<string, Known<Ended>> = new Map();
  return {
    async sort(works, receipts, now) {
      const since = now - topology.alarms.WorkOverdue.threshold * 1000;
      const overdue = works.filter(({ object }) => object.modified < since);
      const paths = new Set(overdue.map((work) => nameOf(work.function, pathOf(work.object.key))));
      const wanted = FUNCTION_IDS.flatMap((id) => {
        const pathIn = (key: string) => receiptName(key)?.path ?? "";
        return paths.size === 0 ? [] : receipts[id].filter(({ key }) => paths.has(nameOf(id, pathIn(key))));
      });
      known = await readNew(known, wanted, read);
      const processed = new Set<string>();
      for (const { value } of known.values()) {
        if (value !== null) processed.add(`${nameOf(value.function, pathOf(value.key))}\n${value.size}`);
      }
      const outdated = new Set(
        overdue.filter(({ function: id, object }) =>
          processed.has(`${nameOf(id, pathOf(object.key))}\n${object.size}`),
        ),
      );
      return { work: works.filter((work) => !outdated.has(work)), outdated: [...outdated] };
    },
  };
}

function nameOf(id: FunctionId, path: string): string {
  return `${id}\n${path}`;
}
