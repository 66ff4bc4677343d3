import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { topology } from "../../src/topology.ts";
import { command, folder } from "../cli/run-cli.ts";

const NAMES = Object.values(topology.functions).map(({ name }) => name);
const [FIRST] = NAMES;

/** Lambda's GetFunction and UpdateFunctionCode (Lambda API reference), and the addresses that it gives code away by. */
const code = new Map<string, Buffer>();
let download: (zip: Buffer) => Buffer = (zip) => zip;
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const path = request.url ?? "";
  const secret = /^\/code\/([^?]+)\?X-Amz-Signature=s3cret$/.exec(path)?.[1];
  if (secret !== undefined) return void response.end(download(code.get(secret) ?? Buffer.alloc(0)));
  const name = /^\/2015-03-31\/functions\/([^/]+)/.exec(path)?.[1] ?? "";
  if (!code.has(name)) {
    return void response.writeHead(404, { "x-amzn-errortype": "ResourceNotFoundException" }).end('{"Message":"none"}');
  }
  if (request.method === "PUT") {
    code.set(name, Buffer.from(JSON.parse(Buffer.concat(chunks).toString()).ZipFile, "base64"));
  }
  const CodeSha256 = createHash("sha256")
    .update(code.get(name) ?? "")
    .digest("base64");
  const configuration = { CodeSha256, LastUpdateStatus: "Successful", State: "Active" };
  const Code = { Location: `${endpoint()}/code/${name}?X-Amz-Signature=s3cret` };
  response.end(JSON.stringify(request.method === "PUT" ? configuration : { Configuration: configuration, Code }));
});
const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(() => new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening)));
afterAll(() => new Promise((closed) => server.close(closed)));
beforeEach(() => {
  code.clear();
  download = (zip) => zip;
  for (const name of NAMES) code.set(name, Buffer.from(`former ${name}`));
});

function formerCode(...args: string[]) {
  const env = {
    AWS_ENDPOINT_URL_LAMBDA: endpoint(),
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
  };
  return command(process.execPath, ["scripts/former-code.mjs", ...args], { cwd: process.cwd(), env });
}

it("the code that ran before a deployment is kept, and back after one that went wrong", async () => {
  const kept = join(folder(), "kept");
  const before = await formerCode("keep", kept);
  expect([before.code, readdirSync(kept).toSorted()]).toEqual([0, NAMES.map((name) => `${name}.zip`).toSorted()]);
  expect(before.stdout + before.stderr).not.toContain("s3cret");
  for (const name of NAMES) code.set(name, Buffer.from("new and wrong"));
  expect((await formerCode("put-back", kept)).code).toBe(0);
  for (const name of NAMES) expect(code.get(name)?.toString()).toBe(`former ${name}`);
});

it("a first deployment has no former code, and a function that was not there before is left", async () => {
  const kept = join(folder(), "kept");
  code.delete(FIRST);
  expect(await formerCode("keep", kept)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("not deployed yet"),
  });
  code.set(FIRST, Buffer.from("new"));
  expect(await formerCode("put-back", kept)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("nothing was kept"),
  });
  expect(code.get(FIRST)?.toString()).toBe("new");
});

it("what was not kept whole is never put back: it stops the deployment before it begins", async () => {
  const kept = join(folder(), "kept");
  download = (zip) => zip.subarray(1);
  const { code: exit, stderr } = await formerCode("keep", kept);
  expect([exit, stderr]).toEqual([1, expect.stringContaining(`${FIRST}: Cannot keep its code`)]);
  expect((await formerCode("put-back", kept)).code).toBe(0);
  expect(code.get(FIRST)?.toString()).toBe(`former ${FIRST}`);
});

it("one that fails does not keep the others from coming back", async () => {
  const kept = join(folder(), "kept");
  await formerCode("keep", kept);
  code.delete(FIRST);
  for (const name of NAMES.slice(1)) code.set(name, Buffer.from("wrong"));
  expect((await formerCode("put-back", kept)).code).toBe(1);
  for (const name of NAMES.slice(1)) expect(code.get(name)?.toString()).toBe(`former ${name}`);
  expect(readFileSync(join(kept, `${FIRST}.zip`), "utf8")).toBe(`former ${FIRST}`);
});
