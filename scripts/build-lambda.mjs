// Makes the packages that Terraform deploys: dist/lambda/<function>.zip, each index.mjs, what that loads, and their source maps.
// node scripts/build-lambda.mjs [folder]
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { zipSync } from "fflate";

const OUT = process.argv[2] ?? "dist/lambda";
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const { functions } = JSON.parse(readFileSync("src/topology.json", "utf8"));

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
for (const { name } of Object.values(functions)) {
  const files = await bundle(`src/lambda/functions/${name.replace(/^vantageflow-/, "")}.ts`);
  const zip = zipSync(Object.fromEntries(files.map(([path, bytes]) => [path, [bytes, zipOptions()]])));
  writeFileSync(join(OUT, `${name}.zip`), zip);
  const code = files.filter(([path]) => path.endsWith(".mjs")).map(([, bytes]) => bytes);
  console.log(`${name}.zip: ${kB([zip])}, ${code.length} modules of ${kB(code)}`);
}

function kB(all) {
  return `${Math.round(all.reduce((sum, { length }) => sum + length, 0) / 1000)} kB`;
}

/** The same input gives the same bytes: a zip has local times, so this is the first moment of DOS time in any zone. */
function zipOptions() {
  return { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: (0o100644 << 16) >>> 0 };
}

async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: { index: entry },
    // Where it is put does not matter, but the map names the sources from there.
    outdir: "dist/lambda",
    outExtension: { ".js": ".mjs" },
    write: false,
    bundle: true,
    // What is imported when it is needed (what reads contracts, most of the SDK's ways to credentials) stays out of a cold start.
    splitting: true,
    chunkNames: "[name]-[hash]",
    platform: "node",
    target: "node20",
    format: "esm",
    // Without it the SDK's CommonJS builds come in, which call require() for node:https.
    mainFields: ["module", "main"],
    minify: true,
    sourcemap: "linked",
    // Positions are enough for a stack; with the sources in it, Node takes longer to load the map than the code.
    sourcesContent: false,
    legalComments: "none",
    define: { __VERSION__: JSON.stringify(version) },
    logLevel: "warning",
  });
  return outputFiles
    .map(({ path, contents }) => [path.split("/").at(-1), contents])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
