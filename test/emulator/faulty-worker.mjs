// A worker that misbehaves as its event says: what a function of somebody else's could do.
import { parentPort, workerData } from "node:worker_threads";

const hoard = [];

parentPort.on("message", async ({ event, attempt }) => {
  const { fault, until = Number.POSITIVE_INFINITY } = event;
  const done = () =>
    parentPort.postMessage({ result: { batches: [], ignored: [{ key: workerData.id, reason: process.env.STAGE }] } });
  if (attempt >= until) return done();
  switch (fault) {
    case "throws":
      throw new Error("thrown outside the handler");
    case "rejects":
      return Promise.reject(new Error("rejected and never handled"));
    case "throws a non-Error":
      throw "text";
    case "reports an error":
      return parentPort.postMessage({
        error: { code: "storage_failed", message: "the disk is full", line: null, column: null },
      });
    case "hangs":
      return new Promise(() => {});
    case "spins":
      for (;;) Math.random();
    case "exceeds memory":
      for (;;) hoard.push(new Array(10_000).fill({}));
    case "exits":
      return process.exit(3);
    default:
      return done();
  }
});
