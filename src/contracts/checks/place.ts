import { quote } from "../../errors.ts";
import { litterOf } from "../../ledger/litter.ts";
import { keyProblem, windowsProblem } from "../../storage/keys.ts";
import { topology } from "../../topology.ts";
import type { Report } from "./report.ts";

/** A contract stands in the lake under its name, on Windows too. */
export function checkContractName(name: string, report: Report): void {
  const why = windowsProblem(`${name}.json`);
  if (why !== null) report(["name"], `cannot be the name of a file: ${why}`, "another name");
}

export function checkPrefix(prefix: string, report: Report): void {
  const why = keyProblem(`${prefix}x`) ?? litterOf(`${prefix}x`);
  if (why !== null)
    report(["prefix"], `cannot be part of a key: ${why}`, "a folder that a bucket and a directory can hold");
}

/** S3 refuses two notification rules that one key could match; names that are passed over, or are those of rejects, are no sources. */
export function checkSuffixes(suffixes: readonly string[], report: Report): void {
  for (const [i, suffix] of suffixes.entries()) {
    const at = ["suffixes", i];
    const why = keyProblem(`x${suffix}`) ?? litterOf(`x${suffix}`);
    if (why !== null) report(at, `is no suffix of sources: ${why}`, "another suffix");
    else if (!topology.suffixes.some((one) => suffix.endsWith(one)))
      report(at, "starts no function", `names that end in ${topology.suffixes.join(", ")}`);
    if (/\.rejects\.csv$/i.test(suffix)) report(at, "is how names of rejects end", "another suffix");
    const covering = suffixes.find((other, j) => j !== i && suffix.endsWith(other) && (suffix !== other || j < i));
    if (covering === undefined) continue;
    report(
      at,
      `is among the names that end in ${quote(covering)}: S3 takes no two rules for one name`,
      "one of the two",
    );
  }
}
