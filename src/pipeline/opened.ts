import type { LakeStorage, ObjectHead, ObjectInfo, ObjectReader } from "../storage/port.ts";
import { Output } from "./output.ts";
import type { Pull } from "./source.ts";

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

/** The same of bronze that is there. */
export async function withObject<T>(
  storage: LakeStorage,
  key: string,
  use: (incoming: Incoming) => Promise<T>,
): Promise<T> {
  return withReader(storage, key, (reader) => {
    return use({ key, pull: (into) => reader.pull(into), size: reader.head.size, object: () => reader.head });
  });
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
