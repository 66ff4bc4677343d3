import { type Contested, type Holdings, holdingsOf } from "../../../contracts/holdings.ts";
import { digestOfStored } from "../../../contracts/lake.ts";
import { type Problem, problemText } from "../../../contracts/problem.ts";
import { parseKnown } from "../../../contracts/readable.ts";
import { hasCode, messageOf } from "../../../errors.ts";
import {
  bothClaim,
  commandName,
  mendAdvice,
  REMOVE_ONE,
  readAll,
  type StoredContract,
} from "../../../ledger/sources.ts";
import { readText } from "../../../storage/objects.ts";
import type { LakeStorage } from "../../../storage/port.ts";
import { placesOf } from "../../contract-files.ts";
import { openContracts, shortDigest } from "../../contracts.ts";
import { complain, type GlobalFlags, type Io, lakeOption, notice, printJson } from "../../io.ts";
import { printTable } from "../../table.ts";

/** A contract of the lake, and what it has. */
interface Row extends Holdings {
  readonly stored: StoredContract;
  readonly format: string;
  readonly digest: string | null;
  readonly problems: readonly Problem[];
}

/** What lies there in force, and says not even which batches are its. */
interface Unreadable {
  readonly key: string;
  readonly problems: readonly Problem[];
}

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const { lake, storage } = await openContracts(io, flags, "list the contracts of");
  const { sources, unreadable: keys } = await readAll(storage);
  const digests = new Map<StoredContract, string | null>();
  for (const stored of sources.contracts) digests.set(stored, await digestOfStored(stored));
  const digestOf = (stored: StoredContract) => digests.get(stored) ?? null;
  const { byKey, contested } = await holdingsOf(storage, sources, digestOf);
  const none: Holdings = { batches: 0, waiting: 0, otherwiseMade: 0 };
  const rows: Row[] = [];
  for (const stored of sources.contracts) {
    const { problems } = await parseKnown(stored.text);
    const holdings = byKey.get(stored.object.key) ?? none;
    rows.push({ ...holdings, stored, format: formatOf(stored.text), digest: digestOf(stored), problems });
  }
  const unreadable: Unreadable[] = [];
  for (const key of keys) unreadable.push({ key, problems: await problemsAt(storage, key) });
  if (flags.json) {
    const contracts = [...rows.map(rowJson), ...unreadable.map(unreadableJson)];
    await printJson(io, { version: 1, lake, contracts, conflicts: contested });
  } else await printRows(io, flags, rows, unreadable);
  const broken = [...rows.map(({ stored, problems }) => ({ key: stored.object.key, problems })), ...unreadable];
  for (const { key, problems } of broken) {
    if (problems.length === 0) continue;
    const [first] = problems;
    const more = problems.length > 1 ? ` And ${problems.length - 1} more.` : "";
    complain(io, `${key}: ${problemText(first)}${more} ${mendAdvice(storage.url, key)}.`);
  }
  if (unreadable.length > 0) notice(io, flags, "Until then no batch of bronze is processed.");
  for (const text of advice({ rows, contested, isBlocked: unreadable.length > 0 }, lake)) notice(io, flags, text);
  return 0;
}

/** What is wrong with what says not even which batches are its. */
async function problemsAt(storage: LakeStorage, key: string): Promise<readonly Problem[]> {
  try {
    return (await parseKnown(await readText(storage, key))).problems;
  } catch (error) {
    if (hasCode(error, "not_found")) return [];
    return [{ path: "$", why: messageOf(error), allowed: "a contract" }];
  }
}

/** What the sources are, as far as the text says it: a contract that is wrong is listed, too. */
function formatOf(text: string): string {
  try {
    const { type, compression = "none" } = JSON.parse(text.replace(/^\ufeff/, "")).format;
    return compression === "none" ? String(type) : `${type}, ${compression}`;
  } catch {
    return "";
  }
}

