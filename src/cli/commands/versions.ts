import { openVersions } from "../../storage/open.ts";
import { whyNoVersion } from "../../versions/traces.ts";
import { type GlobalFlags, type Io, lakeOption, notice, printJson, shellWord } from "../io.ts";
import { isInLayer, keyOf } from "../key.ts";
import { checkLake, loadSettings, openLake } from "../settings.ts";
import { printTable } from "../table.ts";

const COLUMNS = [
  { head: "version id" },
  { head: "time" },
  { head: "bytes", align: "right" as const },
  { head: "state" },
];

export async function action(io: Io, flags: GlobalFlags, given: string): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "list versions of a key of");
  const key = keyOf(io, lake, given);
  const versions = openVersions(lake);
  const found = await versions.versions(key);
  const shown = found.map(({ versionId, current, size, time, deleted }) => ({
    version_id: versionId,
    current,
    size,
    time: new Date(time).toISOString(),
    deleted,
  }));
  if (flags.json) {
    await printJson(io, { version: 1, key, versions: shown });
  } else {
    const state = (one: (typeof shown)[number]) => (one.current ? "current" : one.deleted ? "removed" : "kept");
    await printTable(
      io,
      flags,
      COLUMNS,
      shown.map((one) => [one.version_id, one.time, one.size, state(one)]),
      (cell, head, colors) => (head === "state" && cell === "current" ? colors.green(cell) : cell),
    );
  }
  if (shown.every(({ deleted }) => deleted)) {
    const why = await whyNoVersion(openLake(io, settings).storage, versions, key, found);
    notice(io, flags, `No version of ${key} in ${lake}: ${why}.${hint(key)}`);
  } else if (shown.some(({ current, deleted }) => !current && !deleted))
    notice(io, flags, `Next: vantageflow restore ${shellWord(key)} --version-id ID${lakeOption(lake)}`);
  return 0;
}

function hint(key: string): string {
  return isInLayer(key) ? "" : ` Keys begin with their layer: bronze/${key}`;
}
