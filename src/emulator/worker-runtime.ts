import { Worker } from "node:worker_threads";
import { type ErrorCode, VantageflowError } from "../errors.ts";
import { errorOf } from "../functions/fault-error.ts";
import type { HandlerResult } from "../functions/handler.ts";
import type { Log } from "../functions/log.ts";
import type { Fault } from "../ledger/receipts.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import { type FunctionId, type LakeFunction, topology } from "../topology.ts";
import { type FunctionRuntime, timedOut } from "./runtime.ts";

/** What a worker is told once: the one function it serves, and on which lake. */
export interface WorkerSetup {
  readonly id: FunctionId;
  /** Absolute, so that it means the same in every thread. */
  readonly lake: string;
  readonly settings: PipelineSettings;
  readonly code: string;
  readonly copyInputs: boolean;
}

/** To the worker. */
export interface WorkerRequest {
  readonly event: unknown;
  readonly attempt: number;
}

/** From the worker: any number of log lines, then how the invocation ended. */
export type Reply =
  | { readonly line: Readonly<Record<string, unknown>> }
  | { readonly result: HandlerResult }
  | { readonly error: Fault };

export interface WorkerRuntimeOptions extends Omit<WorkerSetup, "id"> {
  /** The worker's script, see `worker.ts`. */
  readonly script: URL;
  /** What the functions' own environment is added to. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which a worker without work is ended. */
  readonly idleMs?: number;
  /** The limits and environment of a function, where they are not those of the topology. */
  readonly functions?: Readonly<Record<FunctionId, LakeFunction>>;
  readonly log: Log;
  /** A thread of this number is gone, perhaps in the middle of its work. */
  readonly onGone: (thread: number) => void;
}

interface Warm {
  readonly id: FunctionId;
  readonly worker: Worker;
  readonly thread: number;
  idle: NodeJS.Timeout | undefined;
}

const IDLE_MS = 30_000;

/**
 * Runs each function in worker threads of its own, started when they are needed and kept warm: with the function's
 * memory as heap limit (buffers are not counted), its time-out and environment. Whatever happens in a worker is a failed
 * invocation and nothing more.
 */
export function createWorkerRuntime(options: WorkerRuntimeOptions): FunctionRuntime {
  const functions = options.functions ?? topology.functions;
  const idle = new Set<Warm>();
  const all = new Set<Warm>();

  function start(id: FunctionId): Warm {
    const { memoryMb, environment } = functions[id];
    const { lake, settings, code, copyInputs } = options;
    const worker = new Worker(options.script, {
      workerData: { id, lake, settings, code, copyInputs } satisfies WorkerSetup,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      env: { ...options.environment, ...environment } as NodeJS.ProcessEnv,
      stdout: true,
    });
    worker.stdout.resume();
    const warm: Warm = { id, worker, thread: worker.threadId, idle: undefined };
    all.add(warm);
    worker.once("exit", () => {
      clearTimeout(warm.idle);
      all.delete(warm);
      idle.delete(warm);
      options.onGone(warm.thread);
    });
    // An idle worker that dies is not missed; a busy one has listeners of its own.
    worker.on("error", () => {});
    return warm;
  }

  function take(id: FunctionId): Warm {
    for (const warm of idle) {
      if (warm.id !== id) continue;
      idle.delete(warm);
      clearTimeout(warm.idle);
      warm.worker.ref();
      return warm;
    }
    return start(id);
  }

  function giveBack(warm: Warm): void {
    if (!all.has(warm)) return;
    idle.add(warm);
    warm.worker.unref();
    const end = () => {
      idle.delete(warm);
      void warm.worker.terminate();
    };
    warm.idle = setTimeout(end, options.idleMs ?? IDLE_MS).unref();
  }

  async function invoke(id: FunctionId, event: unknown, attempt: number): Promise<HandlerResult> {
    const warm = take(id);
    try {
      const result = await invocation(warm, { event, attempt });
      giveBack(warm);
      return result;
    } catch (error) {
      // A function that threw is as good as new; one that was cut off is not.
      if (error instanceof VantageflowError && CUT_OFF.includes(error.code)) await warm.worker.terminate();
      else giveBack(warm);
      throw error;
    }
  }

  function invocation({ id, worker }: Warm, message: WorkerRequest): Promise<HandlerResult> {
    return new Promise((resolve, reject) => {
      const { timeoutSeconds } = functions[id];
      const timer = setTimeout(() => end(() => reject(timedOut(functions[id]))), timeoutSeconds * 1000);
      const onMessage = (reply: Reply) => {
        if ("line" in reply) options.log(reply.line);
        else if ("result" in reply) end(() => resolve(reply.result));
        else end(() => reject(errorOf(reply.error)));
      };
      const onError = (error: unknown) => end(() => reject(crashed(functions[id], error)));
      const onExit = (code: number) => end(() => reject(exited(functions[id], code)));
      const end = (finish: () => void) => {
        clearTimeout(timer);
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
        finish();
      };
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      worker.postMessage(message);
    });
  }

  return {
    invoke,
    async close() {
      await Promise.all([...all].map(({ worker }) => worker.terminate()));
    },
  };
}

const CUT_OFF: readonly ErrorCode[] = ["function_timeout", "function_memory", "function_exit"];

function crashed({ name, memoryMb }: LakeFunction, error: unknown): VantageflowError {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") {
    const why = `it needs more memory than its ${memoryMb} MB. Raise memoryMb in the topology, or split the batch`;
    return new VantageflowError("function_memory", `Cannot finish ${name}: ${why}.`, { cause: error });
  }
  const why = `it crashed (${error instanceof Error ? error.message : String(error)}). Look at the batch, then redrive it`;
  return new VantageflowError("function_exit", `Cannot finish ${name}: ${why}.`, { cause: error });
}

function exited({ name }: LakeFunction, code: number): VantageflowError {
  const why = `it exited with code ${code} before it answered. Look at the batch, then redrive it`;
  return new VantageflowError("function_exit", `Cannot finish ${name}: ${why}.`);
}
