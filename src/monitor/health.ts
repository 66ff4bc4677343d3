import { BRONZE, SILVER } from "../ledger/layers.ts";
import { unterminatedText } from "../ledger/notes.ts";
import type { RowCounts } from "../ledger/receipts.ts";
import { bothClaim, commandName } from "../ledger/sources.ts";
import { CRITICAL_PERCENTAGE } from "../report/merge.ts";
import { allRejectedText } from "../report/rejects.ts";
import { lakeOption, shellWord } from "../shell.ts";
import type { LeftBehind } from "../streams/left-segments.ts";
import { topology } from "../topology.ts";
import type { Verification } from "../verify/record.ts";
import { alarmText } from "./alarms.ts";
import type { DetectionsState } from "./detections-state.ts";
import { doorReasons, leftReasons } from "./doors.ts";
import type { ContractFacts } from "./facts.ts";
import type { Orphans } from "./orphans.ts";
import type { AlarmState, Devices, DoorOverview, Health, HealthReason, ReadingsState, Totals } from "./overview.ts";
import { spanOf } from "./span.ts";

/** What a verdict is made of. */
export interface Findings {
  readonly lastDay: Totals;
  /** Batches of the last day that have not one valid row, newest first. */
  readonly allRejected: readonly { readonly key: string; readonly rows: RowCounts }[];
  /** Batches of the last day whose last row has no line end, newest first. */
  readonly unterminated: readonly string[];
  readonly work: { readonly waiting: number; readonly oldest_seconds: number | null };
  /** Batches whose receipts carry other times than they do. */
  readonly outdated: number;
  readonly openLetters: number;
  readonly orphans: Orphans;
  readonly verified: Verification | null;
  /** Now, milliseconds since the epoch. */
  readonly time: number;
  readonly ignored: readonly { readonly key: string }[];
  readonly contracts: Pick<ContractFacts, "problem" | "all" | "waiting" | "contested">;
  readonly table: Pick<ReadingsState, "problem"> | null;
  readonly detections: Pick<DetectionsState, "newest" | "problem"> | null;
  readonly doors: readonly DoorOverview[];
  readonly left: readonly LeftBehind[];
  readonly devices: Pick<Devices, "critical" | "critical_devices">;
  readonly alarms: readonly AlarmState[];
}

/** A higher share of rejected rows is worth a look. */
const REJECT_PERCENTAGE = 5;

/** The verdict is that of the worst reason; the reasons come worst first, with a command for this lake that says more. */
export function healthOf(lake: string, findings: Findings): Health {
  const reasons = [
    ...lettersReason(findings),
    ...workReason(findings),
    ...doorReasons(findings.doors, "down", findings.time),
    ...contractInvalidReason(findings),
    ...verifyReason(findings),
    ...alarmReasons(findings, "unhealthy"),
    ...orphansReason(findings),
    ...outdatedReason(findings),
    ...contractRemovedReason(findings),
    ...contractsConflictReason(findings),
    ...devicesReason(findings),
    ...alarmReasons(findings, "degraded"),
    ...doorReasons(findings.doors, "late", findings.time),
    ...leftReasons(findings.left),
    ...allRejectedReason(findings),
    ...rejectsReason(findings),
    ...unterminatedReason(findings),
    ...tableReason(findings),
    ...detectionsReason(findings),
    ...ignoredReason(findings),
  ];
  return {
    verdict: reasons[0]?.verdict ?? "healthy",
    percentage: percentageDone(findings.lastDay),
    reasons: reasons.map((reason) => ({ ...reason, next: `${reason.next}${lakeOption(lake)}` })),
  };
}

/** Rounded down: what is not whole is never shown as 100. */
function percentageDone({ done, batches }: Totals): number {
  return batches === 0 ? 100 : Math.floor((1000 * done) / batches) / 10;
}

function lettersReason({ openLetters: open }: Findings): HealthReason[] {
  if (open === 0) return [];
  const message = `${count(open, "dead letter is", "dead letters are")} open`;
  return [{ code: "dead_letters_open", verdict: "unhealthy", message, next: "vantageflow dlq list" }];
}

