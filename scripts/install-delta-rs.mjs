// Installs delta-rs and polars, which are other people's readers of Delta tables, for the tests in test/tables/ to read with
// them what vantageflow wrote. Outside of the repository, once per machine: wheels from PyPI, some 80 MB, into a virtual
// environment of its own. Needs Python 3.10 or newer with venv.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { pipInstall } from "./pip.mjs";

const PACKAGES = ["deltalake==1.6.6", "polars==2.1.0", "pyarrow==26.0.0"];

const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vantageflow-delta-rs");
const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
const works = () => {
  try {
    execFileSync(python, ["-c", "import deltalake, polars, pyarrow"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

if (existsSync(python) && works()) {
  console.log(`${PACKAGES.join(", ")} are in ${folder}`);
} else {
  mkdirSync(dirname(folder), { recursive: true });
  execFileSync("python3", ["-m", "venv", "--clear", folder], { stdio: ["ignore", "ignore", "inherit"] });
  execFileSync(python, pipInstall(...PACKAGES), { stdio: ["ignore", "ignore", "inherit"] });
  if (!works()) throw new Error(`${PACKAGES.join(", ")} could not be imported in ${folder}`);
  console.log(`${PACKAGES.join(", ")} were installed in ${folder}`);
}
