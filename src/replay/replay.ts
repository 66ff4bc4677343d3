import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Failed } from "../bounded.ts";
import { land } from "../engine/land.ts";
import { run } from "../engine/run.ts";
import type { ProcessContext } from "../functions/context.ts";
import { BRONZE, pathOf } from "../ledger/layers.ts";
import { CONTRACTS } from "../ledger/sources.ts";
import { copyObject } from "../storage/copy.ts";
import { createLocalStorage } from "../storage/local.ts";
import type { LakeStorage } from "../storage/port.ts";
import { isHidden, readCaseSettings } from "./case.ts";
import { type Change, changesOf } from "./changes.ts";
import { compareOutputs, type Difference } from "./compare.ts";
import { compareRefusals, type ExpectedRefusals, readProblems, refusalsOf } from "./refusals.ts";
import type { updateCase } from "./update.ts";

export interface CaseResult {
  readonly case: string;
  readonly outcome: "same" | "different" | "error";
  readonly differences: readonly Difference[];
  /** What an update has done to the case's files; null without one. */
  readonly updated: readonly Change[] | null;
  /** Why the case could not be run. */
  readonly error: string | null;
  readonly batches: number;
  readonly seconds: number;
}

export interface ReplayOptions {
  readonly settings: ProcessContext["settings"];
  readonly code: string;
  readonly now: () => number;
  /** Makes what came out of a case what is expected of it, see `updateCase`. */
  readonly update?: typeof updateCase;
}

/**
 * Runs one golden fixture: lands its `bronze/` in a new local lake that has its `contracts/`, runs it to gold with the very
 * stages of production, and compares silver, anomalies and gold with the expected ones, whole and byte for byte, and what is refused with what
 * should be.
 */
export async function replayCase(name: string, dir: string, options: ReplayOptions): Promise<CaseResult> {
  const started = options.now();
  const root = await mkdtemp(join(tmpdir(), "vantageflow-replay-"));
  let batches = 0;
  let updated: readonly Change[] | null = options.update === undefined ? null : [];
  const result = (outcome: CaseResult["outcome"], differences: readonly Difference[], error: string | null) => {
    return { case: name, outcome, differences, updated, error, batches, seconds: (options.now() - started) / 1000 };
  };
  try {
    const wanted = await readCaseSettings(dir);
    const expected = createLocalStorage({ root: dir });
    const actual = createLocalStorage({ root });
    await putContracts(expected, actual);
    for await (const { key } of expected.list(BRONZE)) {
      if (isHidden(key)) continue;
      await copyBronze(expected, actual, key);
      batches++;
    }
    if (batches === 0) return result("error", [], `There is no bronze in "${dir}". Put the case's input there.`);
    const settings = { ...options.settings, anomalyThreshold: wanted.threshold ?? options.settings.anomalyThreshold };
    const context = { storage: actual, settings, code: options.code, now: options.now };
    const results = await run(context, { concurrency: 1 });
    const refused = refusalsOf(results);
    const failed = results.find(({ outcome }) => outcome === "failed");
    if (failed !== undefined) return result("error", [], failed.error?.message ?? `"${failed.key}" failed.`);
    const compare = async () => {
      const refusals: ExpectedRefusals = {
        keys: (await readCaseSettings(dir)).refused,
        problems: await readProblems(dir),
      };
      const differences = [...(await compareOutputs(expected, actual)), ...compareRefusals(refusals, refused)];
      return { differences, refusals };
    };
    let { differences, refusals } = await compare();
    if (options.update !== undefined && differences.length > 0) {
      const { done, failed } = await options.update(dir, actual, changesOf(differences, refusals, refused), refused);
      updated = done;
      ({ differences } = await compare());
      if (failed.length > 0) return result("error", differences, notUpdated(failed));
    }
    return result(differences.length === 0 ? "same" : "different", differences, null);
  } catch (error) {
    return result("error", [], error instanceof Error ? error.message : String(error));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function notUpdated(failed: readonly Failed[]): string {
  const others = failed.length > 1 ? ` and ${failed.length - 1} more` : "";
  return `Cannot update "${failed[0].key}"${others}: ${failed[0].message}. Mend that and update again.`;
}

/** Those of the case are in force before there is a batch. */
async function putContracts(from: LakeStorage, to: LakeStorage): Promise<void> {
  for await (const { key } of from.list(CONTRACTS)) {
    if (isHidden(key)) continue;
    const reader = await from.read(key);
    try {
      await copyObject(reader, to, key, null);
    } finally {
      await reader.close();
    }
  }
}

async function copyBronze(from: LakeStorage, to: LakeStorage, key: string): Promise<void> {
  const reader = await from.read(key);
  try {
    await land(to, pathOf(key), (into) => reader.pull(into), false);
  } finally {
    await reader.close();
  }
}
