import { nearest } from "../contracts/nearest.ts";
import { type Standing, standingOf } from "../contracts/store.ts";
import { hasCode, VantageflowError } from "../errors.ts";
import { claimKey, contractKey, readSources, type Sources } from "../ledger/sources.ts";
import type { LakeStorage } from "../storage/port.ts";
import { type GlobalFlags, type Io, lakeOption } from "./io.ts";
import { checkLake, loadSettings, openLake } from "./settings.ts";

/** Opens a lake that is there for a command about its contracts. Throws `not_found`. */
export async function openContracts(io: Io, flags: GlobalFlags, verb: string) {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, verb);
  return { settings, lake, storage: openLake(io, settings).storage };
}

/** What stands in the lake under a name that somebody typed. Throws `not_found`. */
export async function namedStanding(storage: LakeStorage, name: string, verb: string): Promise<Standing> {
  // Any other text may be the key of another object: `claims/a` is one of `a`.
  const standing = /^[a-z0-9-]+$/.test(name) ? await standingOf(storage, name) : { inForce: null, claim: null };
  if (standing.inForce !== null || standing.claim !== null) return standing;
  const meant = nearest(
    name,
    (await readSources(storage)).contracts.map((one) => one.name),
  );
  const hint = meant === null ? "" : ` Did you mean ${meant}?`;
  const list = `See vantageflow contract list${lakeOption(storage.url)}`;
  throw new VantageflowError("not_found", `Cannot ${verb} "${name}": the lake has no such contract.${hint} ${list}`);
}

/**
 * The contracts of the lake; null where one of these names is none that could be read, which hides whose all batches are.
 * Throws `contract_invalid` for any other.
 */
export async function sourcesBut(storage: LakeStorage, names: readonly string[]): Promise<Sources | null> {
  try {
    return await readSources(storage);
  } catch (error) {
    if (!hasCode(error, "contract_invalid")) throw error;
    await readSources(
      storage,
      names.flatMap((name) => [contractKey(name), claimKey(name)]),
    );
    return null;
  }
}

/** As much of a digest as people tell versions apart by. */
export function shortDigest(digest: string | null): string {
  return digest?.slice(0, 12) ?? "";
}
