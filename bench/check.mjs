import { createReadStream, existsSync, readFileSync } from "node:fs";

/**
 * What a contender made of the readings.
 * @typedef {object} Result
 * @property {number} silver rows
 * @property {number} anomalies rows
 * @property {number} rejects rows
 * @property {Map<string, Record<string, number>>} gold by device
 */

const GOLD = ["total_readings", "avg_value", "min_value", "max_value", "anomaly_count", "anomaly_percentage"];
/** Sums are taken in another order, and not compensated, by others. */
const TOLERANCE = 1e-9;

/**
 * @param {import("./contenders.mjs").Outputs} outputs
 * @returns {Promise<Result>}
 */
export async function readResult(outputs) {
  return {
    silver: await countRows(outputs.silver),
    anomalies: await countRows(outputs.anomalies),
    rejects: existsSync(outputs.rejects) ? await countRows(outputs.rejects) : 0,
    gold: readGold(outputs.gold),
  };
}

/**
 * How `result` differs from `expected`; empty when it does not.
 * @param {Result} result
 * @param {Result} expected
 * @returns {string[]}
 */
export function differences(result, expected) {
  const found = [];
  for (const layer of /** @type {const} */ (["silver", "anomalies", "rejects"])) {
    if (result[layer] !== expected[layer]) found.push(`${layer}: ${result[layer]} rows, not ${expected[layer]}`);
  }
  if (result.gold.size !== expected.gold.size) {
    found.push(`gold: ${result.gold.size} devices, not ${expected.gold.size}`);
  }
  for (const [id, wanted] of expected.gold) {
    const device = result.gold.get(id);
    const wrong = GOLD.filter((column) => !near(device?.[column], wanted[column]));
    if (wrong.length > 0) found.push(`gold: ${id} differs in ${wrong.join(", ")}`);
    if (found.length > 5) break;
  }
  return found;
}

function near(number, wanted) {
  return Math.abs(number - wanted) <= TOLERANCE * Math.max(1, Math.abs(wanted));
}

/** Lines after the header: generated readings have no line breaks inside fields. */
async function countRows(path) {
  let lines = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
  }
  return lines - 1;
}

function readGold(path) {
  const [header, ...lines] = readFileSync(path, "utf8").trimEnd().split(/\r?\n/);
  const names = header.split(",");
  const gold = new Map();
  for (const line of lines) {
    const fields = line.split(",");
    gold.set(
      fields[names.indexOf("device_id")],
      Object.fromEntries(GOLD.map((column) => [column, Number(fields[names.indexOf(column)])])),
    );
  }
  return gold;
}
