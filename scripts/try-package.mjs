// Tries the package as a user gets it: installs the tarball (by default one packed from this tree, which is built) in an empty folder,
// runs the demo there, looks at what came out, and takes a batch to gold by the library. Prints what it weighs and how fast it starts.
// node scripts/try-package.mjs [tarball]
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const STARTS = 7;
const home = realpathSync(mkdtempSync(join(tmpdir(), "vantageflow-package-")));
const [empty, packed] = [join(home, "empty"), join(home, "packed.tgz")];

const LIBRARY = `import { bronzeToGold, createMemoryStorage, DEFAULT_SETTINGS } from "vantageflow";
const storage = createMemoryStorage();
const writer = await storage.create("bronze/b.csv");
await writer.write(Buffer.from("timestamp,device_id,value,unit,anomaly_score\\n2025-01-01T00:00:00Z,A,1,C,0.1\\n"));
await writer.commit();
const { gold } = await bronzeToGold({ storage, settings: DEFAULT_SETTINGS, code: "try" }, "bronze/b.csv");
console.log(JSON.stringify(gold.rows));
`;

try {
  copyFileSync(process.argv[2] === undefined ? pack() : resolve(process.argv[2]), packed);
  mkdirSync(empty);
  npm("npm", "install", "--no-audit", "--no-fund", "../packed.tgz");
  npm("npx", "vantageflow", "demo");
  const verified = JSON.parse(npm("npx", "vantageflow", "verify", "demo", "--json"));
  if (verified.findings.length > 0)
    throw new Error(`The demo's lake is not what its receipts say: ${verified.findings[0].why}`);
  const report = JSON.parse(npm("npx", "vantageflow", "report", "--lake", "demo", "--json"));
  writeFileSync(join(empty, "library.mjs"), LIBRARY);
  const rows = execFileSync(process.execPath, ["library.mjs"], { cwd: empty, encoding: "utf8" }).trim();

  const modules = join(empty, "node_modules");
  console.log(`tarball        ${kB(statSync(packed).size)}`);
  console.log(`unpacked       ${kB(sizeOf(join(modules, "vantageflow")))}`);
  console.log(`with packages  ${kB(sizeOf(modules))}`);
  console.log(`demo           ${report.devices.length} devices, ${verified.counts.intact} objects intact`);
  console.log(`library        ${rows}`);
  const command = join(modules, "vantageflow/dist/cli.js");
  console.log(
    `start          ${startOf(command, "--version")} ms of --version, ${startOf("-e", "0")} ms of an empty Node`,
  );
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

function pack() {
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", home], process.cwd()),
  );
  return join(home, filename);
}

function npm(command, ...args) {
  return run(command, args, empty);
}

/** On Windows npm is a batch file, which only a shell starts; nothing that is given here needs quotes. */
function run(command, args, cwd) {
  return execFileSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  });
}

function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function kB(bytes) {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
}

/** The median in milliseconds. */
function startOf(...args) {
  const times = Array.from({ length: STARTS }, () => {
    const begun = performance.now();
    execFileSync(process.execPath, args, { stdio: "ignore" });
    return performance.now() - begun;
  });
  return Math.round(times.sort((a, b) => a - b)[STARTS >> 1]);
}
