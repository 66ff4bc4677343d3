import { hasCode } from "../errors.ts";
import type { BatchResult } from "../functions/result.ts";
import { isRejectsKey } from "../ledger/layers.ts";
import { allRejectedText, firstReject, isAllRejected } from "../report/rejects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { type GlobalFlags, type Io, lakeOption, notice } from "./io.ts";

/** Names at most so many files in a line. */
const NAMED = 3;

/** How many rows were rejected and where they are; and which batches have no other. */
export async function sayRejects(
  io: Io,
  flags: GlobalFlags,
  storage: LakeStorage,
  results: readonly BatchResult[],
): Promise<void> {
  const rejected = results.filter(({ rows }) => rows.rejects > 0);
  if (rejected.length === 0) return;
  const total = rejected.reduce((sum, { rows }) => sum + rows.rejects, 0);
  const files = namedFiles(rejected.map(fileOf), storage.url);
  notice(io, flags, `${total} row${total === 1 ? "" : "s"} rejected, with line and reason: ${files}`);
  const whole = rejected.filter(({ rows }) => isAllRejected(rows));
  if (whole.length === 0) return;
  const text = allRejectedText(whole, await reasonOf(storage, fileOf(whole[0])));
  notice(io, flags, `${text}. Nothing of ${whole.length === 1 ? "it" : "them"} is in silver.`);
}

/** The first of these files; and, where there are more, the command that lists all. */
export function namedFiles(files: readonly string[], lake: string): string {
  const rest = files.length - NAMED;
  const names = files.slice(0, NAMED).join(", ");
  return rest > 0 ? `${names} and ${rest} more: vantageflow dlq list --rejects${lakeOption(lake)}` : names;
}

function fileOf({ key, outputs }: BatchResult): string {
  return outputs.find(isRejectsKey) ?? key;
}

/** Null where the file has gone meanwhile, too: all else is said all the same. */
async function reasonOf(storage: LakeStorage, file: string): Promise<string | null> {
  try {
    return await firstReject(storage, file);
  } catch (error) {
    if (hasCode(error, "not_found", "storage_failed")) return null;
    throw error;
  }
}
