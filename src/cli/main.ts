#!/usr/bin/env node
import { main } from "./program.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Nobody reads on (`| head`): that is no failure of ours.
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`vantageflow: Cannot write the output: ${error.message}. Send it elsewhere.\n`);
  process.exit(1);
});
// Nobody reads the notices: the work goes on.
process.stderr.on("error", () => {});

// The SDK in this bundle is pinned: its advice on future versions of Node is for us and not for whoever runs it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  get stdin() {
    // Opened when it is read: most commands do not.
    return process.stdin;
  },
  environment: process.env,
  cwd: process.cwd(),
  now: Date.now,
  opened: [],
  workerScript: new URL("./worker.js", import.meta.url),
  rowsScript: new URL("./rows.js", import.meta.url),
  batchScript: new URL("./batches.js", import.meta.url),
  digestScript: new URL("./digests.js", import.meta.url),
  encodeScript: new URL("./encode.js", import.meta.url),
  page: new URL("./dashboard/", import.meta.url),
});
