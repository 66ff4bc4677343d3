import * as fs from "node:fs";
import { basename, join } from "node:path";

/** The rows in bronze of `<cwd>/lake` without the numbers at their ends, those of a shard in order; none where there is no bronze. */
export function bronzeRowsIn(cwd: string): string[] {
  const bronze = join(cwd, "lake", "bronze");
  if (!fs.existsSync(bronze)) return [];
  const names = fs.readdirSync(bronze, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".csv"));
  // By the number that each comes behind.
  names.sort((a, b) => Number.parseInt(basename(a), 10) - Number.parseInt(basename(b), 10));
  return names
    .flatMap((name) => fs.readFileSync(join(bronze, name), "utf8").trimEnd().split("\n").slice(1))
    .map((row) => row.replace(/,\d+$/, ""));
}
