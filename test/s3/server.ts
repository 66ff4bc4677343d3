import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";
import { type Bucket, type Condition, createBucket, S3Fault, type Version } from "./buckets.ts";
import { copyObject } from "./copy.ts";
import { listObjects, listVersions, xml } from "./listings.ts";
import { type Answer, ranged } from "./ranges.ts";
import { type Credentials, signatureProblem } from "./signature.ts";

/** What became of a request that a test wants to go wrong: its answer is broken off, or never comes. */
type Interference = "none" | "403" | "500" | "503" | "break before" | "break after" | "break body";

/** Where S3-compatible servers are not compatible: see docs/s3.md. */
type Quirk =
  | "ignores conditions on put"
  | "ignores conditions on complete"
  | "matches bare ETags only"
  | "ignores ranges"
  | "ignores start-after";

export interface S3Server {
  readonly endpoint: string;
  /** Every request so far: `PUT bronze/b.csv`, `GET ?list-type`. */
  readonly requests: string[];
  readonly buckets: Map<string, Bucket>;
  /** Asked about every request; "none" by default. */
  interfere: (method: string, key: string) => Interference;
  readonly quirks: Set<Quirk>;
  /** Connections that clients hold open. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

interface Call {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Not the MD5: clients must not care (S3 API reference, "Object": of objects encrypted with KMS it is none). */
  readonly etag: string;
  readonly condition: Condition;
}

/** A small S3 server in memory for tests: what vantageflow uses of the API, signatures and checksums included. `now` times what is written. */
export async function startS3Server(credentials: Credentials, now?: () => Date): Promise<S3Server> {
  const buckets = new Map<string, Bucket>();
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [bucket, ...path] = (request.url ?? "/").split("?")[0].slice(1).split("/").map(decodeURIComponent);
    const [method, key] = [request.method ?? "", path.join("/")];
    requests.push(`${method} ${key === "" ? `?${[...url.searchParams.keys()][0] ?? ""}` : key}`);
    const interference = running.interfere(method, key);
    if (interference === "break before") return void request.socket.destroy();
    let answer: Answer;
    try {
      const body = await readBody(request);
      if (interference === "403") throw new S3Fault(403, "AccessDenied");
      if (interference === "500") throw new S3Fault(500, "InternalError");
      if (interference === "503") throw new S3Fault(503, "SlowDown");
      const problem = signatureProblem(request, url, credentials);
      if (problem !== null) throw new S3Fault(403, problem);
      const headers = request.headers as Record<string, string | undefined>;
      if (running.quirks.has("ignores ranges")) delete headers.range;
      if (running.quirks.has("ignores start-after")) url.searchParams.delete("start-after");
      const etag = checkBody(body, headers).slice(0, 32);
      const condition = conditionOf(running.quirks, method, url.searchParams, headers);
      answer = handle(buckets, { method, bucket, key, query: url.searchParams, headers, body, etag, condition }, now);
    } catch (error) {
      const { status, code } = error instanceof S3Fault ? error : new S3Fault(500, String(error));
      answer = { status, body: xml("Error", `<Code>${code}</Code><Message>${code}</Message>`) };
    }
    if (interference === "break after") return void request.socket.destroy();
    send(response, answer, method === "HEAD", interference === "break body");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const running: S3Server = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    buckets,
    quirks: new Set(),
    interfere: () => "none",
    connections: () => new Promise((done) => server.getConnections((_, count) => done(count))),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return running;
}

function send(
  response: ServerResponse,
  { status = 200, headers = {}, body = "" }: Answer,
  isHead: boolean,
  broken: boolean,
) {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const empty = status === 204 || status === 304;
  response.writeHead(status, { ...(empty ? {} : { "content-length": bytes.length }), ...headers });
  if (broken && !isHead) response.write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.destroy());
  else response.end(isHead || empty ? undefined : bytes);
}

