import { execFileSync } from "node:child_process";
/** Vitest's global set-up: the tests run the built binary, so it must be that of the sources under test. */
export default function build() {
    execFileSync(process.execPath, ["scripts/build.mjs"], { stdio: "inherit" });
}
