import { VantageflowError } from "../errors.ts";
import type { Handler, HandlerResult } from "../functions/handler.ts";
import { type FunctionId, type LakeFunction, topology } from "../topology.ts";

/** What runs the functions: this thread or others. A handler does not know which. */
export interface FunctionRuntime {
  /**
   * One invocation. Rejects with whatever the function threw, or with `function_timeout`, `function_memory` or
   * `function_exit` when it did not come to an end of its own.
   */
  invoke(id: FunctionId, event: unknown, attempt: number): Promise<HandlerResult>;
  /** Ends what is still running. */
  close(): Promise<void>;
}

/** Runs the functions in this thread: nothing to start, but a function that never yields cannot be stopped. */
export function createInProcessRuntime(
  handlers: Readonly<Record<FunctionId, Handler>>,
  functions: Readonly<Record<FunctionId, LakeFunction>> = topology.functions,
): FunctionRuntime {
  return {
    async invoke(id, event, attempt) {
      const { timeoutSeconds } = functions[id];
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(timedOut(functions[id])), timeoutSeconds * 1000);
      });
      try {
        return await Promise.race([handlers[id](event, attempt), timeout]);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {},
  };
}

/** In Lambda's words ("Task timed out"), with what to do. */
export function timedOut({ name, timeoutSeconds }: LakeFunction): VantageflowError {
  const why = `the task timed out after ${timeoutSeconds.toFixed(2)} seconds. Split the batch, or run it in the foreground: vantageflow run`;
  return new VantageflowError("function_timeout", `Cannot finish ${name}: ${why}.`);
}