function workReason({ work: { waiting, oldest_seconds: oldest } }: Findings): HealthReason[] {
  if (oldest === null || oldest <= topology.alarms.WorkOverdue.threshold) return [];
  const message = `${count(waiting, "object waits", "objects wait")}, the oldest for ${spanOf(oldest)}`;
  return [{ code: "work_overdue", verdict: "unhealthy", message, next: "vantageflow run" }];
}

/** Overdue work has a reason of its own, with the number of objects. */
function alarmReasons({ alarms }: Findings, verdict: HealthReason["verdict"]): HealthReason[] {
  const ofVerdict = alarms.filter(
    ({ name, state }) => state === "ALARM" && name !== "WorkOverdue" && verdictOf(name) === verdict,
  );
  return ofVerdict.map((alarm) => ({ code: "alarm", verdict, message: alarmText(alarm), next: nextOf(alarm) }));
}

function verdictOf(name: AlarmState["name"]): HealthReason["verdict"] {
  return name === "CostExceeded" ? "degraded" : "unhealthy";
}

function nextOf({ name }: AlarmState): string {
  if (name === "CostExceeded") return "vantageflow cost";
  return name === "HighErrorRate" ? "vantageflow dlq list --all" : "vantageflow status --json";
}

function contractInvalidReason({ contracts: { problem } }: Findings): HealthReason[] {
  if (problem === null) return [];
  const message = `no batch of bronze is processed: ${problem.replace(/\. See what is wrong: .*$|\.$/s, "")}`;
  return [{ code: "contract_invalid", verdict: "unhealthy", message, next: "vantageflow contract list" }];
}

/** Orphans are known without a verify; what is unknown or stale is no damage. */
function verifyReason({ verified, time }: Findings): HealthReason[] {
  if (verified === null) return [];
  const { changed, missing } = verified.counts;
  if (changed + missing + verified.failed + verified.table === 0) return [];
  const found = [
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(verified.table > 0 ? [`${count(verified.table, "fault", "faults")} of the table of readings`] : []),
    ...(verified.failed > 0 ? [`${count(verified.failed, "batch", "batches")} that could not be read`] : []),
  ];
  const age = spanOf(Math.max(0, time - Date.parse(verified.time)) / 1000);
  const next =
    changed + missing + verified.failed > 0 ? "vantageflow verify --fix" : "vantageflow tables sync --rebuild";
  const message = `the verify of ${age} ago found ${found.join(", ")}`;
  return [{ code: "verify_found_damage", verdict: "unhealthy", message, next }];
}

/** Gold of a batch that was renamed is counted twice. */
function orphansReason({ orphans: { keys, complete } }: Findings): HealthReason[] {
  if (keys.length === 0) return [];
  const [what, whose] = keys.length === 1 ? ["output is orphaned", "its"] : ["outputs are orphaned", "their"];
  const message = `${complete ? "" : "at least "}${keys.length} ${what}: ${whose} bronze was renamed, moved or removed`;
  return [{ code: "outputs_orphaned", verdict: "degraded", message, next: "vantageflow verify --fix" }];
}

/** Such a lake is most likely intact, and `run` then only renews its receipts. */
function outdatedReason({ outdated }: Findings): HealthReason[] {
  if (outdated === 0) return [];
  const [what, verb] = outdated === 1 ? ["batch", "carries"] : ["batches", "carry"];
  const message = `${outdated} ${what} ${verb} other times than when processed (chmod, cp): a run looks whether the bytes are others`;
  return [{ code: "receipts_outdated", verdict: "degraded", message, next: "vantageflow run" }];
}

function contractRemovedReason({ contracts: { all, waiting } }: Findings): HealthReason[] {
  if (waiting.size === 0) return [];
  const [[name]] = waiting;
  const waits = [...waiting.values()].reduce((sum, keys) => sum + keys.length, 0);
  const isChanged = all.some((one) => !one.isRemoved && commandName(one) === name);
  const one = isChanged
    ? `what the contract "${name}" claimed before it was changed`
    : `the contract "${name}", which was removed`;
  const whose = waiting.size === 1 ? one : `${waiting.size} contracts, which were removed`;
  const message = `${count(waits, "batch waits", "batches wait")} for ${whose}`;
  return [{ code: "contract_removed", verdict: "degraded", message, next: APPLY }];
}

