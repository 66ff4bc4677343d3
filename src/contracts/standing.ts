import type { ReadContract } from "../ledger/read-contract.ts";
import type { Receipt } from "../ledger/receipts.ts";
import type { ReadBy } from "../ledger/sources.ts";
import { zonesVersion } from "./fields/zones.ts";
import { digestOfStored } from "./lake.ts";

/** How a batch stands to the contracts of its lake, as `explain --json` and the data API have it. */
export interface ContractStanding {
  /** The contract that reads it now; null for the built-in one, and where nobody does. */
  readonly read_by: { readonly name: string; readonly digest: string | null } | null;
  /** Why nobody reads it; null where somebody does. */
  readonly nobody: string | null;
  /** What its receipt says; null where the built-in contract has read it, and where nothing was made yet. */
  readonly made_by: ReadContract | null;
  /** Whether other rules have made it than would read it now; null where there is nothing to compare. */
  readonly changed: boolean | null;
  /** It was judged by an older time zone database than this version has. */
  readonly older_time_zones: boolean;
}

/** `receipt` is that of its split, where there is one. Throws `storage_failed`. */
export async function contractStanding(receipt: Receipt | null, readBy: ReadBy): Promise<ContractStanding> {
  const isMade = receipt?.outcome === "done";
  const made = (isMade ? receipt.split?.contract : null) ?? null;
  const isOlder = made?.tz !== undefined && made.tz < (await zonesVersion());
  const said = { made_by: made, older_time_zones: isOlder };
  if ("nobody" in readBy) return { read_by: null, nobody: readBy.nobody, changed: null, ...said };
  const { contract } = readBy;
  const now = contract === null ? null : { name: contract.name, digest: await digestOfStored(contract) };
  const isTold = isMade && now?.digest !== null;
  return { read_by: now, nobody: null, changed: isTold ? now?.digest !== made?.digest : null, ...said };
}
