import { type AsyncBuffer, type DecodedArray, type FileMetaData, parquetMetadataAsync, parquetScan } from "hyparquet";
import { hasCode, messageOf, VantageflowError } from "../../errors.ts";
import { pullChunks } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";

/** A Parquet file of the lake, of which only what is asked for is read. */
export interface ParquetFile {
  readonly rows: number;
  /** Names of its columns, in their order. */
  readonly columns: readonly string[];
  /** The row groups, in their order: rows from `start` to before `end`. */
  readonly groups: readonly { readonly start: number; readonly end: number }[];
  /**
   * The values of a column in a row group, as the file has them: microseconds of a timestamp as a BigInt, null for what is
   * not there. Throws `table_damaged`, and `table_unsupported` for what it is compressed with.
   */
  read(column: string, group: { readonly start: number; readonly end: number }): Promise<ArrayLike<unknown>>;
}

/** Values as they are stored; what the library would make of times holds no more than milliseconds. */
const PARSERS = {
  timestampFromMilliseconds: (millis: bigint) => millis * 1000n,
  timestampFromMicroseconds: (micros: bigint) => micros,
  timestampFromNanoseconds: (nanos: bigint) => nanos / 1000n,
};

/** Opens an object of `size` bytes. Throws `not_found`, `storage_failed`, and `table_damaged` for what is no Parquet. */
export async function openParquet(storage: LakeStorage, key: string, size: number): Promise<ParquetFile> {
  const file = rangesOf(storage, key, size);
  const metadata = await parsing(key, () => parquetMetadataAsync(file));
  const scan = await parsing(key, () => parquetScan({ file, metadata, parsers: PARSERS }));
  return {
    rows: Number(metadata.num_rows),
    columns: namesOf(metadata),
    groups: groupsOf(metadata),
    read: (column, { start, end }) =>
      parsing<DecodedArray>(key, () => scan.readColumn({ column, rowStart: start, rowEnd: end })),
  };
}

function namesOf({ schema, row_groups: groups }: FileMetaData): string[] {
  const [first] = groups;
  const names = first?.columns.map(({ meta_data: chunk }) => chunk?.path_in_schema[0] ?? "");
  return [...new Set(names ?? schema.slice(1).map(({ name }) => name))];
}

function groupsOf({ row_groups: groups }: FileMetaData) {
  let end = 0;
  return groups.map(({ num_rows: rows }) => {
    const start = end;
    end += Number(rows);
    return { start, end };
  });
}

/** The library asks for pieces; each is one request of a bucket. */
export function rangesOf(storage: LakeStorage, key: string, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = Buffer.alloc(end - start);
      const reader = await storage.read(key, { start, end });
      let length = 0;
      try {
        for await (const chunk of pullChunks(reader, end - start)) {
          chunk.copy(bytes, length);
          length += chunk.length;
        }
      } finally {
        await reader.close();
      }
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + length) as ArrayBuffer;
    },
  };
}

/** What the library throws for a file that it does not understand is a bare error: says of which file, and what to do. */
export async function parsing<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, "not_found", "storage_failed")) throw error;
    const why = messageOf(error);
    if (/unsupported compression codec/i.test(why)) {
      const what = `${why}, which another program has chosen. Have that program write snappy, or make the table anew: vantageflow tables sync --rebuild`;
      throw new VantageflowError("table_unsupported", `Cannot read "${key}": ${what}.`, { key, cause: error });
    }
    const what = `it is no whole Parquet file (${why}). Restore it from a backup, or make the table anew: vantageflow tables sync --rebuild`;
    throw new VantageflowError("table_damaged", `Cannot read "${key}": ${what}.`, { key, cause: error });
  }
}
