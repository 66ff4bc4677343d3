import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { build } from "esbuild";

const CREDENTIALS = { accessKeyId: "bench", secretAccessKey: "bench-secret" };

/** The servers of the tests: Ceph where it is installed, and the repository's own. TypeScript, so bundled first. */
export async function loadServers(work, wanted) {
  const entryPoints = { ceph: "test/s3/ceph.ts", server: "test/s3/server.ts" };
  await build({
    entryPoints,
    outdir: work,
    bundle: true,
    platform: "node",
    format: "esm",
    outExtension: { ".js": ".mjs" },
  });
  const [{ hasCeph, startCeph }, { startS3Server }] = await Promise.all([
    import(join(work, "ceph.mjs")),
    import(join(work, "server.mjs")),
  ]);
  const test = {
    name: "test server",
    async start() {
      const server = await startS3Server(CREDENTIALS);
      const { endpoint, requests } = server;
      return {
        endpoint,
        requests,
        cpu: () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
        stop: () => server.close(),
      };
    },
  };
  const ceph = {
    name: "Ceph RGW",
    async start() {
      const { endpoint, stop } = await startCeph(CREDENTIALS);
      return { endpoint, requests: null, cpu: cpuOfChildren, stop };
    },
  };
  return {
    test,
    all: [...(wanted.includes("ceph") && hasCeph() ? [ceph] : []), ...(wanted.includes("test") ? [test] : [])],
  };
}

/** Seconds of CPU that the running children of this process have used (proc(5), stat: fields 14 and 15, in 1/100 s). */
function cpuOfChildren() {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "latin1").trim().split(" ");
  let ticks = 0;
  for (const child of children.filter((one) => one !== "")) {
    const fields = readFileSync(`/proc/${child}/stat`, "latin1").split(") ")[1].split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

/** Runs `use` with a server that was just started, and what the command line and this process need to reach it. */
export async function withServer(server, use) {
  const running = await server.start();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: running.endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: "us-east-1",
  });
  const client = new S3Client({ endpoint: running.endpoint, credentials: CREDENTIALS, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: "bench" }));
  try {
    return await use(running, client);
  } finally {
    client.destroy();
    await running.stop();
  }
}
