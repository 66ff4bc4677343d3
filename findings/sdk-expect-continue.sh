#!/usr/bin/env bash
# Package: @aws-sdk/client-s3 3.1169.0
# Expected: with maxSockets 2, ten uploads at once share two connections, whatever their size (Node, "http.Agent").
# Happens: a body of 2 MiB or more is sent with Expect: 100-continue, and each such request opens a connection of its own, which
#   is not kept: ten connections instead of two.
# Matters: nothing that was said of the agent holds for large uploads: not the limit that keeps a small server alive, and not the `ca`
#   of a private authority either, so that small objects pass and large ones fail. Each pays for a handshake, and where a proxy swallows
#   the "100 Continue" each waits for seconds.
# Here: `expectContinueHeader: false` in the client's configuration (src/storage/s3/client.ts); a test sends large parts over TLS.
set -euo pipefail

version="${VERSION:-3.1169.0}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "@aws-sdk/client-s3@$version" >&2 || exit 2

cat > uploads.mjs <<'JS'
import { createServer } from "node:http";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

let [connections, expecting] = [0, 0];
const answer = (request, response) => {
  request.resume().on("end", () => response.setHeader("ETag", '"e"').end());
};
const server = createServer(answer);
server.on("connection", () => connections++);
server.on("checkContinue", (request, response) => {
  expecting++;
  response.writeContinue();
  answer(request, response);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

async function upload(size) {
  [connections, expecting] = [0, 0];
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${server.address().port}`,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "example", secretAccessKey: "example" },
    requestHandler: { httpAgent: { maxSockets: 2 } },
  });
  const keys = Array.from({ length: 10 }, (_, index) => `readings-${index}.csv`);
  await Promise.all(
    keys.map((Key) => client.send(new PutObjectCommand({ Bucket: "plant", Key, Body: Buffer.alloc(size, "a") }))),
  );
  client.destroy();
  console.log(`10 uploads of ${size} bytes, maxSockets 2: ${connections} connections, ${expecting} with Expect`);
  return connections;
}

const MIB = 1024 * 1024;
const small = await upload(2 * MIB - 1);
const large = await upload(2 * MIB);
server.close();
if (small > 2) process.exit(2);
process.exit(large > 2 ? 0 : 1);
JS
AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true node uploads.mjs
