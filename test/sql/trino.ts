import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { findJdk, TRINO_FOLDER, TRINO_VERSION } from "../../scripts/trino.mjs";
import { freePort } from "../free-port.ts";

/** Trino, the engine under Athena, with its Delta Lake connector, where `scripts/install-trino.mjs` has put it. */

const server = join(TRINO_FOLDER, `trino-server-${TRINO_VERSION}`);
const jdk = fs.existsSync(server) ? findJdk() : null;

export const hasTrino = jdk !== null;
if (!hasTrino)
  console.warn("Skipped: the ten questions of docs/sql.md in Trino. Install it: node scripts/install-trino.mjs");

interface TrinoAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface Trino {
  /** A statement in catalog `delta`, schema `lake`; throws with Trino's own message. */
  query(sql: string): Promise<TrinoAnswer>;
  close(): Promise<void>;
}

/** Starts it on a free port of this machine; `folder` is empty and its own, tables lie under `lakes` (`local:///…`). Takes 10 to 40 s. */
export async function startTrino(folder: string, lakes: string): Promise<Trino> {
  const port = await freePort();
  configure(folder, lakes, port);
  const log = fs.openSync(join(folder, "log"), "w");
  const launcher = join(server, "bin/launcher");
  const child = spawn(launcher, ["run", "--etc-dir", join(folder, "etc"), `-Dplugin.dir=${join(folder, "plugin")}`], {
    env: { ...process.env, JAVA_HOME: String(jdk), PATH: `${jdk}/bin:${process.env.PATH}` },
    stdio: ["ignore", log, log],
  });
  fs.closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  await started(child, url, join(folder, "log"));
  return { query: (sql) => query(url, sql), close: () => stopped(child) };
}

function configure(folder: string, lakes: string, port: number): void {
  const files: Readonly<Record<string, readonly string[]>> = {
    "etc/node.properties": ["node.environment=test", "node.id=one", `node.data-dir=${join(folder, "data")}`],
    "etc/jvm.config": [
      "-Xmx1500m",
      "-XX:+ExitOnOutOfMemoryError",
      "-XX:TieredStopAtLevel=1",
      "-Djdk.attach.allowAttachSelf=true",
      "--add-modules=jdk.incubator.vector",
    ],
    "etc/config.properties": [
      "coordinator=true",
      "node-scheduler.include-coordinator=true",
      `http-server.http.port=${port}`,
      `discovery.uri=http://127.0.0.1:${port}`,
      "query.max-memory=800MB",
    ],
    "etc/log.properties": ["io.trino=WARN"],
    "etc/catalog/delta.properties": [
      "connector.name=delta_lake",
      "hive.metastore=file",
      "hive.metastore.catalog.dir=local:///.metastore",
      "fs.native-local.enabled=true",
      `local.location=${lakes}`,
      "delta.register-table-procedure.enabled=true",
    ],
  };
  for (const [name, lines] of Object.entries(files)) {
    fs.mkdirSync(join(folder, name, ".."), { recursive: true });
    fs.writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
  }
  for (const path of [join(folder, "data"), join(folder, "plugin"), join(lakes, ".metastore")]) {
    fs.mkdirSync(path, { recursive: true });
  }
  // Of fifty connectors one.
  fs.symlinkSync(join(server, "plugin/delta-lake"), join(folder, "plugin/delta-lake"));
}

const START_MS = 400_000;

async function started(child: ChildProcess, url: string, log: string): Promise<void> {
  for (const end = Date.now() + START_MS; Date.now() < end; await pause(500)) {
    if (child.exitCode !== null) break;
    const info = await fetch(`${url}/v1/info`).then(
      (answer) => answer.json() as Promise<{ starting: boolean }>,
      () => null,
    );
    if (info?.starting === false) return;
  }
  await stopped(child);
  throw new Error(`Trino did not start: ${fs.readFileSync(log, "utf8").slice(-2000)}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill();
  await closed;
}

const HEADERS = {
  "X-Trino-User": "test",
  "X-Trino-Catalog": "delta",
  "X-Trino-Schema": "lake",
  "X-Trino-Time-Zone": "UTC",
};

interface Answer extends Partial<TrinoAnswer> {
  readonly data?: readonly (readonly unknown[])[];
  readonly error?: { readonly errorName: string; readonly message: string };
  readonly nextUri?: string;
}

async function query(url: string, sql: string): Promise<TrinoAnswer> {
  const ask = async () => {
    const answer = await fetch(`${url}/v1/statement`, { method: "POST", body: sql, headers: HEADERS });
    return (await answer.json()) as Answer;
  };
  let answer = await ask();
  let columns: TrinoAnswer["columns"] = [];
  const rows: (readonly unknown[])[] = [];
  for (let tries = 0; ; ) {
    // For a second after it says that it has started.
    if (answer.error?.errorName === "NO_NODES_AVAILABLE" && tries++ < 40) {
      await pause(500);
      answer = await ask();
      continue;
    }
    if (answer.error !== undefined) throw new Error(`${answer.error.errorName}: ${answer.error.message}`);
    columns = answer.columns ?? columns;
    rows.push(...(answer.data ?? []));
    if (answer.nextUri === undefined) return { columns, rows };
    answer = (await (await fetch(answer.nextUri)).json()) as Answer;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((go) => setTimeout(go, ms));
}
