import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";

/** The functions of this tree as they run in Lambda, and what a bill is made of. */
export async function product() {
  const contents = `
    export { processOnce } from "./src/functions/process.ts";
    export { DEFAULT_SETTINGS } from "./src/pipeline/settings.ts";
    export { createMemoryStorage } from "./src/storage/memory.ts";
    export { syncReadings } from "./src/tables/readings/sync.ts";
    export { estimateCost } from "./src/cost/cost.ts";
    export { topology } from "./src/topology.ts";
  `;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
    define: { __VERSION__: '"scale"' },
    external: ["@duckdb/node-api"],
    banner: { js: "const require=process.getBuiltinModule('module').createRequire('/');" },
    logLevel: "error",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** A store that counts what S3 would limit and charge for, by the first folder of the key. */
function counting(storage) {
  const counts = {};
  const count = (kind, key) => {
    const name = `${kind} ${key.slice(0, key.indexOf("/") + 1)}`;
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const counted = {
    ...storage,
    list(prefix, options) {
      count("LIST", prefix);
      return storage.list(prefix, options);
    },
    async create(key, options) {
      const writer = await storage.create(key, options);
      const commit = writer.commit.bind(writer);
      writer.commit = (how) => {
        count("PUT", key);
        return commit(how);
      };
      return writer;
    },
  };
  for (const [method, kind] of [
    ["read", "GET"],
    ["head", "GET"],
    ["remove", "PUT"],
  ]) {
    counted[method] = (key, ...more) => {
      count(kind, key);
      return storage[method](key, ...more);
    };
  }
  return { storage: counted, counts };
}

async function put(storage, key, text) {
  const writer = await storage.create(key);
  await writer.write(Buffer.from(text));
  await writer.commit();
}

function csvOf(rows, devices) {
  const line = (i) => {
    const second = String(i % 60).padStart(2, "0");
    return `2026-01-01T00:00:${second}Z,device-${i % devices},${20 + (i % 100) / 10},C,${i % 50 === 0 ? 0.9 : 0.1}\n`;
  };
  return HEADER + Array.from({ length: rows }, (_, i) => line(i)).join("");
}

/** Runs one batch of so many readings through both functions: what each asks of S3 and of a core, and what is stored. */
export async function measureBatch({ processOnce, DEFAULT_SETTINGS, createMemoryStorage }, rows, devices) {
  const memory = createMemoryStorage();
  const csv = csvOf(rows, devices);
  await put(memory, "bronze/b.csv", csv);
  const functions = [];
  for (const [id, key] of [
    ["bronzeToSilver", "bronze/b.csv"],
    ["silverToGold", "silver/b.csv"],
  ]) {
    const { storage, counts } = counting(memory);
    const context = { storage, settings: DEFAULT_SETTINGS, code: "scale", now: () => 0 };
    const before = process.cpuUsage();
    const { outcome } = await processOnce(context, id, await memory.head(key), { attempt: 1, fused: false });
    const { user, system } = process.cpuUsage(before);
    if (outcome !== "done") throw new Error(`${id} ended ${outcome}`);
    functions.push({ id, counts, cpuMs: (user + system) / 1000 });
  }
  let [objects, bytes] = [0, 0];
  for await (const { size } of memory.list("")) {
    objects++;
    bytes += size;
  }
  return { rows, csvBytes: csv.length, functions, objects, bytes };
}

/** Readings that a sync of the table takes in, a second of a core. */
export async function measureTable({ syncReadings, DEFAULT_SETTINGS, createMemoryStorage }, rows) {
  const storage = createMemoryStorage();
  await put(storage, "silver/b.csv", csvOf(rows, 1000).replaceAll(",0.9\n", ",0.1\n"));
  let id = 0;
  const newId = () => `00000000-0000-4000-8000-${String(++id).padStart(12, "0")}`;
  const before = process.cpuUsage();
  const { rows: taken } = await syncReadings({
    ...{ storage, code: "scale", now: () => Date.now(), settings: DEFAULT_SETTINGS, newId },
  });
  const { user, system } = process.cpuUsage(before);
  if (taken !== rows) throw new Error(`the table took ${taken} of ${rows}`);
  return rows / ((user + system) / 1e6);
}
