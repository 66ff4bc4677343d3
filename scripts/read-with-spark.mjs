// Has Spark 4 with delta-spark read a table that the built command line made, with overwrites, removals, new columns, a merge and
// a checkpoint, as it is and as it was, and holds each answer against that of `vantageflow sql`:
//   npm run build && node scripts/read-with-spark.mjs
// Outside of CI. Needs Python 3.10 or newer with venv, Maven (mvn) and a JDK of version 17 or newer; installs the rest once per machine, 440 MB
// from PyPI and 14 MB from Maven Central. Exits 1 where an answer differs.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

const [SPARK, DELTA] = ["4.0.1", "4.0.0"];
const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vantageflow-spark");
const [python, jars] = [join(folder, "python/bin/python"), join(folder, "jars")];

function install() {
  if (existsSync(join(jars, `delta-spark_2.13-${DELTA}.jar`))) return;
  const options = { cwd: folder, stdio: ["ignore", "ignore", "inherit"] };
  mkdirSync(folder, { recursive: true });
  execFileSync("python3", ["-m", "venv", "--clear", "python"], options);
  execFileSync(
    python,
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `pyspark==${SPARK}`],
    options,
  );
  for (const artifact of [`delta-spark_2.13:${DELTA}`, `delta-storage:${DELTA}`, "antlr4-runtime:4.13.1"]) {
    const owner = artifact.startsWith("antlr") ? "org.antlr" : "io.delta";
    const copy = [`-Dartifact=${owner}:${artifact}`, `-DoutputDirectory=${jars}`];
    execFileSync("mvn", ["-q", "-B", "dependency:copy", ...copy], options);
  }
}

const root = mkdtempSync(join(tmpdir(), "vantageflow-spark-"));
const lake = join(root, "lake");

function vantageflow(...args) {
  const given = [resolve("dist/cli.js"), ...args, "--lake", lake];
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: "utf8", maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`vantageflow ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const DEVICES = ["FAB-1", "é", '"quo""ted"', "\u{1f600}", "z".repeat(80)];
const UNITS = ["C", "", "°F"];

/** Readings of a day, each with a value of its own. */
function batch(seed, day, more = "") {
  const header = `timestamp,device_id,value,unit,anomaly_score${more && `,${more}`}\n`;
  const rows = Array.from({ length: 40 }, (_, i) => {
    const time = `${day}T${String(i % 24).padStart(2, "0")}:59:59.${i % 3 === 0 ? "9996" : "123456789"}Z`;
    const cells =
      more === ""
        ? ""
        : more
            .split(",")
            .map((_, n) => `,${(i + n) % 4 === 0 ? "" : `m${i}`}`)
            .join("");
    return `${time},${DEVICES[i % 5]},${(seed * 1000 + i) / 7},${UNITS[i % 3]},${i % 9 === 0 ? 0.9 : 0.1}${cells}\n`;
  });
  return header + rows.join("");
}

function upload(name, text) {
  mkdirSync(join(lake, "bronze"), { recursive: true });
  writeFileSync(join(lake, "bronze", name), text);
  vantageflow("run");
  vantageflow("tables", "sync");
}

function makeTable() {
  upload("a.csv", batch(1, "2025-01-01"));
  upload("b.csv", batch(2, "2025-01-02", "note"));
  upload("years.csv", batch(3, "0001-01-01") + batch(4, "0000-06-01").replace(/^.*\n/, ""));
  upload("a.csv", batch(5, "2025-01-01", "Value,a b"));
  for (const layer of ["bronze", "silver", "anomalies", "gold"]) rmSync(join(lake, layer, "b.csv"), { force: true });
  vantageflow("tables", "sync");
  vantageflow("tables", "compact");
  for (let n = 0; n < 19; n++) upload(`c${n % 4}.csv`, batch(10 + n, `2025-01-0${1 + (n % 3)}`, n % 2 ? "site" : ""));
}

const ROWS = `select cast(date as string) as date, {millis} as millis, nanos, device_id, value, unit, anomaly_score, anomaly, batch{more}
  from readings order by date nulls first, millis, nanos, device_id, value`;
const COUNTS = [
  "select count(*) as readings from readings",
  "select min(device_id) as a, max(device_id) as b, min(value) as c, max(value) as d, min(nanos) as e, max(batch) as f from readings",
  "select count(*) as readings from readings where device_id = 'é' and timestamp >= timestamp '2025-01-01 12:00:00'",
  "select count(*) as readings, sum(nanos) as nanos from readings where date = date '2025-01-02'",
  "select count(*) as readings from readings where date is null",
  "select batch, count(*) as readings from readings where anomaly group by batch order by batch",
];
const LATER = ["select count(note) as note, count(Value_2) as v, count(a_b) as a, count(site) as site from readings"];

/** What is asked, of the newest version, of versions, and of times. */
function questions(history) {
  const newest = history[0].version;
  const asked = [ROWS.replace("{more}", ", note, Value_2, a_b, site"), ...COUNTS, ...LATER].map((sql) => ({ sql }));
  const earlier = [1, 3, 6, newest - 3].flatMap((version) =>
    [ROWS.replace("{more}", ""), ...COUNTS].map((sql) => ({ sql, version })),
  );
  const times = [2, 5, newest - 2].map((version) => history.find((one) => one.version === version).time);
  return [...asked, ...earlier, ...times.map((time) => ({ sql: COUNTS[0], time }))];
}

function askSpark(asked) {
  const input = {
    ...{ jars, table: join(lake, "tables/readings") },
    questions: asked.map(({ sql, version = null, time = null }) => ({
      sql: sql.replace("{millis}", "unix_millis(timestamp)"),
      version,
      time: time?.replace("T", " ").replace("Z", "") ?? null,
    })),
  };
  const out = execFileSync(python, [resolve("scripts/read-with-spark.py")], {
    ...{ input: JSON.stringify(input), encoding: "utf8", maxBuffer: 1e9, stdio: ["pipe", "pipe", "inherit"] },
  });
  return JSON.parse(out.trim().split("\n").at(-1));
}

function ask({ sql, version, time }) {
  const at = version ?? time;
  const query = sql.replace("{millis}", "epoch_ms(timestamp)");
  const lines = vantageflow("sql", query, "--format", "ndjson", ...(at === undefined ? [] : ["--at", String(at)]));
  return lines.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

let failed = 0;
try {
  install();
  makeTable();
  const history = JSON.parse(vantageflow("tables", "history", "--limit", "100", "--json")).commits;
  const asked = questions(history);
  const spark = askSpark(asked);
  const own = history.map(({ version, operation }) => [version, operation]);
  const answers = asked.map(ask);
  const rows = answers.reduce((sum, { length }) => sum + length, 0);
  if (!isDeepStrictEqual(spark.history, own)) {
    failed++;
    console.error("history:", spark.history, own);
  }
  for (const [i, answer] of answers.entries()) {
    if (isDeepStrictEqual(spark.answers[i], answer)) continue;
    failed++;
    const first = answer.findIndex((row, n) => !isDeepStrictEqual(row, spark.answers[i][n]));
    console.error(asked[i], answer.length, spark.answers[i].length, answer[first], spark.answers[i][first]);
  }
  const result = `${asked.length} answers, ${rows} rows, over ${own.length} versions: ${failed} differ`;
  console.log(`${result}. Spark ${spark.spark}, delta-spark ${DELTA}, Java ${spark.java}`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
