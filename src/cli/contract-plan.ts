import type { Resolved } from "../config.ts";
import { type Handover, handoversOf, withApplied } from "../contracts/holdings.ts";
import type { ReadableContract } from "../contracts/readable.ts";
import { changeOf, standingOf } from "../contracts/store.ts";
import { readSources } from "../ledger/sources.ts";
import { placesOf } from "./contract-files.ts";
import { type GlobalFlags, type Io, lakeOption, notice } from "./io.ts";
import { planScreen } from "./plan-text.ts";
import { readPlan } from "./read-plan.ts";
import { concurrencyOf, openLake } from "./settings.ts";

/** Says on stderr what applying these contracts would change in the lake of the settings. Writes nothing. */
export async function showPlan(
  io: Io,
  flags: GlobalFlags,
  settings: Resolved,
  proposed: readonly ReadableContract[],
): Promise<void> {
  const { storage } = openLake(io, settings);
  const sources = await readSources(storage);
  for (const { contract, digest } of proposed) {
    const standing = await standingOf(storage, contract.name);
    const change = changeOf(standing, digest);
    notice(io, flags, `${contract.name} ${TEXTS[change]}; it claims ${placesOf(contract).join(" and ")}.`);
    const handovers = await handoversOf(storage, sources, withApplied(sources, [contract]), [contract.name]);
    for (const one of handovers) notice(io, flags, `  ${handoverText(one)}`);
    // One that comes back reads no batch otherwise than before.
    if (change !== "restored" && handovers.some(({ made }) => made > 0)) {
      const again = `vantageflow run --reprocess ${contract.prefix}${lakeOption(settings.config.lake)}`;
      const isRefused = handovers.every(({ made, refused }) => made === refused);
      const what = isRefused ? "What was refused stays so" : "What is made stays as it is";
      notice(io, flags, `  ${what} until: ${again}`);
    }
  }
  const { lake, pipeline } = settings.config;
  const concurrency = concurrencyOf(settings, lake);
  const rules = { before: pipeline, after: pipeline, proposed };
  const { plan } = await readPlan(io, flags, { lake, ...rules, concurrency, limit: SAMPLES });
  if (plan.preview.batches.length > 0 && plan.summary.again.length === 0) notice(io, flags, "No batch would change.");
  else if (plan.preview.batches.length > 0)
    noticeLines(io, flags, await planScreen(io, { ...flags, color: false }, plan));
}

/** Rows told one by one before somebody is asked. */
const SAMPLES = 5;

function noticeLines(io: Io, flags: GlobalFlags, text: string): void {
  for (const line of text.trimEnd().split("\n")) notice(io, flags, line);
}

const TEXTS = {
  new: "is new",
  changed: "is there with other words, and changes",
  restored: "was removed, and comes back",
  unchanged: "is in force as it is",
} as const;

/** `3 batches pass from the built-in contract to the contract "a"; 2 of them are made, and 1 was refused.` */
export function handoverText({ from, to, batches, made: ended, refused }: Handover): string {
  const [count, stay, pass] = batches === 1 ? ["1 batch", "stays", "passes"] : [`${batches} batches`, "stay", "pass"];
  const whose = from === to ? `${stay} with ${to}` : `${pass} from ${from} to ${to}`;
  const made = ended - (refused ?? 0);
  const parts = [
    ...(made === 0 ? [] : [madeText(made, batches)]),
    ...(refused === null || refused === 0 ? [] : [refusedText(refused, batches)]),
  ];
  return `${count} ${whose}; ${parts.length === 0 ? "none is made yet" : parts.join(", and ")}.`;
}

function madeText(made: number, batches: number): string {
  if (made === batches) return made === 1 ? "it is made" : "all are made";
  return `${made} of them ${made === 1 ? "is" : "are"} made`;
}

function refusedText(refused: number, batches: number): string {
  if (refused === batches) return refused === 1 ? "it was refused" : "all were refused";
  return `${refused} of them ${refused === 1 ? "was" : "were"} refused`;
}
