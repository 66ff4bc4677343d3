import { createHash } from "node:crypto";
import { hasCode, VantageflowError } from "../errors.ts";
import type { CommitOptions, LakeStorage, ObjectInfo, ObjectReader, ObjectWriter } from "./port.ts";

const CHUNK_BYTES = 256 * 1024;
/** Of a chunk that is to find the end, or what came behind it meanwhile. */
const MIN_CHUNK_BYTES = 1024;
/** Bytes between two breaths: a directory answers at once, and signals and timers would wait for the end. */
const BREATH_BYTES = 16 * 1024 * 1024;
/** Receipts and dead letters are small; anything larger is not one. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** As much of an object reader as it takes to read it to its end. */
type Pullable = Pick<ObjectReader, "pull">;

/** An object's bytes in chunks of their own, in constant memory. Throws `not_found`. */
export async function* readChunks(storage: LakeStorage, key: string): AsyncGenerator<Buffer, void, undefined> {
  const reader = await storage.read(key);
  try {
    yield* pullInto(reader, (pulled) => chunkFor(reader.head.size - pulled));
  } finally {
    await reader.close();
  }
}

/**
 * All that is to be pulled from somewhere, in constant memory: a chunk is good until the next is asked for. With the `size`
 * that is expected, no more memory is taken than that needs. Whoever has opened the reader closes it.
 */
export function pullChunks(from: Pullable, size = CHUNK_BYTES): AsyncGenerator<Buffer, void, undefined> {
  const chunk = chunkFor(size);
  return pullInto(from, () => chunk);
}

/** The one loop that pulls. `next` gives what is filled, and is told how many bytes have been pulled. */
async function* pullInto(from: Pullable, next: (pulled: number) => Buffer): AsyncGenerator<Buffer, void, undefined> {
  let [pulled, breath] = [0, 0];
  for (;;) {
    const chunk = next(pulled);
    const length = await from.pull(chunk);
    if (length === 0) return;
    yield chunk.subarray(0, length);
    pulled += length;
    if (pulled - breath < BREATH_BYTES) continue;
    breath = pulled;
    await new Promise((go) => setImmediate(go));
  }
}

/** Most objects of a lake are small: a whole chunk for each would keep the collector busy. */
function chunkFor(size: number): Buffer {
  return Buffer.allocUnsafe(Math.min(Math.max(size, MIN_CHUNK_BYTES), CHUNK_BYTES));
}

/** Reads to the end and returns the SHA-256, lower-case hex. The chunks that `take` gets are reused. */
export async function digestOf(
  reader: ObjectReader,
  take: (bytes: Uint8Array) => void | Promise<void> = () => {},
): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of pullChunks(reader, reader.head.size)) {
    hash.update(bytes);
    await take(bytes);
  }
  return hash.digest("hex");
}

/** SHA-256 of an object's bytes, lower-case hex. Throws `not_found`. */
export async function sha256Of(storage: LakeStorage, key: string): Promise<string> {
  const reader = await storage.read(key);
  try {
    return await digestOf(reader);
  } finally {
    await reader.close();
  }
}

/** The text of an object that is small. Throws `not_found`, and `input_invalid` above `maxBytes`: 1 MiB unless told. */
export async function readText(storage: LakeStorage, key: string, maxBytes = MAX_TEXT_BYTES): Promise<string> {
  return (await readTextAndHead(storage, key, maxBytes)).text;
}

/** The value in an object of JSON that is small; null where there is no object, or what stands there is no JSON or larger. */
export async function readStoredJson(storage: LakeStorage, key: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(storage, key));
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, "not_found", "input_invalid")) return null;
    throw error;
  }
}

/**
 * The value in an object of JSON, undefined where it is none, and the token of what was read, for who changes it; null where there is no
 * object. Throws `input_invalid` for one that is larger than small ones are.
 */
export async function readJsonAndToken(
  storage: LakeStorage,
  key: string,
): Promise<{ readonly value: unknown; readonly token: string } | null> {
  try {
    const { text, head } = await readTextAndHead(storage, key);
    return { value: jsonIn(text), token: head.token };
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    throw error;
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same as {@link readText}, and of which version of the object it is. */
export async function readTextAndHead(storage: LakeStorage, key: string, maxBytes = MAX_TEXT_BYTES) {
  const reader = await storage.read(key);
  const { head } = reader;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of pullInto(reader, (pulled) => chunkFor(head.size - pulled))) {
      size += chunk.length;
      if (size > maxBytes) {
        const why = `it is larger than ${maxBytes} bytes. Remove it if it is not vantageflow's`;
        throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key });
      }
      chunks.push(chunk);
    }
  } finally {
    await reader.close();
  }
  return { head, text: Buffer.concat(chunks).toString("utf8") };
}

/** Writes a value as one line of JSON, atomically, whatever was there before unless `options` say otherwise. */
export async function writeJson(
  storage: LakeStorage,
  key: string,
  value: unknown,
  options?: CommitOptions,
): Promise<ObjectInfo> {
  const writer = await draftJson(storage, key, value);
  try {
    return await writer.commit(options);
  } finally {
    await writer.abort();
  }
}

/** The same as far as the commit. */
export async function draftJson(storage: LakeStorage, key: string, value: unknown): Promise<ObjectWriter> {
  const writer = await storage.create(key);
  try {
    await writer.write(Buffer.from(`${JSON.stringify(value)}\n`, "utf8"));
    return writer;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Removes an object if it is still the one that was seen. */
export async function removeSame(storage: LakeStorage, { key, token }: ObjectInfo): Promise<void> {
  try {
    await storage.remove(key, token);
  } catch (error) {
    if (!hasCode(error, "conflict")) throw error;
  }
}
