import { VantageflowError } from "../errors.ts";

/** The layers that the stages read and write. `topology.json` says the same to the machine; a test compares the two. */
export const BRONZE = "bronze/";
export const SILVER_LAYER = "silver/";
export const ANOMALIES = "anomalies/";
export const GOLD = "gold/";
const REJECTS_SUFFIX = ".rejects.csv";

/** A batch keeps its path through the layers: `bronze/year=2025/b.csv` has the path `year=2025/b.csv`. */
export function pathOf(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

/** Where the outputs of a batch go. */
export function outputKeys(key: string) {
  const path = pathOf(key);
  return {
    silver: `${SILVER_LAYER}${path}`,
    anomalies: `${ANOMALIES}${path}`,
    rejects: `${ANOMALIES}${path.replace(/\.csv$/, "")}${REJECTS_SUFFIX}`,
    gold: `${GOLD}${path}`,
  };
}

/** Throws `key_invalid` for an input whose anomalies would stand where the rejects of another stand. */
export function checkInputKey(key: string): void {
  if (!key.endsWith(REJECTS_SUFFIX)) return;
  const why = `names ending in ${REJECTS_SUFFIX} are those of rejects files. Give it another name.`;
  throw new VantageflowError("key_invalid", `Cannot process ${JSON.stringify(key)}: ${why}`, { key });
}
