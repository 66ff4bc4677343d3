import { zonesVersion } from "../contracts/fields/zones.ts";
import { digestOfStored } from "../contracts/lake.ts";
import { BRONZE } from "../ledger/layers.ts";
import { receiptKey } from "../ledger/names.ts";
import type { Sources, StoredContract } from "../ledger/sources.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { functionIn, topology } from "../topology.ts";
import type { Ended } from "./ended.ts";
import type { Listing } from "./listing.ts";
import { type Known, readNew } from "./read-new.ts";

/** A contract in force, and the batches that it claims and that were made by other rules than it has now. */
export interface MadeOtherwise {
  readonly contract: StoredContract;
  /** By another version of it, by another contract or by none. */
  readonly batches: number;
  /** With a release of the time zone database that is older than this version's. */
  readonly olderZones: number;
  /** False where more batches may be so: not all receipts were read. */
  readonly complete: boolean;
}

/** What there is to look at. */
interface Made {
  readonly bronze: readonly ObjectInfo[];
  readonly receipts: Listing;
  readonly sources: Sources;
  /** Receipts that were read, by their keys. */
  readonly known: ReadonlyMap<string, Known<Ended>>;
}

export interface ContractsFinder {
  /** Of each contract in force, by its key. Throws `storage_failed`. */
  find(made: Made): Promise<MadeOtherwise[]>;
}

/** Receipts that one look reads beyond those that were read already: whoever looks once does not wait for all of a lake. */
const MOST_READS = 1000;
const SPLIT = functionIn(BRONZE)!;

/** Nothing is read where no contract is in force. The oldest receipts come first: they are those of other rules, if any are. */
export function createContractsFinder(
  read: (receipt: ObjectInfo) => Promise<Ended>,
  mostReads = MOST_READS,
): ContractsFinder {
  let more: ReadonlyMap<string, Known<Ended>> = new Map();
  return {
    async find({ bronze, receipts, sources, known }) {
      const inForce = sources.contracts.filter(({ isRemoved }) => !isRemoved);
      if (inForce.length === 0) return [];
      const claimed = receiptsByContract(bronze, receipts, sources);
      const unread = [...claimed.values()].flat().filter(({ key }) => !known.has(key));
      const oldest = unread.sort((a, b) => a.modified - b.modified).slice(0, mostReads);
      more = await readNew(more, oldest, read);
      const found: MadeOtherwise[] = [];
      for (const contract of inForce) {
        const own = claimed.get(contract) ?? [];
        const ended = own.flatMap(({ key }) => (known.get(key) ?? more.get(key))?.value ?? []);
        const complete = own.every(({ key }) => known.has(key) || more.has(key));
        found.push({ contract, complete, ...(await countsOf(contract, ended)) });
      }
      return found;
    },
  };
}

/** Receipts of the versions that are there: what has expired in bronze is made by no other rules any more. */
function receiptsByContract(bronze: readonly ObjectInfo[], receipts: Listing, sources: Sources) {
  const { name } = topology.functions[SPLIT];
  const written = new Map(receipts[SPLIT].map((receipt) => [receipt.key, receipt]));
  const claimed = new Map<StoredContract, ObjectInfo[]>();
  for (const { key, token } of bronze) {
    const receipt = written.get(receiptKey(name, key, token));
    const by = receipt === undefined ? null : sources.readBy(key);
    if (receipt === undefined || by === null || "nobody" in by || by.contract === null) continue;
    const own = claimed.get(by.contract);
    if (own === undefined) claimed.set(by.contract, [receipt]);
    else own.push(receipt);
  }
  return claimed;
}

async function countsOf(contract: StoredContract, receipts: readonly Ended[]) {
  const done = receipts.filter(({ outcome }) => outcome === "done");
  const digest = done.length === 0 ? null : await digestOfStored(contract);
  const zones = done.some(({ madeBy }) => (madeBy?.tz ?? "") !== "") ? await zonesVersion() : "";
  const isOther = ({ madeBy }: Ended) => madeBy?.digest !== digest;
  const isOlder = ({ madeBy }: Ended) => madeBy !== null && madeBy.tz !== "" && madeBy.tz < zones;
  return {
    // A contract that cannot be read has no version to compare with.
    batches: digest === null ? 0 : done.filter(isOther).length,
    olderZones: done.filter(isOlder).length,
  };
}
