import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, inject } from "vitest";
import { topology } from "../../src/topology.ts";
import { environmentOf } from "../s3/client.ts";
import type { TestServer } from "../s3/setup.ts";
import { type RuntimeApi, startRuntimeApi } from "./runtime-api.ts";

/** A function's package, unpacked and running in a runtime client, as in one environment of Lambda. */
export interface RunningFunction extends Pick<RuntimeApi, "invoke" | "initError"> {
  /** Bytes of memory in use, as the system counts them. */
  memory(): number;
  /** What it wrote to stdout and stderr so far, a JSON line each; other lines are left out. */
  lines(): Record<string, unknown>[];
}

const home = mkdtempSync(join(tmpdir(), "vantageflow-lambda-"));
const started: { child: ChildProcess; api: RuntimeApi }[] = [];
const unpacked = new Map<string, string>();

afterAll(async () => {
  for (const { child, api } of started) {
    child.kill("SIGKILL");
    await api.close();
  }
  rmSync(home, { recursive: true, force: true });
});

/** Starts a function with the environment that Terraform gives it, on this S3 server. */
export async function startFunction(
  name: string,
  server: TestServer,
  environment: Record<string, string> = {},
  timeoutMs?: number,
): Promise<RunningFunction> {
  const api = await startRuntimeApi(name, timeoutMs);
  const [node, script] = inject("runtimeClient").command;
  const directory = unpack(name);
  const limits = Object.values(topology.functions).find((fn) => fn.name === name);
  const child = spawn(node, [script, "index.handler"], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      AWS_REGION: "us-east-1",
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(limits?.memoryMb),
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_FORMAT: "JSON",
      AWS_LAMBDA_LOG_LEVEL: "INFO",
      LAMBDA_TASK_ROOT: directory,
      _HANDLER: "index.handler",
      NODE_OPTIONS: "--enable-source-maps",
      POWERTOOLS_SERVICE_NAME: name,
      POWERTOOLS_METRICS_NAMESPACE: limits?.metricsNamespace,
      ...limits?.environment,
      ...environmentOf(server),
      ...environment,
    },
  });
  started.push({ child, api });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const memory = () => residentBytes(child.pid ?? 0);
  return { memory, invoke: api.invoke, initError: api.initError, lines: () => jsonLines(output) };
}

/** What is in a package, by name. */
export type Package = Readonly<Record<string, Uint8Array>>;

export function packageOf(name: string): Package {
  return unzipSync(readFileSync(`dist/lambda/${name}.zip`));
}

/** The modules of a package that index.mjs needs before it is called. */
export function loadedAtStart(files: Package): string[] {
  const found = new Set(["index.mjs"]);
  for (const file of found) {
    const imported = Buffer.from(files[file])
      .toString()
      .matchAll(/(?:\bfrom|\bimport)"\.\/([^"]+)"/g);
    for (const [, name] of imported) found.add(name);
  }
  return [...found];
}

/** The folder that a package is unpacked in. */
export function unpack(name: string): string {
  const known = unpacked.get(name);
  if (known !== undefined) return known;
  const directory = join(home, name);
  mkdirSync(directory);
  for (const [file, bytes] of Object.entries(packageOf(name))) writeFileSync(join(directory, file), bytes);
  unpacked.set(name, directory);
  return directory;
}

function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kB = existsSync(status)
    ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1]
    : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return 1024 * Number(kB);
}

function jsonLines(output: string): Record<string, unknown>[] {
  const lines = output.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return lines.map((line) => JSON.parse(line));
}
