import { createHash, type Hash } from "node:crypto";
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { DigestReply, DigestRequest } from "./digests.ts";

// The body of the thread that hashes large files while they are written. Descriptors are those of the whole process.

const CHUNK = Buffer.alloc(1024 * 1024);
const files = new Map<number, { readonly hash: Hash; position: number }>();
const reply = (message: DigestReply) => parentPort?.postMessage(message);

function digestOf({ file, fd, written, isEnd }: DigestRequest): string | null {
  const one = files.get(file) ?? { hash: createHash("sha256"), position: 0 };
  files.set(file, one);
  while (one.position < written) {
    const read = readSync(fd, CHUNK, 0, Math.min(CHUNK.length, written - one.position), one.position);
    if (read === 0) throw Object.assign(new Error("what was written is gone"), { code: "EIO" });
    one.hash.update(read === CHUNK.length ? CHUNK : CHUNK.subarray(0, read));
    one.position += read;
  }
  if (!isEnd) return null;
  files.delete(file);
  return one.hash.digest("hex");
}

parentPort?.on("message", (request: DigestRequest) => {
  const { file, isEnd } = request;
  try {
    const digest = digestOf(request);
    if (digest !== null) reply({ file, digest });
  } catch (error) {
    // Read again, and told, when its end comes.
    if (!isEnd) return;
    files.delete(file);
    const { code = "EIO", message } = error as NodeJS.ErrnoException;
    reply({ file, error: { code, message } });
  }
});
