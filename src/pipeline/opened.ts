import { VantageflowError } from "../errors.ts";
import type { LakeStorage, ObjectHead, ObjectInfo, ObjectReader } from "../storage/port.ts";
import { Output } from "./output.ts";
import type { Pull } from "./source.ts";

/** What one answer of a store brings to its end: asked for again right behind it, the object would be as it says. */
const JUST_READ_BYTES = 64 * 1024;

/** A batch of bronze on its way through a stage: one that is there, or one that is landing while it is read. */
export interface Incoming {
  readonly key: string;
  readonly pull: Pull;
  /** Bytes, where that is known before they come. */
  readonly size?: number | undefined;
  /** See `SourceObject.digest`. */
  readonly digest?: (() => Promise<string>) | undefined;
  /** The object; of one that is landing, once all of it has been pulled. */
  readonly object: () => ObjectInfo;
  /** Whether all of it was asked for, or put there, just now, so that another look would tell no more. */
  readonly isJustSeen: () => boolean;
}

/** Reads an object and closes it whatever happens. Throws `not_found`. */
export async function withReader<T>(
  storage: LakeStorage,
  key: string,
  use: (reader: ObjectReader) => Promise<T>,
): Promise<T> {
  const reader = await storage.read(key);
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}

/** Whether an object is so small that a store which mixes no versions gave all of it with its version, in one answer. */
export function isJustRead({ head, isPinned }: ObjectReader): boolean {
  return isPinned === true && head.size <= JUST_READ_BYTES;
}

/**
 * The same of bronze that is there. Where the version has been `seen` it is asked for by the first pull, behind whatever else
 * is looked at; throws `superseded` for any other.
 */
export async function withObject<T>(
  { storage, seen }: { readonly storage: LakeStorage; readonly seen?: ObjectInfo | undefined },
  key: string,
  use: (incoming: Incoming) => Promise<T>,
): Promise<T> {
  if (seen !== undefined) return withSeen(storage, seen, use);
  return withReader(storage, key, (reader) => {
    const [pull, object] = [(into: Uint8Array) => reader.pull(into), () => reader.head];
    return use({ key, pull, size: reader.head.size, object, isJustSeen: () => false });
  });
}

/** What is read is another version by now. */
export function replacedMeanwhile(key: string): VantageflowError {
  return new VantageflowError("superseded", `Cannot read "${key}": it was replaced meanwhile.`, { key });
}

async function withSeen<T>(
  storage: LakeStorage,
  seen: ObjectInfo,
  use: (incoming: Incoming) => Promise<T>,
): Promise<T> {
  const { key, token, size } = seen;
  let reader: ObjectReader | undefined;
  async function open(into: Uint8Array): Promise<number> {
    reader = await storage.read(key);
    if (reader.head.token === token) return reader.pull(into);
    throw replacedMeanwhile(key);
  }
  const pull = (into: Uint8Array) => reader?.pull(into) ?? open(into);
  const isJustSeen = () => reader !== undefined && isJustRead(reader);
  try {
    return await use({ key, pull, size, object: () => seen, isJustSeen });
  } finally {
    await reader?.close();
  }
}

/**
 * Opens what is made of an object; `before` is what it will replace, where that had to be looked at earlier, and `size` the
 * bytes that it is made of, where they are known.
 */
type OpenOutput = (key: string, source: string, before?: ObjectHead | null, size?: number) => Promise<Output>;

/** Whatever was opened and not published when `use` ends is thrown away. */
export async function withOutputs<T>(storage: LakeStorage, use: (open: OpenOutput) => Promise<T>): Promise<T> {
  const opened: Output[] = [];
  try {
    return await use(async (key, source, before, size) => {
      const output = await Output.open(storage, key, source, before, size);
      opened.push(output);
      return output;
    });
  } finally {
    for (const output of opened) await output.abort();
  }
}