/** What brings back a contract that was removed. */
export const APPLY = "vantageflow contract apply FILE";

function contractsConflictReason({ contracts: { contested } }: Findings): HealthReason[] {
  if (contested.length === 0) return [];
  const waits = contested.reduce((sum, { keys }) => sum + keys.length, 0);
  const [{ names }] = contested;
  const why =
    contested.length === 1
      ? bothClaim(names, waits === 1 ? "it" : "them")
      : `${contested.length} pairs of contracts claim the same keys`;
  const message = `${count(waits, "batch waits", "batches wait")}: ${why}`;
  return [{ code: "contracts_conflict", verdict: "degraded", message, next: REMOVE_CONTRACT }];
}

/** What ends a conflict of two contracts. */
export const REMOVE_CONTRACT = "vantageflow contract remove NAME";

function devicesReason({ devices: { critical, critical_devices: listed } }: Findings): HealthReason[] {
  if (critical === 0) return [];
  const [worst] = listed;
  const who = critical === 1 ? `${worst.device_id} has` : `${critical} devices have`;
  const message = `${who} more than ${CRITICAL_PERCENTAGE} % anomalies`;
  return [{ code: "devices_critical", verdict: "degraded", message, next: "vantageflow report" }];
}

function allRejectedReason({ allRejected }: Findings): HealthReason[] {
  if (allRejected.length === 0) return [];
  const next = `vantageflow explain ${shellWord(allRejected[0].key)}`;
  return [{ code: "all_rows_rejected", verdict: "degraded", message: allRejectedText(allRejected), next }];
}

function rejectsReason({ lastDay: { rows, reject_percentage: percentage } }: Findings): HealthReason[] {
  if (rows.rejects * 100 <= rows.in * REJECT_PERCENTAGE) return [];
  const message = `${percentage} % of the rows of the last 24 hours were rejected`;
  return [{ code: "rows_rejected", verdict: "degraded", message, next: "vantageflow status --json" }];
}

function unterminatedReason({ unterminated }: Findings): HealthReason[] {
  if (unterminated.length === 0) return [];
  const next = `vantageflow explain ${shellWord(unterminated[0])}`;
  return [{ code: "last_line_unterminated", verdict: "degraded", message: unterminatedText(unterminated), next }];
}

/** The lake itself is whole: the table can be made anew from it. */
function tableReason({ table }: Findings): HealthReason[] {
  if (table === null || table.problem === null) return [];
  const message = "the table of readings cannot be read";
  return [{ code: "table_unreadable", verdict: "degraded", message, next: "vantageflow verify --prefix tables/" }];
}

/** They can be made anew from the table of readings; what people said of them cannot. */
function detectionsReason({ detections }: Findings): HealthReason[] {
  if (detections === null || detections.problem === null) return [];
  const [what, next] =
    detections.newest === null
      ? ["the table of detections", "vantageflow detect"]
      : ["what is muted of detections", "vantageflow detect mutes"];
  return [{ code: "detections_unreadable", verdict: "degraded", message: `${what} cannot be read`, next }];
}

/** What waits for a contract has a reason of its own. */
function ignoredReason({ ignored: all, contracts: { problem, waiting, contested } }: Findings): HealthReason[] {
  const waits = new Set([...waiting.values(), ...contested.map(({ keys }) => keys)].flat());
  const isTold = (key: string) => waits.has(key) || (problem !== null && key.startsWith(BRONZE));
  const ignored = all.filter(({ key }) => !isTold(key));
  if (ignored.length === 0) return [];
  const message = `${count(ignored.length, "file is", "files are")} ignored`;
  // A run names what it ignores among its inputs; gold, receipts and dead letters that are none are in the overview alone.
  const areInputs = ignored.every(({ key }) => key.startsWith(BRONZE) || key.startsWith(SILVER));
  const next = areInputs ? "vantageflow run --dry-run" : "vantageflow status --json";
  return [{ code: "objects_ignored", verdict: "degraded", message, next }];
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
