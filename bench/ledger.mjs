import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { topology } from "../dist/index.js";

const { bronzeToSilver, silverToGold } = topology.functions;
const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const GOLD_HEADER = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage\n";
const SHA = "0".repeat(64);

/**
 * A lake of many batches as runs leave it, made in seconds: layers, gold of `rows` of the `devices` in each, and, by
 * `writeReceipts`, the receipts of both functions for all that has none yet. `storage` is that of the directory `root`.
 */
export function createLedger(storage, root, { devices, rows }) {
  const known = new Set();

  function write(key, text) {
    const path = join(root, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Gold of so many devices, other ones in each batch. */
  function goldOf(n) {
    let text = GOLD_HEADER;
    for (let i = 0; i < rows; i++) {
      const device = (n * rows + i * 7) % devices;
      const average = 20 + ((n * 31 + i * 17) % 1000) / 97;
      text += `FAB-TEM-${String(device).padStart(5, "0")},50,${average},${average - 5},${average + 5},${device % 20},0.0\n`;
    }
    return text;
  }

  /** A batch as a run leaves it, but for its receipts. */
  function writeBatch(n) {
    const path = `day=${String(n % 30).padStart(2, "0")}/batch-${n}.csv`;
    for (const layer of ["bronze", "silver", "anomalies"]) write(`${layer}/${path}`, HEADER);
    write(`gold/${path}`, goldOf(n));
  }

  /** The receipts of both functions for all objects that have none yet, as the product writes them. */
  async function writeReceipts() {
    for (const fn of [bronzeToSilver, silverToGold]) {
      let n = 0;
      for await (const { key, token, size } of storage.list(fn.startedBy.prefix)) {
        n++;
        if (known.has(key)) continue;
        known.add(key);
        const counts = { in: 1000, silver: 948, anomalies: 49, rejects: 3, blank: 0 };
        const tally = { anomaly_threshold: 0.5, rows: counts, devices: rows };
        const receipt = {
          version: 2,
          function: fn.name,
          source: { key, token, size, sha256: SHA },
          outcome: n % 200 === 0 ? "refused" : "done",
          code: "1.0.0",
          outputs: fn.writes.map((layer) => ({ key: key.replace(/^\w+\//, layer), size: 50_000, sha256: SHA })),
          attempts: 1,
          started: new Date(Date.now() - n * 20_000).toISOString(),
          duration_ms: 30 + (n % 50),
          error: null,
          ...(fn === bronzeToSilver ? { split: tally } : { aggregate: { ...tally, sibling: null } }),
        };
        write(
          `receipts/${fn.name}/${key.slice(fn.startedBy.prefix.length)}/${token}.json`,
          `${JSON.stringify(receipt)}\n`,
        );
      }
    }
  }

  return { writeBatch, writeReceipts };
}
