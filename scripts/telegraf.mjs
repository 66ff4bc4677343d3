// Has Telegraf itself write to `vantageflow listen`, by both of its outputs for InfluxDB, and holds what is in bronze to what Telegraf
// put into a file beside it: each number once, none lost while `listen` is killed and started again. Needs Go; Telegraf is built from
// the Go module proxy with a few plug-ins, once per machine, in about two minutes. Usage: node scripts/telegraf.mjs [--seconds 30]
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const VERSION = "v1.37.2";
const PLUGINS = ["inputs.mem", "inputs.swap", "inputs.mock", "outputs.influxdb", "outputs.influxdb_v2", "outputs.file"];
const TOKEN = "a-token-of-a-device-0123";
const { values } = parseArgs({ options: { seconds: { type: "string", default: "30" } } });

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vantageflow-telegraf");
const telegraf = join(cache, VERSION, "telegraf");
if (!fs.existsSync(telegraf)) {
  const tags = ["custom", ...PLUGINS, "serializers.influx"].join(",");
  const made = ["install", "-trimpath", "-tags", tags, `github.com/influxdata/telegraf/cmd/telegraf@${VERSION}`];
  execFileSync("go", made, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, GOBIN: join(cache, VERSION) },
  });
}

const OUTPUTS = {
  influxdb_v2: (url) => `urls = ["${url}"]\ntoken = "${TOKEN}"\norganization = "any"\nbucket = "any"`,
  influxdb: (url) => `urls = ["${url}"]\nusername = "any"\npassword = "${TOKEN}"\ncontent_encoding = "gzip"`,
};

/** Real inputs, whose fields have the same names, and one of all types. */
const config = (output, url, sent) => `
[agent]
interval = "200ms"
flush_interval = "500ms"
metric_batch_size = 10
[[inputs.mem]]
[[inputs.swap]]
[[inputs.mock]]
metric_name = "pump"
tags = { site = "north 1" }
random = [{ name = "pressure", min = -3.0, max = 3.0 }]
constant = [{ name = "running", value = true }, { name = "mode", value = "auto" }]
[[outputs.file]]
files = ["${sent}"]
data_format = "influx"
[[outputs.${output}]]
${OUTPUTS[output](url)}
`;

/** Starts `listen` on a port, 0 for any, and waits until it says which. */
async function listen(lake, port) {
  const args = ["dist/cli.js", "listen", lake, "--http", String(port), "--flush-seconds", "1", "--json"];
  const env = { ...process.env, VANTAGEFLOW_LISTEN_TOKEN: TOKEN };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  while (!said.includes("\n")) await sleep(20);
  return { child, port: JSON.parse(said.split("\n", 1)[0]).port };
}

async function end(child, signal) {
  const closed = once(child, "close");
  child.kill(signal);
  await closed;
}

/** The readings that lines of Telegraf are, without texts: what this script makes has no escapes but of blanks. */
function readingsOf(lines) {
  return lines.flatMap((line) => {
    const [, measurement, tags, fields, nanos] = /^(\w+)((?:,\w+=(?:\\ |[^ ,])+)*) (\S+) (\d+)$/.exec(line);
    const values = tags
      .split(",")
      .slice(1)
      .map((tag) => tag.slice(tag.indexOf("=") + 1).replaceAll("\\ ", " "));
    const second = new Date(Number(nanos.slice(0, -9)) * 1000).toISOString().slice(0, 19);
    return fields.split(",").flatMap((field) => {
      const [name, value] = field.split("=");
      if (value.startsWith('"')) return [];
      const number = value.replace(/[iu]$/, "").replace("true", "1").replace("false", "0");
      return [`${second}.${nanos.slice(-9)}Z,${[measurement, ...values, name].join(".")},${number},,0`];
    });
  });
}

function linesIn(path) {
  return fs.readFileSync(path, "utf8").trimEnd().split("\n");
}

for (const output of Object.keys(OUTPUTS)) {
  const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-telegraf-"));
  const [lake, sent, settings] = ["lake", "sent.lp", "telegraf.conf"].map((name) => join(home, name));
  let door = await listen(lake, 0);
  fs.writeFileSync(settings, config(output, `http://127.0.0.1:${door.port}`, sent));
  const log = fs.openSync(join(home, "telegraf.log"), "w");
  const agent = spawn(telegraf, ["--config", settings], { stdio: ["ignore", log, log] });
  for (let third = 0; third < 3; third++) {
    await sleep((Number(values.seconds) / 3) * 1000);
    if (third === 2) break;
    await end(door.child, "SIGKILL");
    await sleep(1000);
    door = await listen(lake, door.port);
  }
  await end(agent, "SIGTERM");
  await end(door.child, "SIGTERM");

  const bronze = join(lake, "bronze");
  const files = fs.readdirSync(bronze, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".csv"));
  const rows = files.flatMap((name) => linesIn(join(bronze, name)).slice(1)).map((row) => row.replace(/,\d+$/, ""));
  const [wanted, found] = [new Set(readingsOf(linesIn(sent))), new Set(rows)];
  const lost = [...wanted].filter((row) => !found.has(row));
  const strange = [...found].filter((row) => !wanted.has(row));
  const told = `${wanted.size} readings of ${new Set(rows.map((row) => row.split(",")[1])).size} devices`;
  console.log(`${output}: ${told}, ${lost.length} lost, ${strange.length} strange, ${rows.length - found.size} twice`);
  if (lost.length + strange.length > 0 || wanted.size === 0) {
    console.log([...lost.slice(0, 5), "", ...strange.slice(0, 5), `See ${home}`].join("\n"));
    process.exitCode = 1;
  } else fs.rmSync(home, { recursive: true });
}
