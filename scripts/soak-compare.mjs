import * as fs from "node:fs";
import { join, relative } from "node:path";

const DERIVED = ["silver", "anomalies", "gold"];

/** What the soak's lake has that a clean run over its bronze has not, and the other way round. */
export async function compareWithCleanRun({ home, lake, expected, cli }) {
  const problems = [];
  const bronze = filesIn(join(lake, "bronze"));
  problems.push(...lostBronze(lake, bronze, expected));

  const clean = join(home, "clean");
  fs.cpSync(join(lake, "bronze"), join(clean, "bronze"), { recursive: true });
  await cli(["run"], undefined, clean);
  const batches = bronze.filter((path) => path.endsWith(".csv"));
  const owned = new Set(batches.flatMap(outputsOf));
  for (const path of owned) {
    const [made, wanted] = [lake, clean].map((root) => readOrNull(join(root, path)));
    if (made === null ? wanted !== null : wanted === null || !made.equals(wanted)) problems.push(`${path} differs`);
  }
  problems.push(...strangers(lake, owned, expected));

  // Nothing is left to do, every row is accounted for, every failing file has its record, nothing lies about.
  const { out } = await cli(["run", "--dry-run"]);
  for (const { key } of JSON.parse(out).work) problems.push(`${key} is still work`);
  problems.push(...oddReceipts(lake), ...oddDeadLetters(lake, batches));
  fs.writeFileSync(join(home, "probe.csv"), "");
  await cli(["ingest", join(home, "probe.csv")]);
  for (const name of ["tmp", "locks", "owners"]) {
    for (const file of filesIn(join(lake, ".vantageflow", name))) problems.push(`${name}/${file} is left`);
  }
  return problems;
}

/** Bronze is never changed: at each path is what its user put there last. */
function lostBronze(lake, bronze, expected) {
  const problems = [];
  for (const [path, allowed] of expected) {
    const bytes = readOrNull(join(lake, "bronze", path));
    const isAllowed = allowed.some((one) => (one === null ? bytes === null : bytes?.equals(one)));
    if (!isAllowed) problems.push(`bronze/${path} is not what was put there`);
  }
  return [
    ...problems,
    ...bronze.filter((path) => !expected.has(path)).map((path) => `bronze/${path} came from nowhere`),
  ];
}

/** What was made of bronze that is gone stays until it expires, and is whole; nothing else may exist. */
function strangers(lake, owned, expected) {
  const problems = [];
  for (const layer of DERIVED) {
    for (const path of filesIn(join(lake, layer))) {
      if (owned.has(`${layer}/${path}`)) continue;
      const batch = path.replace(/\.rejects\.csv$/, ".csv");
      if (!expected.has(batch)) problems.push(`${layer}/${path} came from nowhere`);
      if (layer === "silver" && readOrNull(join(lake, "gold", path)) === null)
        problems.push(`${layer}/${path} has no gold`);
    }
  }
  return problems;
}

function outputsOf(path) {
  return [`silver/${path}`, `anomalies/${path}`, `anomalies/${path.replace(/\.csv$/, ".rejects.csv")}`, `gold/${path}`];
}

function oddReceipts(lake) {
  const problems = [];
  for (const path of filesIn(join(lake, "receipts"))) {
    // When a version failed: no receipt.
    if (path.startsWith("failed/")) continue;
    const { split, aggregate, outcome } = JSON.parse(fs.readFileSync(join(lake, "receipts", path), "utf8"));
    const { rows } = split ?? aggregate;
    const isWhole = rows.in === rows.silver + rows.anomalies + rows.rejects + rows.blank;
    if (!isWhole || outcome === "failed") problems.push(`receipts/${path}: ${outcome}, ${JSON.stringify(rows)}`);
  }
  return problems;
}

/** One record a version, and one at least for each file that is refused now. */
function oddDeadLetters(lake, batches) {
  const root = join(lake, "dead-letter");
  const objects = filesIn(root).map((path) => {
    const { requestPayload } = JSON.parse(fs.readFileSync(join(root, path), "utf8"));
    return requestPayload.Records[0].s3.object;
  });
  const versions = objects.map(({ key, versionId }) => `${key} ${versionId}`);
  const problems = new Set(versions).size === versions.length ? [] : ["a version has two dead letters"];
  const keys = new Set(objects.map(({ key }) => decodeURIComponent(key)));
  for (const path of batches) {
    const isRefused = readOrNull(join(lake, "gold", path)) === null;
    if (isRefused && !keys.has(`bronze/${path}`)) problems.push(`bronze/${path} has neither gold nor a dead letter`);
  }
  return problems;
}

function filesIn(dir) {
  if (!fs.existsSync(dir)) return [];
  const entries = fs.readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => relative(dir, join(one.parentPath, one.name)));
}

function readOrNull(path) {
  try {
    return fs.readFileSync(path);
  } catch {
    return null;
  }
}
