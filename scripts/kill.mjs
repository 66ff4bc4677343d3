// The long run of test/faults/kill.test.ts: node scripts/kill.mjs [--cases 1000]
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { cases: { type: "string", default: "1000" } } });
const { status } = spawnSync("npx", ["vitest", "run", "test/faults/kill.test.ts", "--reporter=verbose"], {
  stdio: "inherit",
  env: { ...process.env, KILL_CASES: values.cases },
});
process.exitCode = status ?? 1;
