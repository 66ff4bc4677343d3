import { parentPort, workerData } from "node:worker_threads";
import { createHandler } from "../functions/handler.ts";
import { faultOf } from "../functions/result.ts";
import { bucketOf } from "../ledger/s3-event.ts";
import { openInputCopies, openStorage, openWatchable } from "../storage/open.ts";
import { topology } from "../topology.ts";
import type { Reply, WorkerRequest, WorkerSetup } from "./worker-runtime.ts";

// The body of a worker thread: a local "Lambda". It opens the lake from its URL and runs the very handler of production.

const { id, lake, settings, code, copyInputs } = workerData as WorkerSetup;
const reply = (message: Reply) => parentPort?.postMessage(message);

const watchable = openWatchable(lake);
const handler = createHandler(
  {
    storage: openStorage(lake),
    settings,
    code,
    now: Date.now,
    isUnfinished:
      watchable === null ? undefined : (object) => watchable.unfinished([object], 0, Date.now()).has(object.key),
    keepInput: copyInputs ? openInputCopies(lake) : undefined,
    bucket: bucketOf(lake),
    stage: topology.stage,
    log: (line) => reply({ line }),
  },
  id,
);

parentPort?.on("message", async ({ event, attempt }: WorkerRequest) => {
  try {
    reply({ result: await handler(event, attempt) });
  } catch (error) {
    reply({ error: faultOf(error) });
  }
});
