// Installs actionlint and zizmor, which know what is wrong with workflows of GitHub Actions, for the test in test/delivery/ to ask them
// of .github/. Outside of the repository, once per machine: actionlint is built from the Go module proxy (Go 1.24 or newer), zizmor is a
// wheel from PyPI (Python 3.10 or newer with venv).
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { ACTIONLINT, ZIZMOR } from "./workflow-checks.mjs";

const quiet = ["ignore", "ignore", "inherit"];
for (const { name, folder, file, install } of [ACTIONLINT, ZIZMOR]) {
  if (!existsSync(file)) {
    for (const [command, args, env] of install) {
      execFileSync(command, args, { stdio: quiet, env: { ...process.env, ...env } });
    }
    if (!existsSync(file)) throw new Error(`${name} is not in ${folder}`);
  }
  console.log(`${name} is in ${folder}`);
}
