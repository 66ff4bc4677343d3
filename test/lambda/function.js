import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, inject } from "vitest";
import { FUNCTION_IDS, topology } from "../../src/topology.js";
import { environmentOf } from "../s3/client.js";
import { startRuntimeApi } from "./runtime-api.js";
const home = mkdtempSync(join(tmpdir(), "vantageflow-lambda-"));
const started = [];
const unpacked = new Map();
afterAll(async () => {
    for (const { child, api } of started) {
        child.kill("SIGKILL");
        await api.close();
    }
    rmSync(home, { recursive: true, force: true });
});
/** Starts a function with the environment that Terraform gives it, on this S3 server. */
export async function startFunction(name, server, environment = {}) {
    const api = await startRuntimeApi(name);
    const [node, script] = inject("runtimeClient").command;
    const directory = unpack(name);
    const limits = [...FUNCTION_IDS.map((id) => topology.functions[id]), topology.sweep].find((fn) => fn.name === name);
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
        stream.setEncoding("utf8").on("data", (text) => {
            output += text;
        });
    }
    const memory = () => residentBytes(child.pid ?? 0);
    return { memory, invoke: api.invoke, initError: api.initError, lines: () => jsonLines(output) };
}
/** What is in a package, by name. */
export function packageOf(name) {
    return unzipSync(readFileSync(`dist/lambda/${name}.zip`));
}
/** The folder that a package is unpacked in. */
export function unpack(name) {
    const known = unpacked.get(name);
    if (known !== undefined)
        return known;
    const directory = join(home, name);
    mkdirSync(directory);
    for (const [file, bytes] of Object.entries(packageOf(name)))
        writeFileSync(join(directory, file), bytes);
    unpacked.set(name, directory);
    return directory;
}
function residentBytes(pid) {
    const status = `/proc/${pid}/status`;
    const kB = existsSync(status)
        ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1]
        : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
    return 1024 * Number(kB);
}
function jsonLines(output) {
    const lines = output.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
    return lines.map((line) => JSON.parse(line));
}
