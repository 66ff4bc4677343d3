import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What Lambda learns of one invocation. */
export type Outcome =
  | { readonly kind: "response"; readonly body: unknown }
  | { readonly kind: "error"; readonly errorType: string; readonly errorMessage: string };

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly done: (outcome: Outcome) => void;
}

export interface RuntimeApi {
  /** `host:port`, as AWS_LAMBDA_RUNTIME_API has it. */
  readonly address: string;
  /** Settles when the function has answered; waits for its turn, as one environment serves one event at a time. */
  invoke(event: unknown): Promise<Outcome>;
  /** Settles when the function has reported that it cannot start. */
  readonly initError: Promise<{ readonly errorType: string; readonly errorMessage: string }>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 60_000;
const PATH = /^\/2018-06-01\/runtime\/(?:invocation\/(next)|invocation\/([^/]+)\/(response|error)|(init)\/error)$/;

/** The side of AWS in Lambda's Runtime API (Lambda developer guide, "Using the Lambda runtime API"), for one function. */
export async function startRuntimeApi(functionName: string, timeoutMs = TIMEOUT_MS): Promise<RuntimeApi> {
  const queue: Invocation[] = [];
  const waiting: ServerResponse[] = [];
  const running = new Map<string, Invocation>();
  let failInit: (error: { errorType: string; errorMessage: string }) => void = () => {};
  const initError = new Promise<{ errorType: string; errorMessage: string }>((done) => {
    failInit = done;
  });

  function pump(): void {
    while (queue.length > 0 && waiting.length > 0) {
      const [invocation, response] = [queue.shift() as Invocation, waiting.shift() as ServerResponse];
      running.set(invocation.id, invocation);
      response.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": invocation.id,
        "lambda-runtime-deadline-ms": String(Date.now() + timeoutMs),
        "lambda-runtime-invoked-function-arn": `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
        "lambda-runtime-trace-id": "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
      });
      response.end(JSON.stringify(invocation.event));
    }
  }

  const server = createServer(async (request, response) => {
    const [, next, id, kind, init] = PATH.exec(request.url ?? "") ?? [];
    if (next !== undefined) {
      waiting.push(response);
      return pump();
    }
    const body = JSON.parse((await textOf(request)) || "null");
    response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
    if (init !== undefined) return failInit(body);
    running.get(id)?.done(kind === "error" ? { kind, ...body } : { kind: "response", body });
    running.delete(id);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoke: (event) =>
      new Promise((done) => {
        queue.push({ id: randomUUID(), event, done });
        pump();
      }),
    initError,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