function conditionOf(
  quirks: ReadonlySet<Quirk>,
  method: string,
  query: URLSearchParams,
  headers: Call["headers"],
): Condition {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = headers;
  const ignored =
    method === "POST"
      ? quirks.has("ignores conditions on complete")
      : method === "PUT" && quirks.has("ignores conditions on put");
  if (ignored || query.has("partNumber")) return { ifMatch: undefined, ifNoneMatch: undefined };
  if (method === "PUT" && ifMatch?.startsWith('"') && quirks.has("matches bare ETags only")) {
    throw new S3Fault(412, "PreconditionFailed");
  }
  return { ifMatch, ifNoneMatch };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Returns the SHA-256 of a body that is what its sender meant, lower-case hex. */
function checkBody(body: Buffer, headers: Call["headers"]): string {
  const sha256 = createHash("sha256").update(body).digest();
  const sent = headers["x-amz-content-sha256"] ?? "";
  if (sent.startsWith("STREAMING")) throw new S3Fault(411, "MissingContentLength");
  if (/^[0-9a-f]{64}$/.test(sent) && sha256.toString("hex") !== sent) {
    throw new S3Fault(400, "XAmzContentSHA256Mismatch");
  }
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  const given = Object.keys(headers).filter((name) => /^x-amz-checksum-(crc|sha)/.test(name));
  if (given.length > 1) throw new S3Fault(400, "InvalidRequest");
  const sums = { crc32: crc.toString("base64"), sha256: sha256.toString("base64") };
  for (const [name, sum] of Object.entries(sums)) {
    const expected = headers[`x-amz-checksum-${name}`];
    if (expected !== undefined && expected !== sum) throw new S3Fault(400, "BadDigest");
  }
  return sha256.toString("hex");
}

function handle(buckets: Map<string, Bucket>, call: Call, now?: () => Date): Answer {
  if (call.method === "PUT" && call.key === "" && call.query.size === 0) {
    buckets.set(call.bucket, createBucket(now));
    return {};
  }
  const bucket = buckets.get(call.bucket);
  if (bucket === undefined) throw new S3Fault(404, "NoSuchBucket");
  if (call.key === "") return handleBucket(bucket, call);
  const isCopy = call.headers["x-amz-copy-source"] !== undefined;
  if (isCopy && call.query.size > 0) throw new S3Fault(501, "NotImplemented");
  if (isCopy) return copied(copyObject(buckets, { ...call, bucket }, call.headers));
  if (call.query.has("uploadId") || call.query.has("uploads")) return handleUpload(bucket, call);
  return handleObject(bucket, call);
}

function handleBucket(bucket: Bucket, { method, query, body }: Call): Answer {
  if (query.has("versioning")) {
    if (method === "PUT") bucket.setVersioning(body.includes("Enabled") ? "Enabled" : "Suspended");
    const status = bucket.versioning === "" ? "" : `<Status>${bucket.versioning}</Status>`;
    return { body: xml("VersioningConfiguration", status) };
  }
  if (query.has("versions")) return { body: listVersions(bucket, query) };
  if (query.get("list-type") === "2") return { body: listObjects(bucket, query) };
  throw new S3Fault(501, "NotImplemented");
}

function handleObject(bucket: Bucket, { method, key, query, headers, body, etag, condition }: Call): Answer {
  const versionId = query.get("versionId");
  switch (method) {
    case "PUT":
      return { headers: versionHeaders(bucket.put(key, body, etag, kept(headers), condition)) };
    case "GET":
    case "HEAD": {
      const version = bucket.get(key, versionId, condition);
      return ranged(version.body, { ...versionHeaders(version), ...objectHeaders(version, headers) }, headers.range);
    }
    case "DELETE":
      bucket.remove(key, versionId, condition);
      return { status: 204 };
    default:
      throw new S3Fault(405, "MethodNotAllowed");
  }
}

function handleUpload(bucket: Bucket, { method, key, query, headers, body, etag, condition }: Call): Answer {
  const id = query.get("uploadId") ?? "";
  if (query.has("uploads")) {
    const uploadId = bucket.begin(key, kept(headers), headers["x-amz-checksum-algorithm"] === "CRC32");
    return { body: xml("InitiateMultipartUploadResult", `<UploadId>${uploadId}</UploadId>`) };
  }
  if (method === "PUT") {
    const crc = headers["x-amz-checksum-crc32"];
    bucket.addPart(id, Number(query.get("partNumber")), body, etag, crc);
    return { headers: { etag: `"${etag}"`, ...(crc === undefined ? {} : { "x-amz-checksum-crc32": crc }) } };
  }
  if (method === "DELETE") {
    bucket.abort(id);
    return { status: 204 };
  }
  const parts = [...body.toString().matchAll(/<Part>.*?<\/Part>/gs)].map(([part]) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? "").replaceAll("&quot;", ""),
    crc32: /<ChecksumCRC32>(.*?)<\/ChecksumCRC32>/.exec(part)?.[1],
  }));
  const version = bucket.complete(id, parts, condition);
  return {
    headers: versionHeaders(version),
    body: xml("CompleteMultipartUploadResult", `<ETag>"${version.etag}"</ETag>`),
  };
}

function copied(version: Version): Answer {
  const result = `<ETag>"${version.etag}"</ETag><LastModified>${version.modified.toISOString()}</LastModified>`;
  return { headers: versionHeaders(version), body: xml("CopyObjectResult", result) };
}

/** What of a request's headers belongs to the object. */
function kept(headers: Call["headers"]): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => /^x-amz-(meta-|checksum-(crc32|sha256)$)/.test(name));
  return Object.fromEntries(own) as Record<string, string>;
}

function versionHeaders({ etag, versionId }: Version): Record<string, string> {
  return { etag: `"${etag}"`, ...(versionId === "null" ? {} : { "x-amz-version-id": versionId }) };
}

/** Checksums are those of all bytes: with a range none is sent. */
function objectHeaders({ modified, headers: own }: Version, request: Call["headers"]): Record<string, string> {
  const hasChecksum = request["x-amz-checksum-mode"] === "ENABLED" && request.range === undefined;
  const shown = Object.entries(own).filter(([name]) => name.startsWith("x-amz-meta-") || hasChecksum);
  return { "last-modified": modified.toUTCString(), ...Object.fromEntries(shown) };
}
