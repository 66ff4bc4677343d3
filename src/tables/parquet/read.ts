import { type AsyncBuffer, type DecodedArray, type FileMetaData, parquetMetadataAsync, parquetScan } from "hyparquet";
import { hasCode, messageOf, VantageflowError } from "../../errors.ts";
import { pullChunks } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";

/** A Parquet file of the lake, of which only what is asked for is read. */
export interface ParquetFile {
  readonly rows: number;
  /** Names of its columns, in their order. */
  readonly columns: readonly string[];
  /** The row groups, in their order: rows from `start` to before `end`, and bytes that they have uncompressed. */
  readonly groups: readonly { readonly start: number; readonly end: number; readonly bytes: number }[];
  /** Where rows may be that are wanted, by the statistics of row groups and pages: pieces of row groups, all of them where nothing is said. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  /**
   * The values of a column in a row group or a piece of one, as the file has them: microseconds of a timestamp as a BigInt, null for what is
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

/** What stands at the end of a file; files of a table never change, so that it may be kept. */
export interface Footer {
  readonly key: string;
  /** Bytes of the object. */
  readonly size: number;
  readonly metadata: FileMetaData;
}

/** Reads the end of an object of `size` bytes. Throws `not_found`, `storage_failed`, and `table_damaged` for what is no Parquet. */
export async function readFooter(storage: LakeStorage, key: string, size: number): Promise<Footer> {
  const file = rangesOf(storage, key, size);
  return { key, size, metadata: await parsing(key, () => parquetMetadataAsync(file, { parsers: PARSERS })) };
}

/** Opens an object of `size` bytes. Throws what {@link readFooter} throws. */
export async function openParquet(storage: LakeStorage, key: string, size: number): Promise<ParquetFile> {
  return openByFooter(storage, await readFooter(storage, key, size));
}

/** What rows must be like to be of interest: see {@link ParquetFile.ranges}. */
export interface Sought {
  /** Of columns of ASCII texts: this one. */
  readonly equal?: Readonly<Record<string, string>>;
  /** Of timestamps, microseconds: from the first to the last. */
  readonly between?: Readonly<Record<string, readonly [bigint, bigint]>>;
}

/** The same of a file whose end is known. Columns that it does not have are not pruned by. */
export async function openByFooter(storage: LakeStorage, footer: Footer, wanted: Sought = {}): Promise<ParquetFile> {
  const { key, size, metadata } = footer;
  const file = rangesOf(storage, key, size);
  const columns = namesOf(metadata);
  const equal = Object.entries(wanted.equal ?? {}).map(([name, value]) => [name, { $eq: value }] as const);
  const between = Object.entries(wanted.between ?? {}).map(([name, [$gte, $lte]]) => [name, { $gte, $lte }] as const);
  const pruningFilter = Object.fromEntries([...equal, ...between].filter(([name]) => columns.includes(name)));
  const pruning = Object.keys(pruningFilter).length === 0 ? {} : { pruningFilter, usePageIndex: true };
  const scan = await parsing(key, () => parquetScan({ file, metadata, parsers: PARSERS, ...pruning }));
  return {
    rows: Number(metadata.num_rows),
    columns,
    groups: groupsOf(metadata),
    ranges: scan.ranges.map(({ rowStart: start, rowEnd: end }) => ({ start, end })),
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
  return groups.map(({ num_rows: rows, total_byte_size: bytes }) => {
    const start = end;
    end += Number(rows);
    return { start, end, bytes: Number(bytes) };
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
