import { land } from "../../engine/land.ts";
import { run } from "../../engine/run.ts";
import { VantageflowError } from "../../errors.ts";
import { generateReadings } from "../../generator/readings.ts";
import { readGold } from "../../report/gold.ts";
import { exitCodeOf, printBatches } from "../batches.ts";
import { type GlobalFlags, type Io, lakeOption, notice } from "../io.ts";
import { pullFrom } from "../pull.ts";
import { checkFolders, loadSettings, openLake, withLake } from "../settings.ts";

const BATCHES = 3;
const ROWS = 1000;
const FAILING = "FAB-TEM-001";

export async function action(io: Io, flags: GlobalFlags, dir?: string): Promise<number> {
  const lake = withLake(io, flags, dir).lake ?? "./demo";
  const settings = await loadSettings(io, { ...flags, lake });
  checkFolders(lake);
  const context = openLake(io, settings);
  for (let batch = 1; batch <= BATCHES; batch++) {
    const options = { rows: ROWS, devices: 8, seed: batch, anomalies: 0.04, invalid: 0.002, failing: [FAILING] };
    const start = new Date(Date.UTC(2026, 0, batch));
    await landReadings(context.storage, `day-${batch}.csv`, generateReadings({ ...options, start }), lake);
  }
  const results = await run(context, { concurrency: settings.config.concurrency });
  await printBatches(io, flags, lake, results);
  const { devices } = await readGold(context.storage, {});
  const worst = devices.toSorted((a, b) => b.anomaly_percentage - a.anomaly_percentage)[0];
  const lines = [
    "",
    `${devices.length} devices; ${worst.device_id} is failing: ${worst.anomaly_percentage} % of its readings are anomalies.`,
    "Next:",
    `  vantageflow report${lakeOption(lake)}`,
    `  vantageflow report${lakeOption(lake)} --device ${worst.device_id} --json`,
    `  vantageflow run --reprocess --anomaly-threshold 0.9${lakeOption(lake)}`,
  ];
  for (const line of lines) notice(io, flags, line);
  return exitCodeOf(results, false);
}

async function landReadings(
  storage: Parameters<typeof land>[0],
  name: string,
  readings: Iterable<Buffer>,
  lake: string,
): Promise<void> {
  try {
    await land(storage, name, pullFrom(inTurn(readings)), false);
  } catch (error) {
    if (!(error instanceof VantageflowError) || error.code !== "exists") throw error;
    const why = `it holds a "${name}" that is not the demo's. Choose an empty directory: vantageflow demo ./elsewhere`;
    throw new VantageflowError("exists", `Cannot make a demo in "${lake}": ${why}.`, { cause: error });
  }
}

async function* inTurn(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}
