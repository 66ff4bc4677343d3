// Keeps the code of the deployed functions before a deployment, and puts it back after one that went wrong: what ran, not what a
// repository says of it. Configuration and infrastructure stay as they are; deploy the former commit for those.
// node scripts/former-code.mjs keep|put-back FOLDER
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  GetFunctionCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";

/** A function takes some seconds to be updated; one in a VPC longer. */
const MAX_WAIT_SECONDS = 120;

const [what, folder] = process.argv.slice(2);
const does = { keep, "put-back": putBack }[what];
if (does === undefined || folder === undefined) {
  console.error("Usage: node scripts/former-code.mjs keep|put-back FOLDER");
  process.exit(2);
}
const { functions } = JSON.parse(readFileSync("src/topology.json", "utf8"));
const lambda = new LambdaClient({});
let failed = false;
for (const { name } of Object.values(functions)) {
  try {
    console.log(`${name}: ${await does(name, join(folder, `${name}.zip`))}`);
  } catch (error) {
    // The others all the same.
    console.error(`${name}: ${error.message}`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;

async function keep(name, file) {
  let found;
  try {
    found = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
  } catch (error) {
    if (error.name === "ResourceNotFoundException") return "not deployed yet, nothing to keep";
    throw error;
  }
  // The address is a key to the code for ten minutes: it is never printed.
  const answer = await fetch(found.Code.Location);
  if (!answer.ok) throw new Error(`Cannot keep its code: S3 answers ${answer.status}. Start the deployment again.`);
  const zip = Buffer.from(await answer.arrayBuffer());
  if (digestOf(zip) !== found.Configuration.CodeSha256) {
    throw new Error("Cannot keep its code: the download is not what Lambda says it runs. Start the deployment again.");
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, zip);
  return `kept, ${zip.length} bytes`;
}

async function putBack(name, file) {
  if (!existsSync(file)) return "nothing was kept";
  const zip = readFileSync(file);
  const { CodeSha256 } = await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: zip }));
  if (CodeSha256 !== digestOf(zip))
    throw new Error("Cannot put its code back: Lambda has stored other bytes. Look at the function.");
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: MAX_WAIT_SECONDS }, { FunctionName: name });
  return "its former code is back";
}

function digestOf(bytes) {
  return createHash("sha256").update(bytes).digest("base64");
}
