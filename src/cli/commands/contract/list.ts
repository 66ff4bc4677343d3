import { type Contested, type Holdings, holdingsOf } from "../../../contracts/holdings.ts";
import { digestOfStored } from "../../../contracts/lake.ts";
import { type Problem, problemText } from "../../../contracts/problem.ts";
import { parseKnown } from "../../../contracts/readable.ts";
import { hasCode, messageOf } from "../../../errors.ts";
import type { Claim } from "../../../ledger/claims.ts";
import {
  bothClaim,
  claimKeyOf,
  commandName,
  mendAdvice,
  REMOVE_ONE,
  readAll,
  type Sources,
  type StoredContract,
} from "../../../ledger/sources.ts";
import { compareKeys } from "../../../storage/keys.ts";
import { readText } from "../../../storage/objects.ts";
import type { LakeStorage } from "../../../storage/port.ts";
import { placesOf } from "../../contract-files.ts";
import { openContracts, shortDigest } from "../../contracts.ts";
import { complain, type GlobalFlags, type Io, lakeOption, notice, printJson } from "../../io.ts";
import { printTable } from "../../table.ts";

type State = "in force" | "broken" | "claimed before" | "removed";

/** A contract of the lake, and what it has. */
interface Row extends Holdings {
  /** As commands call it. */
  readonly name: string;
  readonly key: string;
  readonly state: State;
  /** What says which batches are its; null where nothing does. */
  readonly claim: Claim | null;
  readonly format: string;
  readonly digest: string | null;
  readonly problems: readonly Problem[];
}

const NOTHING = { claim: null, format: "", batches: 0, waiting: 0, otherwiseMade: 0 };

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const { lake, storage } = await openContracts(io, flags, "list the contracts of");
  const { sources, unreadable } = await readAll(storage);
  const digests = new Map<StoredContract, string | null>();
  for (const stored of sources.contracts) digests.set(stored, await digestOfStored(stored));
  const digestOf = (stored: StoredContract) => digests.get(stored) ?? null;
  const { byKey, contested } = await holdingsOf(storage, sources, digestOf);
  const readable: Row[] = [];
  for (const stored of sources.contracts) {
    const { problems } = await parseKnown(stored.text);
    const { key } = stored.object;
    const said = { format: formatOf(stored.text), digest: digestOf(stored), problems };
    const state = stateOf(stored, sources, problems);
    readable.push({ ...NOTHING, ...byKey.get(key), ...said, name: commandName(stored), key, state, claim: stored });
  }
  const broken: Row[] = [];
  for (const key of unreadable) {
    const beside = readable.find((one) => one.key === claimKeyOf(key));
    const name = commandName({ name: "", object: { key } });
    const problems = await problemsAt(storage, key);
    broken.push({ ...NOTHING, ...beside, name, key, state: "broken", digest: null, problems });
  }
  const claims = broken.map(({ key }) => claimKeyOf(key));
  const rows = [...readable.filter(({ key }) => !claims.includes(key)), ...broken].toSorted((a, b) =>
    compareKeys(a.name, b.name),
  );
  if (flags.json) await printJson(io, { version: 1, lake, contracts: rows.map(rowJson), conflicts: contested });
  else await printRows(io, flags, rows);
  for (const { key, state, problems } of rows) {
    if (state !== "broken" || problems.length === 0) continue;
    const more = problems.length > 1 ? ` And ${problems.length - 1} more.` : "";
    complain(io, `${key}: ${problemText(problems[0])}${more} ${mendAdvice(storage.url, key)}.`);
  }
  const texts = broken.length > 0 ? ["Until then no batch of bronze is processed."] : advice(rows, contested, lake);
  for (const text of texts) notice(io, flags, text);
  return 0;
}

function stateOf(stored: StoredContract, { contracts }: Sources, problems: readonly Problem[]): State {
  if (!stored.isRemoved) return problems.length > 0 ? "broken" : "in force";
  return contracts.some(({ object }) => claimKeyOf(object.key) === stored.object.key) ? "claimed before" : "removed";
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

function rowJson({ name, key, state, claim, format, digest, batches, waiting, otherwiseMade, problems }: Row) {
  const { prefix, suffixes } = claim ?? { prefix: null, suffixes: [] };
  const counts = { batches, waiting, made_otherwise: otherwiseMade };
  const inForce = state === "in force" || state === "broken";
  return { name, key, prefix, suffixes, format, digest, in_force: inForce, ...counts, problems };
}

async function printRows(io: Io, flags: GlobalFlags, rows: readonly Row[]): Promise<void> {
  const right = (head: string) => ({ head, align: "right" as const });
  const heads = [
    ...["name", "state", "claims", "format", "digest"].map((head) => ({ head })),
    ...["batches", "waiting", "made otherwise"].map(right),
  ];
  const cells = rows.map(({ name, state, claim, format, digest, batches, waiting, otherwiseMade }) => [
    ...[name, state, claim === null ? "" : placesOf(claim).join(" "), format, shortDigest(digest)],
    ...[batches, waiting, otherwiseMade ?? "?"],
  ]);
  await printTable(io, flags, heads, cells, (cell, head, colors) => {
    if (cell === "broken") return colors.red(cell);
    return cell === "removed" || cell === "claimed before" || (head === "waiting" && cell !== "0")
      ? colors.yellow(cell)
      : cell;
  });
}

function advice(rows: readonly Row[], contested: readonly Contested[], lake: string): string[] {
  const option = lakeOption(lake);
  if (rows.length === 0)
    return [`No contracts: the built-in one reads all. Propose one: vantageflow contract infer FILE`];
  const inForce = rows.filter(({ state }) => state === "in force");
  const other = inForce.filter(({ otherwiseMade }) => otherwiseMade !== 0);
  const countOf = (name: string) =>
    contested.reduce((sum, { names, waiting }) => sum + (names.includes(name) ? waiting : 0), 0);
  return [
    ...contested.map(({ names, waiting }) => {
      const what = waiting === 1 ? ["1 batch waits", "it"] : [`${waiting} batches wait`, "them"];
      return `${what[0]}: ${bothClaim(names, what[1])}. ${REMOVE_ONE}${option}`;
    }),
    ...(inForce.some(({ name, waiting }) => waiting > countOf(name))
      ? [`Batches are to be processed: vantageflow run${option}`]
      : []),
    ...other.map(({ name, claim, otherwiseMade }) => {
      const count =
        otherwiseMade === null ? "Some batches" : `${otherwiseMade} batch${otherwiseMade === 1 ? "" : "es"}`;
      const may = otherwiseMade === null ? "may have been made" : otherwiseMade === 1 ? "was made" : "were made";
      return `${count} of "${name}" ${may} by another version or contract, and stay so until: vantageflow run --reprocess ${claim?.prefix}${option}`;
    }),
  ];
}
