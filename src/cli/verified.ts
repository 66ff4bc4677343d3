import { messageOf } from "../errors.ts";
import type { VerifiedTable } from "../tables/days/verify-files.ts";
import { type Finding, STATES, WAITS } from "../verify/judge.ts";
import type { Mended } from "../verify/mend.ts";
import { MAX_SUSPECTS, type Verified } from "../verify/verify.ts";
import { lakeOption, shellWord } from "./io.ts";

export function isIntact(verified: Verified): boolean {
  const { complete, suspects, more } = verified;
  return (
    complete && more === 0 && findingsOf(verified).length === 0 && suspects.every(({ failure }) => failure === null)
  );
}

/** What is not intact, in the order of the batches. */
function findingsOf({ suspects }: Verified): Finding[] {
  return suspects.flatMap(({ findings }) => findings.filter(({ state }) => state !== "intact"));
}

/** The rows of the table: what was mended, then what is not intact. */
export function rowsOf(verified: Verified, mended: Mended | undefined): string[][] {
  return [
    ...(mended?.removed ?? []).map((key) => [key, "removed", ""]),
    ...(mended?.remade ?? []).map((key) => [key, "remade", "all that is made of it was made again"]),
    ...findingsOf(verified).map(({ key, state, why }) => [key, state, why]),
  ];
}

/** The document of `verify --json`. */
export function verifiedJson(
  lake: string,
  { prefix, ledger }: { readonly prefix: string | undefined; readonly ledger: string | undefined },
  verified: Verified,
  mended: Mended | undefined,
) {
  const { started, complete, counts, suspects, more, error } = verified;
  return {
    version: 1,
    lake,
    ledger: ledger ?? null,
    prefix: prefix ?? null,
    started: new Date(started).toISOString(),
    complete,
    counts,
    findings: findingsOf(verified).map(({ key, state, why, mend }) => ({ key, state, why, mendable: mend !== null })),
    more,
    remade: mended?.remade ?? [],
    removed: mended?.removed ?? [],
    failed: [
      ...suspects.flatMap(({ failure }) => (failure === null ? [] : [{ key: failure.path, message: failure.message }])),
      ...(mended?.failed ?? []),
    ],
    ...(error === null ? {} : { error: { message: messageOf(error) } }),
  };
}

/** `10000 objects: 9999 intact, 1 changed.` */
export function verifiedText({ counts, suspects, more, complete }: Verified, mended: Mended | undefined): string {
  const total = STATES.reduce((sum, state) => sum + counts[state], 0);
  const told = STATES.filter((state) => state === "intact" || counts[state] > 0);
  const parts = told.map((state) => `${counts[state]} ${state}`);
  const failed = suspects.filter(({ failure }) => failure !== null).length;
  if (failed > 0) parts.push(`${failed} ${failed === 1 ? "batch" : "batches"} could not be looked at`);
  if (more > 0) parts.push(`only the first ${MAX_SUSPECTS} batches are told`);
  const rest = complete ? "" : " Not all was looked at: the next verify goes on here.";
  return `${mendedText(mended)}${total} ${total === 1 ? "object" : "objects"}: ${parts.join(", ")}.${rest}`;
}

function mendedText(mended: Mended | undefined): string {
  if (mended === undefined) return "";
  const { remade, removed } = mended;
  return `Mended: ${remade.length} ${remade.length === 1 ? "batch" : "batches"} made again, ${removed.length} removed. Now `;
}

/** What to type next, a line for each kind of finding. */
export function adviceOf(verified: Verified, lake: string, mended: Mended | undefined): string[] {
  const findings = findingsOf(verified);
  const option = lakeOption(lake);
  const lines: string[] = [];
  if (mended !== undefined && mended.removed.length > 0) {
    const versions = `vantageflow versions ${shellWord(mended.removed[0])}${option}`;
    lines.push(`What was removed can be restored where the lake keeps versions: ${versions}`);
  }
  if (findings.some(({ mend }) => mend !== null)) lines.push(`To mend it: vantageflow verify --fix${option}`);
  if (findings.some(({ why }) => why === WAITS)) lines.push(`What waits is processed by: vantageflow run${option}`);
  if (findings.some(({ state }) => state === "stale")) {
    lines.push(`What is stale is made again by: vantageflow run --reprocess${option}`);
  }
  const lost = findings.find(({ state, mend }) => (state === "changed" || state === "missing") && mend === null);
  if (lost !== undefined) {
    const { key, state } = lost;
    const backup = `vantageflow restore-from BACKUP${option}`;
    lines.push(`Nothing here can mend ${key}: ${backup}, or vantageflow versions ${shellWord(key)}${option}`);
    if (state === "changed") lines.push(`Where it was replaced on purpose, it is work: vantageflow run${option}`);
  }
  return lines;
}

/** The table as `verify --json` has it; null where there is none, or nobody has asked for it. */
export function tableJson(table: VerifiedTable | null) {
  if (table === null) return null;
  const { version, files, rows, findings, complete } = table;
  return { table_version: version, files, rows, complete, findings };
}

/** `what` it is: "Table", "Detections". */
export function tableVerdict(what: string, { version, files, rows, findings, complete }: VerifiedTable): string {
  if (!complete) return `${what}: not all of the table was looked at.`;
  if (version === null)
    return `${what}: ${findings[0]?.state === "missing" ? "it is gone" : "its log cannot be read"}.`;
  const wrong = findings.length === 0 ? "intact" : `${findings.length} not as the log and the receipts say`;
  return `${what}: ${rows} rows in ${files} ${files === 1 ? "file" : "files"} of version ${version}, ${wrong}.`;
}

/** Whatever is wrong with a table, silver has its rows. */
export function tableAdvice(lake: string): string {
  const rebuild = `vantageflow tables sync --rebuild${lakeOption(lake)}`;
  return `To put the table right: restore what is named from a backup, or make it anew from silver: ${rebuild}`;
}
