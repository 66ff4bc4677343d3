import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
const TIMEOUT_MS = 60_000;
const PATH = /^\/2018-06-01\/runtime\/(?:invocation\/(next)|invocation\/([^/]+)\/(response|error)|(init)\/error)$/;
/** The side of AWS in Lambda's Runtime API (Lambda developer guide, "Using the Lambda runtime API"), for one function. */
export async function startRuntimeApi(functionName) {
    const queue = [];
    const waiting = [];
    const running = new Map();
    let failInit = () => { };
    const initError = new Promise((done) => {
        failInit = done;
    });
    function pump() {
        while (queue.length > 0 && waiting.length > 0) {
            const [invocation, response] = [queue.shift(), waiting.shift()];
            running.set(invocation.id, invocation);
            response.writeHead(200, {
                "content-type": "application/json",
                "lambda-runtime-aws-request-id": invocation.id,
                "lambda-runtime-deadline-ms": String(Date.now() + TIMEOUT_MS),
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
        if (init !== undefined)
            return failInit(body);
        running.get(id)?.done(kind === "error" ? { kind, ...body } : { kind: "response", body });
        running.delete(id);
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    return {
        address: `127.0.0.1:${server.address().port}`,
        invoke: (event) => new Promise((done) => {
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
async function textOf(request) {
    let text = "";
    for await (const chunk of request.setEncoding("utf8"))
        text += chunk;
    return text;
}
