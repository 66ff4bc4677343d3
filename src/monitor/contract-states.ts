import { commandName, type StoredContract } from "../ledger/sources.ts";
import { lakeOption, shellWord } from "../shell.ts";
import type { ContractFacts } from "./facts.ts";
import { APPLY, REMOVE_CONTRACT } from "./health.ts";
import type { ContractState } from "./overview.ts";

/** The contracts of a lake with what there is to be told of each, those in force first. */
export function contractStates(lake: string, facts: ContractFacts): ContractState[] {
  const inForce = facts.all.filter(({ isRemoved }) => !isRemoved);
  const names = new Set(inForce.map(commandName));
  // What a contract in force claimed before is told with it.
  const removed = facts.all.filter((contract) => contract.isRemoved && !names.has(commandName(contract)));
  return [...inForce, ...removed].map((contract) => stateOf(lake, contract, facts));
}

function stateOf(lake: string, contract: StoredContract, facts: ContractFacts): ContractState {
  const { prefix, isRemoved } = contract;
  const name = commandName(contract);
  const made = facts.madeOtherwise.find((one) => one.contract === contract);
  const removed = facts.waiting.get(name)?.length ?? 0;
  const contested = facts.contested.filter(({ names }) => !isRemoved && names.includes(name));
  const others = (made?.batches ?? 0) + (made?.olderZones ?? 0);
  const again = others > 0 ? `vantageflow run --reprocess ${shellWord(prefix)}` : null;
  const next = removed > 0 ? APPLY : contested.length > 0 ? REMOVE_CONTRACT : again;
  return {
    name,
    state: isRemoved ? "removed" : "in_force",
    waiting: contested.reduce((sum, { keys }) => sum + keys.length, removed),
    made_otherwise: made?.batches ?? 0,
    older_time_zones: made?.olderZones ?? 0,
    complete: made?.complete ?? true,
    next: next === null ? null : `${next}${lakeOption(lake)}`,
  };
}
