import { type Finding, STATES, WAITS } from "../verify/judge.ts";
import { MAX_SUSPECTS, type Verified } from "../verify/verify.ts";
import { lakeOption } from "./io.ts";

/** What is not intact, in the order of the batches. */
export function findingsOf({ suspects }: Verified): Finding[] {
  return suspects.flatMap(({ findings }) => findings.filter(({ state }) => state !== "intact"));
}

/** The document of `verify --json`. */
export function verifiedJson(lake: string, prefix: string | null, verified: Verified) {
  const { started, complete, counts, suspects, more } = verified;
  return {
    version: 1,
    lake,
    prefix,
    started: new Date(started).toISOString(),
    complete,
    counts,
    findings: findingsOf(verified).map(({ key, state, why, mend }) => ({ key, state, why, mendable: mend !== null })),
    more,
    failed: suspects.flatMap(({ failure }) => failure ?? []),
  };
}

/** `10000 objects: 9999 intact, 1 changed.` */
export function summaryOf({ counts, suspects, more, complete }: Verified): string {
  const total = STATES.reduce((sum, state) => sum + counts[state], 0);
  const parts = STATES.filter((state) => state === "intact" || counts[state] > 0).map(
    (state) => `${counts[state]} ${state}`,
  );
  const failed = suspects.filter(({ failure }) => failure !== null).length;
  if (failed > 0) parts.push(`${failed} ${failed === 1 ? "batch" : "batches"} could not be looked at`);
  if (more > 0) parts.push(`only the first ${MAX_SUSPECTS} batches are told`);
  const rest = complete ? "" : " Not all was looked at: the next verify goes on here.";
  return `${total} ${total === 1 ? "object" : "objects"}: ${parts.join(", ")}.${rest}`;
}

/** What to type next, a line for each kind of finding. */
export function adviceOf(verified: Verified, lake: string): string[] {
  const findings = findingsOf(verified);
  const option = lakeOption(lake);
  const has = (test: (finding: Finding) => boolean) => findings.some(test);
  const lost = findings.find(({ state, mend }) => (state === "changed" || state === "missing") && mend === null);
  const lines: string[] = [];
  if (has(({ mend }) => mend !== null)) lines.push(`To mend it: vantageflow verify --fix${option}`);
  if (has(({ why }) => why === WAITS)) lines.push(`What waits is processed by: vantageflow run${option}`);
  if (has(({ state }) => state === "stale")) {
    lines.push(`What is stale is made again by: vantageflow run --reprocess${option}`);
  }
  if (lost !== undefined) {
    lines.push(
      `What cannot be mended here, such as ${lost.key}, comes back from a backup (vantageflow restore-from BACKUP${option})`,
      `or from its versions (vantageflow versions ${lost.key}${option}).`,
    );
  }
  return lines;
}
