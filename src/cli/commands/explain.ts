import { type ContractStanding, contractStanding } from "../../contracts/standing.ts";
import { VantageflowError } from "../../errors.ts";
import { escapeTerminal } from "../../escape.ts";
import { type Explanation, explain, isKnown, nextOf, type Part } from "../../ledger/explain.ts";
import type { Failure } from "../../ledger/failures.ts";
import { ANOMALIES, BRONZE, batchPathOf, keyIn } from "../../ledger/layers.ts";
import { noteTexts } from "../../ledger/notes.ts";
import { NO_ROWS, type Receipt, tallyOf } from "../../ledger/receipts.ts";
import { openRemovals, openWatchable } from "../../storage/open.ts";
import type { ObjectInfo } from "../../storage/port.ts";
import { type StreamOrigin, streamOrigin } from "../../streams/origin.ts";
import { suffixesUnder, topology } from "../../topology.ts";
import { rulesOf } from "../../triggers.ts";
import { contractTexts } from "../contract-text.ts";
import { failureJson, loadFailures, openFailures } from "../failures.ts";
import { advised, type GlobalFlags, type Io, lakeOption, print, printJson, shellWord } from "../io.ts";
import { keyOf } from "../key.ts";
import { checkLake, loadSettings, openLake } from "../settings.ts";

export async function action(io: Io, flags: GlobalFlags, given: string): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake, settle } = settings.config;
  checkLake(settings.config.lake, "explain a key of");
  const { storage } = openLake(io, settings);
  const bucket = openFailures(io, settings);
  const watchable = openWatchable(lake);
  const explanation = await explain(storage, keyOf(io, lake, given), {
    failuresOf: (about) => loadFailures(io, flags, storage, bucket, about),
    isUnfinished: (object) => watchable?.unfinished([object], settle * 1000, io.now()).has(object.key) ?? false,
    absences: { versions: openRemovals(lake), now: io.now() },
  });
  if (!isKnown(explanation)) {
    const why = `there is no such object in ${lake}, and no trace of one`;
    const advice = `What is there: vantageflow run --dry-run${lakeOption(lake)}`;
    throw new VantageflowError("not_found", `Cannot explain "${explanation.key}": ${why}. ${advice}`);
  }
  const split = explanation.parts.find(({ source }) => source.startsWith(BRONZE));
  const contract = split === undefined ? null : await contractStanding(split.receipt, explanation.readBy);
  const stream = await streamOrigin(storage, batchPathOf(explanation.key));
  if (flags.json) await printJson(io, { version: 1, lake, ...jsonOf(explanation, contract), stream });
  else await print(io, textOf(io, explanation, { contract, stream }, lake));
  return 0;
}

function jsonOf(explanation: Explanation, contract: ContractStanding | null) {
  const { key, trigger, problem, object, parts, outputs, orphans } = explanation;
  const next = nextOf(explanation);
  return {
    key,
    function: trigger === null ? null : topology.functions[trigger].name,
    trigger: trigger === null ? null : topology.functions[trigger].startedBy.id,
    problem,
    object: object === null ? null : objectJson(object),
    functions: parts.map((part) => ({
      function: topology.functions[part.function].name,
      source: part.source,
      object: part.object === null ? null : { ...objectJson(part.object), unfinished: part.isUnfinished },
      receipt: part.receipt === null ? null : { ...part.receipt, current: part.isCurrent },
      dead_letters: part.failures.map(failureJson),
    })),
    contract,
    outputs,
    orphans,
    next: { does: next.does, function: "part" in next ? topology.functions[next.part.function].name : null },
  };
}

function objectJson({ key, size, token, modified }: ObjectInfo) {
  return { key, size, token, modified: new Date(modified).toISOString() };
}

/** What a batch was read by, and where it came in. */
interface Origins {
  readonly contract: ContractStanding | null;
  readonly stream: StreamOrigin | null;
}

type Line = readonly [label: string, text: string];

/** The key, then a line for each thing there is to say of it. */
function textOf(io: Io, explanation: Explanation, { contract, stream }: Origins, lake: string): string {
  const { key, object, parts, outputs, orphans } = explanation;
  const lines: Line[] = [["trigger", triggerText(explanation)]];
  if (stream !== null) lines.push(["stream", streamText(stream)]);
  if (!parts.some(({ source }) => source === key)) lines.push(["object", objectText(object)]);
  for (const part of parts) if (part.source === key || hasTrace(part)) lines.push(...partLines(part));
  const receipt = parts.find(({ source }) => source.startsWith(BRONZE))?.receipt ?? null;
  for (const text of contractTexts(contract, key, lake, receipt)) lines.push(["contract", text]);
  for (const output of outputs) {
    const orphaned = orphans.includes(output.key) ? ", orphaned" : "";
    lines.push(["output", `${output.key}: ${output.size === null ? "missing" : `${output.size} bytes${orphaned}`}`]);
  }
  lines.push(["next", nextText(explanation, lake)]);
  const width = Math.max(...lines.map(([label]) => label.length));
  const body = lines.map(([label, text]) => `  ${label.padEnd(width)}  ${escapeTerminal(advised(io, text))}\n`);
  return `${escapeTerminal(key)}\n${body.join("")}`;
}

