import { createHash, randomBytes } from "node:crypto";
/** The answer of S3 to a request that it refuses. */
export class S3Fault extends Error {
    status;
    code;
    constructor(status, code) {
        super(code);
        this.status = status;
        this.code = code;
    }
}
const MIN_PART_BYTES = 5 * 1024 * 1024;
function md5(...chunks) {
    const hash = createHash("md5");
    for (const chunk of chunks)
        hash.update(chunk);
    return hash.digest("hex");
}
/** A bucket in memory, with versions, conditions and multipart uploads as the S3 API reference describes them. */
export function createBucket() {
    /** Oldest first. */
    const objects = new Map();
    const uploads = new Map();
    let versioning = "";
    function current(key) {
        const newest = objects.get(key)?.at(-1);
        return newest?.deleted ? undefined : newest;
    }
    function check(key, { ifMatch, ifNoneMatch }) {
        const now = current(key);
        if (ifNoneMatch === "*" && now !== undefined)
            throw new S3Fault(412, "PreconditionFailed");
        if (ifMatch === undefined)
            return;
        if (now === undefined)
            throw new S3Fault(404, "NoSuchKey");
        if (bare(ifMatch) !== now.etag)
            throw new S3Fault(412, "PreconditionFailed");
    }
    function store(key, version) {
        const versionId = versioning === "Enabled" ? randomBytes(16).toString("hex") : "null";
        const stored = { ...version, versionId, modified: new Date() };
        const older = (objects.get(key) ?? []).filter((one) => one.versionId !== versionId);
        objects.set(key, [...older, stored]);
        return stored;
    }
    return {
        current,
        get versioning() {
            return versioning;
        },
        setVersioning(status) {
            versioning = status;
        },
        uploads,
        keys(prefix) {
            const found = [...objects.keys()].filter((key) => key.startsWith(prefix));
            return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        },
        /** Newest first. */
        versions: (key) => (objects.get(key) ?? []).toReversed(),
        put(key, body, headers, condition) {
            check(key, condition);
            return store(key, { etag: md5(body), body, headers, deleted: false });
        },
        get(key, versionId, condition) {
            const found = versionId === null ? current(key) : objects.get(key)?.find((one) => one.versionId === versionId);
            if (found === undefined)
                throw new S3Fault(404, versionId === null ? "NoSuchKey" : "NoSuchVersion");
            if (found.deleted)
                throw new S3Fault(405, "MethodNotAllowed");
            if (condition.ifMatch !== undefined && bare(condition.ifMatch) !== found.etag) {
                throw new S3Fault(412, "PreconditionFailed");
            }
            return found;
        },
        remove(key, versionId, condition) {
            if (condition.ifMatch !== undefined && current(key) !== undefined)
                check(key, condition);
            if (versionId === null && versioning !== "") {
                store(key, { etag: "", body: Buffer.alloc(0), headers: {}, deleted: true });
                return;
            }
            const left = (objects.get(key) ?? []).filter((one) => versionId !== null && one.versionId !== versionId);
            if (left.length > 0)
                objects.set(key, left);
            else
                objects.delete(key);
        },
        begin(key, headers, checked) {
            const id = randomBytes(16).toString("hex");
            uploads.set(id, { key, headers, checked, parts: new Map() });
            return id;
        },
        addPart(id, number, body, crc32) {
            const etag = md5(body);
            const upload = uploads.get(id) ?? noUpload();
            if (upload.checked !== (crc32 !== undefined))
                throw new S3Fault(400, "InvalidRequest");
            upload.parts.set(number, { etag, body, crc32 });
            return etag;
        },
        complete(id, wanted, condition) {
            const upload = uploads.get(id) ?? noUpload();
            const parts = wanted.map(({ number, etag, crc32 }) => {
                const part = upload.parts.get(number);
                if (part === undefined || part.etag !== bare(etag))
                    throw new S3Fault(400, "InvalidPart");
                if (part.crc32 !== crc32)
                    throw new S3Fault(400, "InvalidRequest");
                return part;
            });
            if (parts.slice(0, -1).some(({ body }) => body.length < MIN_PART_BYTES))
                throw new S3Fault(400, "EntityTooSmall");
            check(upload.key, condition);
            uploads.delete(id);
            const etag = `${md5(...parts.map((part) => Buffer.from(part.etag, "hex")))}-${parts.length}`;
            const body = Buffer.concat(parts.map((part) => part.body));
            return store(upload.key, { etag, body, headers: upload.headers, deleted: false });
        },
        abort(id) {
            if (!uploads.delete(id))
                noUpload();
        },
    };
}
function noUpload() {
    throw new S3Fault(404, "NoSuchUpload");
}
function bare(etag) {
    return etag.replaceAll('"', "");
}
