import type { ContractStanding } from "../contracts/standing.ts";
import { batchPathOf } from "../ledger/layers.ts";
import type { ReadContract } from "../ledger/read-contract.ts";
import type { Receipt } from "../ledger/receipts.ts";
import { lakeOption, shellWord } from "./io.ts";

/** By which contract a batch was made and whether that holds still, a line each; nothing of the built-in contract alone. */
export function contractTexts(
  standing: ContractStanding | null,
  key: string,
  lake: string,
  receipt: Receipt | null,
): string[] {
  if (standing === null) return [];
  const { read_by: now, made_by: made, changed } = standing;
  const again = `vantageflow run --reprocess ${shellWord(batchPathOf(key))}${lakeOption(lake)}`;
  const texts: string[] = [];
  const { outcome, split } = receipt ?? {};
  if (outcome === "refused" && now !== null && now.digest !== split?.contract?.digest) {
    const before = split?.contract === undefined ? "before that" : `by ${nameText(split.contract)}`;
    return [`${nameText(now)} reads it now, and ${before} it was refused; to try again: ${again}`];
  }
  if (made !== null) texts.push(madeText(made));
  if (changed) {
    const by = now === null ? "the built-in contract reads it now" : sinceText(now, made);
    texts.push(`${by}; what was made stays valid until it is made again: ${again}`);
  } else if (made === null && now !== null) texts.push(`${nameText(now)} reads it`);
  if (standing.older_time_zones) {
    texts.push(
      `its local times were judged by the time zone database ${made?.tz}, an older one; to do it again: ${again}`,
    );
  }
  return texts;
}

function sinceText(now: NonNullable<ContractStanding["read_by"]>, made: ReadContract | null): string {
  if (made?.name === now.name) return `it has changed since, to ${nameText(now)}`;
  return `${nameText(now)} reads it now${made === null ? ", and made by the built-in one is what there is" : ""}`;
}

function nameText({ name, digest }: { readonly name: string; readonly digest: string | null }): string {
  return digest === null ? name : `${name} (${digest.slice(0, DIGEST_SHOWN)})`;
}

/** As many as `contract list` shows. */
const DIGEST_SHOWN = 12;

/** `station (3f2a9c01): 300 records, 20 left out by "keep", 32 cells without a value or left out; readings by rule: sensor range 3`. */
function madeText(made: ReadContract): string {
  const { records, left = 0, absent, rules = {} } = made;
  const counts = [
    ...(records === undefined ? [] : [`${records} ${records === 1 ? "record" : "records"}`]),
    ...(left === 0 ? [] : [`${left} left out by "keep"`]),
    `${absent} ${absent === 1 ? "cell" : "cells"} without a value${left === 0 ? "" : " or left out"}`,
  ];
  const ruled = Object.entries(rules).map(([name, readings]) => `${name} ${readings}`);
  return `${nameText(made)}: ${counts.join(", ")}${ruled.length === 0 ? "" : `; readings by rule: ${ruled.join(", ")}`}`;
}
