import type { StoredContract } from "../ledger/sources.ts";
import { lakeOption, shellWord } from "../shell.ts";
import type { ContractFacts } from "./facts.ts";
import { APPLY } from "./health.ts";
import type { ContractState } from "./overview.ts";

/** The contracts of a lake with what there is to be told of each, those in force first. */
export function contractStates(lake: string, facts: ContractFacts): ContractState[] {
  const states = facts.all.map((contract) => stateOf(lake, contract, facts));
  return [...states.filter(({ state }) => state === "in_force"), ...states.filter(({ state }) => state === "removed")];
}

function stateOf(lake: string, contract: StoredContract, { waiting, madeOtherwise }: ContractFacts): ContractState {
  const { name, prefix, isRemoved } = contract;
  const made = madeOtherwise.find((one) => one.contract === contract);
  const waits = isRemoved ? (waiting.get(name)?.length ?? 0) : 0;
  const others = (made?.batches ?? 0) + (made?.olderZones ?? 0);
  const next = waits > 0 ? APPLY : others > 0 ? `vantageflow run --reprocess ${shellWord(prefix)}` : null;
  return {
    name,
    state: isRemoved ? "removed" : "in_force",
    waiting: waits,
    made_otherwise: made?.batches ?? 0,
    older_time_zones: made?.olderZones ?? 0,
    complete: made?.complete ?? true,
    next: next === null ? null : `${next}${lakeOption(lake)}`,
  };
}
