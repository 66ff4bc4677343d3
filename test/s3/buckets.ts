import { createHash, randomBytes } from "node:crypto";

/** The answer of S3 to a request that it refuses. */
export class S3Fault extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export interface Version {
  readonly versionId: string;
  readonly modified: Date;
  readonly etag: string;
  readonly body: Buffer;
  /** `x-amz-meta-*` and `x-amz-checksum-*`, as they were sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** A delete marker. */
  readonly deleted: boolean;
}

export interface Condition {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

interface Upload {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether CRC32 was announced: then every part has one, and the completion names it. */
  readonly checked: boolean;
  readonly parts: Map<number, { readonly etag: string; readonly body: Buffer; readonly crc32: string | undefined }>;
}

interface WantedPart {
  readonly number: number;
  readonly etag: string;
  readonly crc32: string | undefined;
}

export type Bucket = ReturnType<typeof createBucket>;

const MIN_PART_BYTES = 5 * 1024 * 1024;

/** A bucket in memory, with versions, conditions and multipart uploads as the S3 API reference describes them. `now` times its writes. */
export function createBucket(now: () => Date = () => new Date()) {
  /** Oldest first. */
  const objects = new Map<string, Version[]>();
  const uploads = new Map<string, Upload>();
  let versioning: "" | "Enabled" | "Suspended" = "";

  function current(key: string): Version | undefined {
    const newest = objects.get(key)?.at(-1);
    return newest?.deleted ? undefined : newest;
  }

  function check(key: string, { ifMatch, ifNoneMatch }: Condition): void {
    const now = current(key);
    if (ifNoneMatch === "*" && now !== undefined) throw new S3Fault(412, "PreconditionFailed");
    if (ifMatch === undefined) return;
    if (now === undefined) throw new S3Fault(404, "NoSuchKey");
    if (bare(ifMatch) !== now.etag) throw new S3Fault(412, "PreconditionFailed");
  }

  function store(key: string, version: Omit<Version, "versionId" | "modified">): Version {
    const versionId = versioning === "Enabled" ? randomBytes(16).toString("hex") : "null";
    const stored = { ...version, versionId, modified: now() };
    const older = (objects.get(key) ?? []).filter((one) => one.versionId !== versionId);
    objects.set(key, [...older, stored]);
    return stored;
  }

  return {
    current,
    get versioning() {
      return versioning;
    },
    setVersioning(status: "Enabled" | "Suspended") {
      versioning = status;
    },
    uploads,
    keys(prefix: string): string[] {
      const found = [...objects.keys()].filter((key) => key.startsWith(prefix));
      return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    },
    /** Newest first. */
    versions: (key: string): Version[] => (objects.get(key) ?? []).toReversed(),
    put(key: string, body: Buffer, etag: string, headers: Record<string, string>, condition: Condition): Version {
      check(key, condition);
      return store(key, { etag, body, headers, deleted: false });
    },
    /** As S3 replication writes: the version as it is, its id, time and ETag too; the newest by its time is current. */
    replicate(key: string, version: Version): void {
      const others = (objects.get(key) ?? []).filter(({ versionId }) => versionId !== version.versionId);
      objects.set(
        key,
        [...others, version].sort((a, b) => a.modified.getTime() - b.modified.getTime()),
      );
    },
    get(key: string, versionId: string | null, condition: Condition): Version {
      const found = versionId === null ? current(key) : objects.get(key)?.find((one) => one.versionId === versionId);
      if (found === undefined) throw new S3Fault(404, versionId === null ? "NoSuchKey" : "NoSuchVersion");
      if (found.deleted) throw new S3Fault(405, "MethodNotAllowed");
      if (condition.ifMatch !== undefined && bare(condition.ifMatch) !== found.etag) {
        throw new S3Fault(412, "PreconditionFailed");
      }
      return found;
    },
    remove(key: string, versionId: string | null, condition: Condition): void {
      if (condition.ifMatch !== undefined && current(key) !== undefined) check(key, condition);
      if (versionId === null && versioning !== "") {
        store(key, { etag: "", body: Buffer.alloc(0), headers: {}, deleted: true });
        return;
      }
      const left = (objects.get(key) ?? []).filter((one) => versionId !== null && one.versionId !== versionId);
      if (left.length > 0) objects.set(key, left);
      else objects.delete(key);
    },
    begin(key: string, headers: Record<string, string>, checked: boolean): string {
      const id = randomBytes(16).toString("hex");
      uploads.set(id, { key, headers, checked, parts: new Map() });
      return id;
    },
    addPart(id: string, number: number, body: Buffer, etag: string, crc32: string | undefined): void {
      const upload = uploads.get(id) ?? noUpload();
      if (upload.checked !== (crc32 !== undefined)) throw new S3Fault(400, "InvalidRequest");
      upload.parts.set(number, { etag, body, crc32 });
    },
    complete(id: string, wanted: readonly WantedPart[], condition: Condition): Version {
      const upload = uploads.get(id) ?? noUpload();
      const parts = wanted.map(({ number, etag, crc32 }) => {
        const part = upload.parts.get(number);
        if (part === undefined || part.etag !== bare(etag)) throw new S3Fault(400, "InvalidPart");
        if (part.crc32 !== crc32) throw new S3Fault(400, "InvalidRequest");
        return part;
      });
      if (parts.slice(0, -1).some(({ body }) => body.length < MIN_PART_BYTES)) throw new S3Fault(400, "EntityTooSmall");
      check(upload.key, condition);
      uploads.delete(id);
      const digest = createHash("sha256");
      for (const part of parts) digest.update(part.etag);
      const etag = `${digest.digest("hex").slice(0, 32)}-${parts.length}`;
      const body = Buffer.concat(parts.map((part) => part.body));
      return store(upload.key, { etag, body, headers: upload.headers, deleted: false });
    },
    abort(id: string): void {
      if (!uploads.delete(id)) noUpload();
    },
  };
}

function noUpload(): never {
  throw new S3Fault(404, "NoSuchUpload");
}

function bare(etag: string): string {
  return etag.replaceAll('"', "");
}
