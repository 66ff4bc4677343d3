import { byFunction, FUNCTION_IDS, type FunctionId, topology } from "./topology.ts";
import { starts } from "./triggers.ts";

const FEEDERS = byFunction((id) => feedersIn([id]));

/** The functions whose work makes objects anew that start this one, those behind the nearest included. */
export function feedersOf(id: FunctionId): readonly FunctionId[] {
  return FEEDERS[id];
}

/** The functions that what this one writes starts. */
export function fedBy(id: FunctionId): readonly FunctionId[] {
  return FUNCTION_IDS.filter((next) => starts(topology.functions[id].writes, topology.functions[next].startedBy));
}

function feedersIn(found: readonly FunctionId[]): readonly FunctionId[] {
  const more = FUNCTION_IDS.filter((id) => !found.includes(id) && fedBy(id).some((next) => found.includes(next)));
  return more.length === 0 ? found.slice(1) : feedersIn([...found, ...more]);
}
