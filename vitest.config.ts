import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // As the build puts it in.
  define: { __VERSION__: JSON.stringify(JSON.parse(readFileSync("package.json", "utf8")).version) },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/build.ts", "test/s3/setup.ts", "test/lambda/client.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    reporters: ["default", ["json", { outputFile: "reports/vitest.json" }]],
    // Most of them wait: for processes, disks, servers. Two cores are busy with three.
    maxWorkers: 3,
    // Bounds for what hangs, and no promise: a machine may be busy with something else.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Of tests that wait for a server most of the time.
    maxConcurrency: 12,
  },
});
