/** What of a contract says which keys are its. */
export interface Claim {
  readonly name: string;
  readonly prefix: string;
  readonly suffixes: readonly string[];
}

/** Two contracts, and why both cannot be in one lake. */
export interface Conflict {
  readonly names: readonly [string, string];
  readonly why: string;
}

/**
 * The contracts that claim a key: of those whose prefix and suffix it has, the ones with the longest prefix, and of these
 * with the longest suffix. None is the built-in contract's; several are a conflict, and then the key is nobody's.
 */
export function claimants<T extends Claim>(contracts: readonly T[], key: string): T[] {
  let found: T[] = [];
  let [prefix, suffix] = [0, 0];
  for (const one of contracts) {
    const length = suffixLength(one, key);
    const rank = one.prefix.length - prefix || length - suffix;
    if (length === 0 || (found.length > 0 && rank < 0)) continue;
    if (found.length > 0 && rank === 0) found.push(one);
    else [found, prefix, suffix] = [[one], one.prefix.length, length];
  }
  return found;
}

/** How much of the key is a suffix of the contract's; 0 where the key is not its. */
function suffixLength({ prefix, suffixes }: Claim, key: string): number {
  if (!key.startsWith(prefix)) return 0;
  const name = key.slice(prefix.length);
  return Math.max(0, ...suffixes.map((suffix) => (name.endsWith(suffix) ? suffix.length : 0)));
}

/** What keeps these contracts from being in one lake: two of one name, two that claim one key. */
export function conflictsOf(contracts: readonly Claim[]): Conflict[] {
  const conflicts: Conflict[] = [];
  const owners = new Map<string, string>();
  const names = new Set<string>();
  for (const { name, prefix, suffixes } of contracts) {
    if (names.has(name)) conflicts.push({ names: [name, name], why: `both are called "${name}"` });
    names.add(name);
    for (const suffix of suffixes) {
      const place = `${prefix}*${suffix}`;
      const owner = owners.get(place);
      if (owner === undefined) owners.set(place, name);
      else conflicts.push({ names: [owner, name], why: `both claim "${place}"` });
    }
  }
  return conflicts;
}
