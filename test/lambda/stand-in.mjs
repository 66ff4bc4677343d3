// Stands in for aws-lambda-ric where it is not installed: the same loop over the Runtime API, for ES modules only.
// node stand-in.mjs index.handler, in the function's folder.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const [file, name] = process.argv[2].split(".");

const post = (path, body) => fetch(`${base}/${path}`, { method: "POST", body: JSON.stringify(body) });
const errorOf = (error) => ({ errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") });

let handler;
try {
  ({ [name]: handler } = await import(pathToFileURL(join(process.cwd(), `${file}.mjs`)).href));
} catch (error) {
  await post("init/error", errorOf(error));
  process.exit(1);
}
for (;;) {
  const next = await fetch(`${base}/invocation/next`);
  const awsRequestId = next.headers.get("lambda-runtime-aws-request-id");
  const context = {
    awsRequestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    invokedFunctionArn: next.headers.get("lambda-runtime-invoked-function-arn"),
  };
  try {
    await post(`invocation/${awsRequestId}/response`, await handler(await next.json(), context));
  } catch (error) {
    await post(`invocation/${awsRequestId}/error`, errorOf(error));
  }
}
