// Bundles the command line (for a fast start), the library and the dashboard's page. Types come from tsc.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { buildPage } from "./build-page.mjs";
import { licencesOf } from "./licences.mjs";

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

const { metafile } = await build({
  ...shared,
  metafile: true,
  entryPoints: {
    cli: "src/cli/main.ts",
    worker: "src/emulator/worker.ts",
    rows: "src/contracts/threads/rows-worker.ts",
    batches: "src/cli/batch-thread.ts",
  },
  minifySyntax: true,
  minifyWhitespace: true,
  // CommonJS packages inside an ES module still call require() for Node's own modules.
  banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
});
await build({ ...shared, entryPoints: { index: "src/index.ts" }, packages: "external" });
copyFileSync("src/contracts/contract.schema.json", "dist/contract.schema.json");
const page = await buildPage();
writeFileSync("dist/LICENSES.txt", licencesOf([...Object.keys(metafile.inputs), ...page]));
