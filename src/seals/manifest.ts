import { createHash } from "node:crypto";
import { VantageflowError } from "../errors.ts";
import type { OutputRecord } from "../ledger/receipts.ts";
import { areNumbers, areStrings } from "../ledger/shapes.ts";
import { compareKeys } from "../storage/keys.ts";
import { pullChunks } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

/** A receipt or dead letter as it was when it was sealed. */
export interface SealedEntry extends ObjectInfo {
  /** Of its bytes, lower-case hex. */
  readonly sha256: string;
}

/** A key has 1,024 bytes at most, and none takes more than six in JSON. */
const MAX_LINE_BYTES = 16 * 1024;
/** Lines are written together. */
const WRITE_BYTES = 64 * 1024;

/** Writes a manifest: a line for each entry, in the order of their keys, in constant memory. Nobody sees it before it is whole. */
export async function writeManifest(
  storage: LakeStorage,
  key: string,
  entries: AsyncIterable<SealedEntry>,
): Promise<OutputRecord & { readonly entries: number }> {
  const writer = await storage.create(key);
  const hash = createHash("sha256");
  let [size, count, lines, waiting] = [0, 0, [] as string[], 0];
  const flush = async () => {
    const bytes = Buffer.from(lines.join(""), "utf8");
    [lines, waiting] = [[], 0];
    hash.update(bytes);
    size += bytes.length;
    if (bytes.length > 0) await writer.write(bytes);
  };
  try {
    for await (const { key: of, sha256, size: bytes, modified, token } of entries) {
      const line = `${JSON.stringify([of, sha256, bytes, modified, token])}\n`;
      lines.push(line);
      count++;
      waiting += line.length;
      if (waiting >= WRITE_BYTES) await flush();
    }
    await flush();
    await writer.commit({ ifToken: null });
    return { key, size, sha256: hash.digest("hex"), entries: count };
  } finally {
    await writer.abort();
  }
}

/**
 * The entries of a manifest, in the order of their keys. Throws `input_invalid` when it is not what its seal says, which may
 * be known at its end only: until then nothing that was read of it is proven.
 */
export async function* readManifest(
  storage: LakeStorage,
  { key, size, sha256 }: OutputRecord,
): AsyncGenerator<SealedEntry, void, undefined> {
  const hash = createHash("sha256");
  const reader = await storage.read(key);
  let [rest, read, last] = ["", 0, ""];
  const decoder = new TextDecoder("utf-8", { fatal: false });
  try {
    for await (const chunk of pullChunks(reader, reader.head.size)) {
      hash.update(chunk);
      read += chunk.length;
      if (read > size) throw changed(key);
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_LINE_BYTES) throw changed(key);
      for (const line of lines) {
        const entry = entryIn(line);
        // Whoever compares relies on the order.
        if (entry === null || (last !== "" && compareKeys(last, entry.key) >= 0)) throw changed(key);
        last = entry.key;
        yield entry;
      }
    }
  } finally {
    await reader.close();
  }
  if (rest !== "" || read !== size || hash.digest("hex") !== sha256) throw changed(key);
}

function entryIn(line: string): SealedEntry | null {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return null;
  }
  if (!Array.isArray(read) || read.length !== 5) return null;
  const [key, sha256, size, modified, token] = read;
  return areStrings(key, sha256, token) && areNumbers(size, modified) ? { key, sha256, size, modified, token } : null;
}

function changed(key: string): VantageflowError {
  return new VantageflowError("input_invalid", `Cannot compare with "${key}": it is not what its seal says.`, { key });
}