function rowJson({ stored, format, digest, batches, waiting, otherwiseMade, problems }: Row) {
  const { name, prefix, suffixes, object, isRemoved } = stored;
  const counts = { batches, waiting, made_otherwise: otherwiseMade };
  return { name, key: object.key, prefix, suffixes, format, digest, in_force: !isRemoved, ...counts, problems };
}

function unreadableJson({ key, problems }: Unreadable) {
  const claims = { prefix: null, suffixes: [], format: "", digest: null };
  const counts = { batches: 0, waiting: 0, made_otherwise: 0 };
  return { name: commandName({ name: "", object: { key } }), key, ...claims, in_force: true, ...counts, problems };
}

async function printRows(
  io: Io,
  flags: GlobalFlags,
  rows: readonly Row[],
  unreadable: readonly Unreadable[],
): Promise<void> {
  const right = (head: string) => ({ head, align: "right" as const });
  const heads = [
    ...["name", "state", "claims", "format", "digest"].map((head) => ({ head })),
    ...["batches", "waiting", "made otherwise"].map(right),
  ];
  const cells: (string | number)[][] = rows.map(
    ({ stored, format, digest, batches, waiting, otherwiseMade, problems }) => [
      commandName(stored),
      stateOf(stored, rows, problems),
      placesOf(stored).join(" "),
      format,
      shortDigest(digest),
      ...[batches, waiting, otherwiseMade ?? "?"],
    ],
  );
  for (const { key } of unreadable)
    cells.push([commandName({ name: "", object: { key } }), "broken", "", "", "", "", "", ""]);
  await printTable(io, flags, heads, cells, (cell, head, colors) => {
    if (cell === "broken") return colors.red(cell);
    return cell === "removed" || cell === "claimed before" || (head === "waiting" && cell !== "0")
      ? colors.yellow(cell)
      : cell;
  });
}

function stateOf(stored: StoredContract, rows: readonly Row[], problems: readonly Problem[]): string {
  if (!stored.isRemoved) return problems.length > 0 ? "broken" : "in force";
  const isChanged = rows.some((one) => !one.stored.isRemoved && commandName(one.stored) === commandName(stored));
  return isChanged ? "claimed before" : "removed";
}

interface Listed {
  readonly rows: readonly Row[];
  readonly contested: readonly Contested[];
  readonly isBlocked: boolean;
}

function advice({ rows, contested, isBlocked }: Listed, lake: string): string[] {
  const option = lakeOption(lake);
  if (isBlocked) return [];
  if (rows.length === 0)
    return [`No contracts: the built-in one reads all. Propose one: vantageflow contract infer FILE`];
  const inForce = rows.filter(({ stored, problems }) => !stored.isRemoved && problems.length === 0);
  const other = inForce.filter(({ otherwiseMade }) => otherwiseMade !== 0);
  const countOf = (name: string) =>
    contested.reduce((sum, { names, waiting }) => sum + (names.includes(name) ? waiting : 0), 0);
  return [
    ...contested.map(({ names, waiting }) => {
      const what = waiting === 1 ? ["1 batch waits", "it"] : [`${waiting} batches wait`, "them"];
      return `${what[0]}: ${bothClaim(names, what[1])}. ${REMOVE_ONE}${option}`;
    }),
    ...(inForce.some(({ stored, waiting }) => waiting > countOf(commandName(stored)))
      ? [`Batches are to be processed: vantageflow run${option}`]
      : []),
    ...other.map(({ stored: { name, prefix }, otherwiseMade }) => {
      const count =
        otherwiseMade === null ? "Some batches" : `${otherwiseMade} batch${otherwiseMade === 1 ? "" : "es"}`;
      const may = otherwiseMade === null ? "may have been made" : otherwiseMade === 1 ? "was made" : "were made";
      return `${count} of "${name}" ${may} by another version or contract, and stay so until: vantageflow run --reprocess ${prefix}${option}`;
    }),
  ];
}
