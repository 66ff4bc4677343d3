import { homedir } from "node:os";
import { join } from "node:path";
import { pipInstall } from "./pip.mjs";

const HOME = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vantageflow-workflow-checks");
const isWindows = process.platform === "win32";

/** What actionlint and zizmor are, where they stand on this machine, and how they come there. */
export const ACTIONLINT = place("actionlint", "1.7.12", isWindows ? "actionlint.exe" : "actionlint", (folder) => [
  ["go", ["install", "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"], { GOBIN: folder }],
]);

export const ZIZMOR = place("zizmor", "1.32.0", isWindows ? "Scripts/zizmor.exe" : "bin/zizmor", (folder) => {
  const python = join(folder, isWindows ? "Scripts/python.exe" : "bin/python");
  return [
    ["python3", ["-m", "venv", "--clear", folder], {}],
    [python, pipInstall("zizmor==1.32.0"), {}],
  ];
});

function place(tool, version, path, install) {
  const name = `${tool} ${version}`;
  const folder = join(HOME, `${tool}-${version}`);
  return { name, folder, file: join(folder, path), install: install(folder) };
}
