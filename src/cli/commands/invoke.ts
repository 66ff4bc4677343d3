import { readFile } from "node:fs/promises";
import { invokeAsynchronously } from "../../emulator/invoke.ts";
import { createInProcessRuntime } from "../../emulator/runtime.ts";
import { createRunLog } from "../../engine/run-log.ts";
import { messageOf, VantageflowError } from "../../errors.ts";
import { fedBy } from "../../feeds.ts";
import { createHandler } from "../../functions/handler.ts";
import { bucketOf } from "../../ledger/s3-event.ts";
import { byFunction, FUNCTION_IDS, functionNamed, topology } from "../../topology.ts";
import { batchJson, exitCodeOf, flushLog, printBatchTable, sayErrors, summarize } from "../batches.ts";
import type { FlagsOf } from "../command.ts";
import { complain, type Io, lakeOption, notice, printJson } from "../io.ts";
import { checkLake, loadSettings, openLake, parseJsonFile } from "../settings.ts";
import { untilSignal } from "../signals.ts";
import type { command } from "./invoke.command.ts";

type InvokeFlags = FlagsOf<typeof command>;

export async function action(io: Io, flags: InvokeFlags, name: string): Promise<number> {
  const id = functionNamed(name);
  if (id === null) {
    const names = FUNCTION_IDS.map((one) => topology.functions[one].name).join(" and ");
    throw new VantageflowError("usage", `Cannot invoke "${name}": there is no such function. There are ${names}.`);
  }
  const settings = await loadSettings(io, flags);
  const { lake, retryDelay } = settings.config;
  checkLake(lake, "invoke a function on");
  const event = await readEvent(io, flags.event);
  const opened = openLake(io, settings);
  // Of an object, a bucket that is not there says what one says that is (404 without a body): a listing tells.
  for await (const _ of opened.storage.list(topology.functions[id].startedBy.prefix)) break;
  const log = createRunLog(opened.storage, "invoke", io.now);
  const context = { ...opened, bucket: bucketOf(lake), stage: topology.stage, log: log.add };
  const handlers = byFunction((one) => createHandler(context, one));
  const abort = new AbortController();
  let interrupted: number | null = null;
  void untilSignal(io, flags).then((code) => {
    interrupted = code;
    abort.abort();
  });
  const { batches, ignored, attempts, error } = await invokeAsynchronously(
    {
      runtime: createInProcessRuntime(handlers),
      context,
      retryDelayMs: retryDelay * 1000,
      onFailed: (attempt, failed, delayMs) => {
        const next = delayMs === null ? "That was the last attempt." : `Next attempt in ${delayMs / 1000} s.`;
        notice(io, flags, `Attempt ${attempt} failed: ${messageOf(failed)} ${next}`);
      },
      signal: abort.signal,
    },
    id,
    event,
  );
  await flushLog(io, log);
  if (error === null && batches.length + ignored.length === 0) notice(io, flags, "The event names no object.");
  for (const { key, reason } of ignored) notice(io, flags, `Ignored ${key ?? "a record"}: ${reason}.`);
  sayErrors(io, flags, lake, batches);
  if (flags.json) {
    const { name: fn } = topology.functions[id];
    await printJson(io, { version: 1, lake, function: fn, attempts, batches: batches.map(batchJson), ignored });
  } else await printBatchTable(io, flags, batches);
  if (error !== null && batches.length === 0) complain(io, messageOf(error));
  const isSplit = fedBy(id).length > 0 && batches.some(({ outcome }) => outcome === "done");
  if (isSplit) notice(io, flags, `Silver is there and starts the next function: vantageflow run${lakeOption(lake)}`);
  else await summarize(io, flags, opened.storage, batches);
  return interrupted ?? (error === null ? exitCodeOf(batches, false) : 1);
}

/** Throws `input_invalid`, with line and column for what is not JSON. */
async function readEvent(io: Io, file: string): Promise<unknown> {
  const name = file === "-" ? "stdin" : file;
  let text: string;
  try {
    text = file === "-" ? await readAll(io.stdin) : await readFile(file, "utf8");
  } catch (error) {
    const why = `${messageOf(error)}. Make one: vantageflow generate-event s3-put --key bronze/readings.csv`;
    throw new VantageflowError("input_invalid", `Cannot read "${name}": ${why}`, { cause: error });
  }
  return parseJsonFile(text.replace(/^\ufeff/, ""), name, "input_invalid");
}

async function readAll(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
