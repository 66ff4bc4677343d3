// Bundles the command line (for a fast start), the library and the dashboard's page. Types come from tsc.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { buildKernels } from "./build-kernel.mjs";
import { buildPage } from "./build-page.mjs";
import { licencesOf } from "./licences.mjs";
import { lateChildProcess, together } from "./together.mjs";

await buildKernels();
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
// dist/types belongs to tsc.
rmSync("dist/chunks", { recursive: true, force: true });

const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  mainFields: ["module", "main"],
  outdir: "dist",
  // What is imported when it is needed (the AWS SDK above all) stays out of the start.
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  define: { __VERSION__: JSON.stringify(version) },
  logLevel: "warning",
};

const WORKER = "src/emulator/worker.ts";
const BATCHES = "src/cli/batch-thread.ts";

const program = {
  ...shared,
  metafile: true,
  // Installed by whoever asks in SQL: 70 MB of another language.
  external: ["@duckdb/node-api"],
  // Node compiles what it loads at every start, and that takes as long as the text is.
  minify: true,
  // CommonJS packages inside an ES module still call require() for Node's own modules. createRequire() would load more of Node.
  banner: { js: "const require=process.getBuiltinModule;" },
};

const built = [
  await build({
    ...program,
    entryPoints: { cli: "src/cli/main.ts", worker: WORKER, batches: BATCHES },
    plugins: [together([WORKER, BATCHES]), lateChildProcess],
  }),
  // A thread has modules of its own: it shares no file with the command, and loads no more than it needs.
  await build({ ...program, entryPoints: { rows: "src/contracts/threads/rows-worker.ts" } }),
  await build({ ...program, entryPoints: { digests: "src/storage/local/digest-thread.ts" } }),
  await build({ ...program, entryPoints: { encode: "src/tables/readings/encode-thread.ts" } }),
];
await build({ ...shared, entryPoints: { index: "src/index.ts" }, packages: "external" });
copyFileSync("src/contracts/contract.schema.json", "dist/contract.schema.json");
const page = await buildPage();
writeFileSync(
  "dist/LICENSES.txt",
  licencesOf([...built.flatMap(({ metafile }) => Object.keys(metafile.inputs)), ...page]),
);
