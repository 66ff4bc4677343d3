import { createServer } from "node:http";
/**
 * Lambda's Invoke operation for asynchronous invocations (Lambda API reference, "Invoke"): hands the event on and answers
 * 202 at once, 404 for a function that there is not.
 */
export async function startLambdaEndpoint(invoke) {
    const server = createServer(async (request, response) => {
        let body = "";
        for await (const chunk of request.setEncoding("utf8"))
            body += chunk;
        const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? "") ?? [];
        const signed = /\/us-east-1\/lambda\/aws4_request/.test(request.headers.authorization ?? "");
        const asynchronous = request.headers["x-amz-invocation-type"] === "Event";
        if (request.method !== "POST" || !signed || !asynchronous)
            return void response.writeHead(400).end("{}");
        const known = invoke(name, JSON.parse(body));
        response.writeHead(known ? 202 : 404, known ? {} : { "x-amzn-errortype": "ResourceNotFoundException" });
        response.end(known ? "" : '{"Message":"Function not found"}');
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        async close() {
            server.closeAllConnections();
            await new Promise((closed) => server.close(closed));
        },
    };
}
