import { VantageflowError } from "../../errors.ts";
import { openVersions } from "../../storage/open.ts";
import { triggeredBy } from "../../topology.ts";
import { restore, type Wanted } from "../../versions/restore.ts";
import type { FlagsOf } from "../command.ts";
import { type Io, lakeOption, notice, printJson } from "../io.ts";
import { keyOf } from "../key.ts";
import { checkLake, loadSettings, openLake } from "../settings.ts";
import { parseSince } from "../since.ts";
import { printTable } from "../table.ts";
import type { command } from "./restore.command.ts";

type RestoreFlags = FlagsOf<typeof command>;

export async function action(io: Io, flags: RestoreFlags, given: string): Promise<number> {
  const wanted = wantedOf(io, flags, given);
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "restore a key of");
  const key = keyOf(io, lake, given);
  const { storage } = openLake(io, settings);
  const { outcome, version, object } = await restore(storage, openVersions(lake), key, wanted);
  const time = new Date(version.time).toISOString();
  if (flags.json) {
    const restored = { version_id: version.versionId, time, size: version.size };
    await printJson(io, { version: 1, lake, key, outcome, restored, current: object.token });
  } else {
    const heads = [{ head: "key" }, { head: "outcome" }, { head: "version id" }, { head: "time" }];
    await printTable(io, flags, heads, [[key, outcome, version.versionId, time]]);
  }
  if (outcome === "unchanged") notice(io, flags, "These bytes are the current ones already. Nothing was written.");
  else notice(io, flags, nextStep(key, lake));
  return 0;
}

/** Restored bronze and silver are work again. Nothing starts from the other layers. */
function nextStep(key: string, lake: string): string {
  const isWork = triggeredBy(key) !== null;
  return isWork ? `Next: vantageflow run${lakeOption(lake)}` : "It stays so until its batch is processed again.";
}

function wantedOf(io: Io, { versionId, at }: RestoreFlags, key: string): Wanted {
  if (versionId !== undefined && at === undefined) return { versionId };
  if (at !== undefined && versionId === undefined) return { at: parseSince(at, io.now(), "--at") };
  const why = versionId === undefined ? "which version is not said" : "--version-id and --at are both given";
  const advice = `Use --version-id ID or --at TIME; vantageflow versions ${key} lists them`;
  throw new VantageflowError("usage", `Cannot restore "${key}": ${why}. ${advice}.`);
}
