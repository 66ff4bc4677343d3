import { type Holdings, holdingsOf } from "../../../contracts/holdings.ts";
import { digestOfStored } from "../../../contracts/lake.ts";
import { readSources, type StoredContract } from "../../../ledger/sources.ts";
import { placesOf } from "../../contract-files.ts";
import { openContracts, shortDigest } from "../../contracts.ts";
import { type GlobalFlags, type Io, lakeOption, notice, printJson } from "../../io.ts";
import { printTable } from "../../table.ts";

/** A contract of the lake, and what it has. */
interface Row extends Holdings {
  readonly stored: StoredContract;
  readonly format: string;
  readonly digest: string | null;
}

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const { lake, storage } = await openContracts(io, flags, "list the contracts of");
  const sources = await readSources(storage);
  const digests = new Map<StoredContract, string | null>();
  for (const stored of sources.contracts) digests.set(stored, await digestOfStored(stored));
  const digestOf = (stored: StoredContract) => digests.get(stored) ?? null;
  const holdings = await holdingsOf(storage, sources, digestOf);
  const none: Holdings = { batches: 0, waiting: 0, otherwiseMade: 0 };
  const rows = sources.contracts.map((stored): Row => {
    const { object } = stored;
    return {
      ...(holdings.get(object.key) ?? none),
      stored,
      format: formatOf(stored.text),
      digest: digestOf(stored),
    };
  });
  if (flags.json) await printJson(io, { version: 1, lake, contracts: rows.map(rowJson) });
  else await printRows(io, flags, rows);
  for (const text of advice(rows, lake)) notice(io, flags, text);
  return 0;
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

function rowJson({ stored, format, digest, batches, waiting, otherwiseMade }: Row) {
  const { name, prefix, suffixes, object, isRemoved } = stored;
  const counts = { batches, waiting, made_otherwise: otherwiseMade };
  return { name, key: object.key, prefix, suffixes, format, digest, in_force: !isRemoved, ...counts };
}

async function printRows(io: Io, flags: GlobalFlags, rows: readonly Row[]): Promise<void> {
  const right = (head: string) => ({ head, align: "right" as const });
  const heads = [
    ...["name", "state", "claims", "format", "digest"].map((head) => ({ head })),
    ...["batches", "waiting", "made otherwise"].map(right),
  ];
  const cells = rows.map(({ stored, format, digest, batches, waiting, otherwiseMade }) => [
    stored.name,
    stored.isRemoved ? "removed" : "in force",
    placesOf(stored).join(" "),
    format,
    shortDigest(digest),
    ...[batches, waiting, otherwiseMade ?? "?"],
  ]);
  await printTable(io, flags, heads, cells, (cell, head, colors) => {
    return cell === "removed" || (head === "waiting" && cell !== "0") ? colors.yellow(cell) : cell;
  });
}

function advice(rows: readonly Row[], lake: string): string[] {
  const option = lakeOption(lake);
  if (rows.length === 0)
    return [`No contracts: the built-in one reads all. Propose one: vantageflow contract infer FILE`];
  const inForce = rows.filter(({ stored }) => !stored.isRemoved);
  const other = inForce.filter(({ otherwiseMade }) => otherwiseMade !== 0);
  return [
    ...(inForce.some(({ waiting }) => waiting > 0) ? [`Batches are to be processed: vantageflow run${option}`] : []),
    ...other.map(({ stored: { name, prefix }, otherwiseMade }) => {
      const count =
        otherwiseMade === null ? "Some batches" : `${otherwiseMade} batch${otherwiseMade === 1 ? "" : "es"}`;
      const may = otherwiseMade === null ? "may have been made" : otherwiseMade === 1 ? "was made" : "were made";
      return `${count} of "${name}" ${may} by another version or contract, and stay so until: vantageflow run --reprocess ${prefix}${option}`;
    }),
  ];
}
