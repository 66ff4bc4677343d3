import { spawn } from "node:child_process";
import { CLI } from "../cli/run-cli.js";
const PATIENCE_MS = 60_000;
/** Starts `watch` on `<cwd>/lake` and waits until it says that it watches. */
export async function startWatch(cwd, flags = [], env = {}) {
    const child = spawn(process.execPath, [CLI, "watch", "--lake", "lake", "--json", ...flags], {
        cwd,
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
    });
    const lines = [];
    let [rest, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
        const parts = (rest + text).split("\n");
        rest = parts.pop() ?? "";
        lines.push(...parts.map((part) => JSON.parse(part)));
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
        errors += text;
    });
    const ended = endOf(child);
    const watch = {
        pid: child.pid ?? 0,
        lines,
        batches: (key) => lines.filter((line) => line.type === "batch" && line.key === key),
        async until(isSeen, what) {
            const started = performance.now();
            while (!isSeen()) {
                const isOver = child.exitCode !== null || child.signalCode !== null;
                if (isOver || performance.now() - started > PATIENCE_MS) {
                    const said = lines.map((line) => JSON.stringify(line)).join("\n");
                    throw new Error(`never saw ${what}; exit ${child.exitCode}; ${errors}\n${said.slice(-4000)}`);
                }
                await new Promise((next) => setTimeout(next, 20));
            }
        },
        async end(signal = "SIGINT") {
            child.kill(signal);
            return ended;
        },
    };
    await watch.until(() => lines.some(({ type }) => type === "watching"), "that it watches");
    return watch;
}
function endOf(child) {
    return new Promise((resolve) => {
        child.on("close", (code, signal) => resolve({ code, signal }));
    });
}