function triggerText({ key, trigger, problem }: Explanation): string {
  if (trigger === null) return `none: ${problem}`;
  const { name, startedBy } = topology.functions[trigger];
  const rules = rulesOf(startedBy, suffixesUnder(startedBy.prefix)).filter(({ suffix }) => key.endsWith(suffix));
  const text = `${startedBy.id} (${rules
    .map(({ prefix, suffix }) => `${prefix}**${suffix}`)
    .join(", ")}) starts ${name}`;
  return problem === null ? text : `${text}, but: ${problem}`;
}

/** Numbers as the source gave them: of 56 digits in Kinesis. */
function streamText({ source, shard, behind, last, shard_last, shard_ended }: StreamOrigin): string {
  const what = last === null ? `records behind ${behind}` : `records behind ${behind}, up to ${last}`;
  return `${what}, of shard ${shard} of ${source}, which has come to ${shard_last}${shard_ended ? " and is closed" : ""}`;
}

function objectText(object: ObjectInfo | null): string {
  if (object === null) return "none";
  return `${object.key}: ${object.size} bytes, ${new Date(object.modified).toISOString()}, version ${object.token}`;
}

function partLines({ function: id, source, object, isUnfinished, receipt, isCurrent, failures }: Part): Line[] {
  const lines: Line[] = [];
  const upload = isUnfinished ? "; it is still being written" : "";
  lines.push(["object", object === null ? `${source}: none` : `${objectText(object)}${upload}`]);
  if (receipt !== null) {
    const { outcome, started, code, error } = receipt;
    const tally = tallyOf(receipt);
    const how = `at ${started} by ${code}${tally === null ? "" : `, threshold ${tally.anomaly_threshold}`}`;
    const which = isCurrent ? "" : " an older version";
    const what = outcome === "done" ? countsText(receipt) : (error?.message ?? "");
    lines.push(["receipt", `${topology.functions[id].name}: ${outcome}${which} ${how}. ${what}`]);
    for (const text of noteTexts([{ key: source, ...receipt.split }])) lines.push(["note", text]);
  } else if (object !== null) lines.push(["receipt", `${topology.functions[id].name}: none`]);
  return [...lines, ...failures.map(failureLine)];
}

/** A row of a source that a contract describes may be several readings. */
function countsText(receipt: Receipt): string {
  const { rows } = tallyOf(receipt) ?? { rows: NO_ROWS };
  const what = receipt.split?.contract === undefined ? "rows" : "readings";
  return `${rows.in} ${what}: ${rows.silver} silver, ${rows.anomalies} anomalies, ${rows.rejects} rejects, ${rows.blank} blank`;
}

function failureLine({ id, state, code, time }: Failure): Line {
  return ["dead letter", `${id.slice(0, 8)}: ${code} of ${time}, ${state}`];
}

function hasTrace({ object, receipt, failures }: Part): boolean {
  return object !== null || receipt !== null || failures.length > 0;
}

function nextText(explanation: Explanation, lake: string): string {
  const { key, trigger, problem, parts } = explanation;
  const next = nextOf(explanation);
  const option = lakeOption(lake);
  if (next.does === "run" || next.does === "wait") {
    const { name } = topology.functions[next.part.function];
    const when = next.does === "wait" ? " once its upload is complete" : "";
    return `${next.part.source} is work for ${name}${when}: vantageflow run${option}`;
  }
  if (next.does === "contract") return `nothing by itself: ${next.why}`;
  if (problem !== null && trigger !== null) return "nothing by itself. Put the file there under a name of its own";
  if (next.does === "redrive") {
    const id = next.failure.id.slice(0, 8);
    const dismiss = `or close it, where nothing is to come of it: vantageflow dlq dismiss ${id}${option}`;
    return `nothing by itself. Replace the file, or: vantageflow dlq redrive ${id}${option}; ${dismiss}`;
  }
  if (next.does === "reprocess") {
    const what = next.isTorn
      ? "To split it again, for its silver and anomalies are of two splits"
      : "To make again what is missing";
    return `nothing by itself. ${what}: vantageflow run --reprocess ${shellWord(batchPathOf(key))}${option}`;
  }
  if (next.does === "bring_back") {
    const source = parts.find((part) => part.source.startsWith(BRONZE))?.source ?? keyIn(BRONZE, batchPathOf(key));
    const [bronze, anomalies] = [source, keyIn(ANOMALIES, batchPathOf(key))].map(shellWord);
    const why = "its silver and anomalies are not of one split, and its bronze is gone";
    const kept = `what is kept of either: vantageflow versions ${bronze}${option}, vantageflow versions ${anomalies}${option}`;
    return `nothing by itself: ${why}. Bring bronze back, or the anomalies as they were, from a backup or by a restore; or move the anomalies away, if silver was put there by hand; ${kept}`;
  }
  if (next.does === "remove") {
    const fix = `vantageflow verify --fix --prefix ${shellWord(batchPathOf(key))}${option}`;
    return `nothing by itself. What it was made of was renamed, moved or removed; to remove what is left of it: ${fix}`;
  }
  return parts.some(({ isSettled }) => isSettled) ? "nothing: all is done" : "nothing by itself";
}
