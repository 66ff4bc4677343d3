import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { land } from "../emulator/land.ts";
import { run } from "../emulator/run.ts";
import type { ProcessContext } from "../functions/process.ts";
import { BRONZE, pathOf } from "../pipeline/layers.ts";
import { createLocalStorage } from "../storage/local.ts";
import type { LakeStorage } from "../storage/port.ts";
import { type CaseSettings, isHidden, readCaseSettings } from "./case.ts";
import { compareLakes, type Difference } from "./compare.ts";

export interface CaseResult {
  readonly case: string;
  readonly outcome: "same" | "different" | "error";
  readonly differences: readonly Difference[];
  /** Why the case could not be run. */
  readonly error: string | null;
  readonly batches: number;
  readonly seconds: number;
}

export interface ReplayOptions {
  readonly settings: ProcessContext["settings"];
  readonly code: string;
  readonly now: () => number;
  /** Called with the lake that the case's bronze made, before it is thrown away, and the files that were refused. */
  readonly onActual?: (actual: LakeStorage, refused: readonly string[], settings: CaseSettings) => Promise<void>;
}

/**
 * Runs one golden fixture: lands its `bronze/` in a new local lake, runs it to gold with the very stages of production,
 * and compares silver, anomalies and gold with the expected ones, whole and byte for byte.
 */
export async function replayCase(name: string, dir: string, options: ReplayOptions): Promise<CaseResult> {
  const started = options.now();
  const root = await mkdtemp(join(tmpdir(), "vantageflow-replay-"));
  let batches = 0;
  const result = (outcome: CaseResult["outcome"], differences: readonly Difference[], error: string | null) => {
    return { case: name, outcome, differences, error, batches, seconds: (options.now() - started) / 1000 };
  };
  try {
    const wanted = await readCaseSettings(dir);
    const expected = createLocalStorage({ root: dir });
    const actual = createLocalStorage({ root });
    for await (const { key } of expected.list(BRONZE)) {
      if (isHidden(key)) continue;
      await copyBronze(expected, actual, key);
      batches++;
    }
    if (batches === 0) return result("error", [], `There is no bronze in "${dir}". Put the case's input there.`);
    const settings = { ...options.settings, anomalyThreshold: wanted.threshold ?? options.settings.anomalyThreshold };
    const context = { storage: actual, settings, code: options.code, now: options.now };
    const results = await run(context, { concurrency: 1 });
    const refused = results.filter(({ outcome }) => outcome === "refused").map(({ key }) => key);
    const failed = results.find(({ outcome }) => outcome === "failed");
    if (failed !== undefined) return result("error", [], failed.error?.message ?? `"${failed.key}" failed.`);
    await options.onActual?.(actual, refused, wanted);
    // An update may have changed what is expected.
    const { refused: expectedRefused } = options.onActual === undefined ? wanted : await readCaseSettings(dir);
    const differences = await compareLakes(expected, actual, { expected: expectedRefused, actual: refused });
    return result(differences.length === 0 ? "same" : "different", differences, null);
  } catch (error) {
    return result("error", [], error instanceof Error ? error.message : String(error));
  } finally {
    await rm(root, { recursive: true, force: true });
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
