import { parentPort, workerData } from "node:worker_threads";
import type { BatchTask, ThreadReply, ThreadRequest, ThreadSetup } from "../engine/batch-threads.ts";
import { processObject } from "../engine/foreground.ts";
import type { ProcessContext } from "../functions/context.ts";
import { type BatchResult, faultOf } from "../functions/result.ts";
import { instant } from "../ledger/sources.ts";
import { openClaims, openInputCopies, openStorage } from "../storage/open.ts";
import { landUpload } from "./land-upload.ts";

// The body of a thread that does whole batches beside the main one. It opens the lake from its URL.

const { lake, settings, code, copyInputs } = workerData as ThreadSetup;
const reply = (message: ThreadReply) => parentPort?.postMessage(message);

const context: ProcessContext = {
  storage: openStorage(lake),
  settings,
  code,
  now: Date.now,
  keepInput: copyInputs ? openInputCopies(lake) : undefined,
  claims: openClaims(lake),
  listedSince: instant(),
  onProgress: (...read) => reply({ read }),
};

function doTask(task: BatchTask): Promise<BatchResult> {
  // The batch of an object was claimed by whoever sent it.
  if ("object" in task) return processObject(context, task.function, task.object, task.force, task.newAt);
  const { file, name, overwrite } = task;
  return landUpload(context, process, { file, name, given: name, format: null }, overwrite);
}

let [working, isLast] = [0, false];

async function endIfDone(): Promise<void> {
  if (!isLast || working > 0) return;
  await Promise.allSettled([context.storage.close(), context.claims?.close()]);
  parentPort?.close();
}

parentPort?.on("message", async (request: ThreadRequest) => {
  if (request === null) isLast = true;
  else {
    const { id, task } = request;
    working++;
    try {
      reply({ id, result: await doTask(task) });
    } catch (error) {
      reply({ id, error: faultOf(error) });
    }
    working--;
  }
  await endIfDone();
});
