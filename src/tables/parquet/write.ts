import type { ColumnChunk, RowGroup, SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { unconvertMinMax } from "hyparquet-writer/src/unconvert.js";
import type { ObjectWriter } from "../../storage/port.ts";
import type { ValueBounds } from "./bounds.ts";
import type { EncodedChunk, EncodedPage } from "./chunk.ts";
import type { TableColumn } from "./columns.ts";
import type { EncodedRowGroup } from "./encode.ts";
import { parquetSchemaOf } from "./schema.ts";

/** Rows in a row group: what one device or hour has is found by the statistics of some of them, and the others are skipped. */
export const ROW_GROUP_ROWS = 120_000;

/** Written into every file. Without a version, so that the same rows give the same bytes whatever release wrote them. */
const CREATED_BY = "vantageflow";

/** Writes a Parquet file row group by row group: never more of it than one is in memory. */
export interface ParquetFileWriter {
  /** A row group of these columns, encoded by `encode.ts`. At least one row. */
  add(group: EncodedRowGroup): Promise<void>;
  /** Writes what stands at the end of a file; whoever has created the object commits it. */
  finish(): Promise<void>;
}

/**
 * Snappy-compressed Parquet of these columns, Spark's and Trino's default, which every reader knows. The same row groups give the
 * same bytes. A file without rows is one that arrow-rs cannot read: write none.
 */
export function createParquetWriter(
  out: Pick<ObjectWriter, "write">,
  columns: readonly TableColumn[],
): ParquetFileWriter {
  const bytes = new ByteWriter(4096);
  const schema = parquetSchemaOf(columns);
  // What stands around the row groups is the library's.
  const file = new ParquetWriter({ writer: bytes, schema, codec: "SNAPPY", createdBy: CREATED_BY });

  /** `offset` goes on counting; what is in the buffer is the store's. */
  async function handOn(): Promise<void> {
    await out.write(bytes.getBytes());
    bytes.index = 0;
  }

  return {
    async add(group) {
      await handOn();
      const placed = placedAt(bytes.offset, group, schema.slice(1));
      file.row_groups.push(placed);
      file.num_rows += BigInt(group.rows);
      for (const [i, chunk] of group.chunks.entries()) {
        file.pendingIndexes.push(indexOf(chunk, placed.columns[i], schema[i + 1]));
      }
      await out.write(group.bytes);
      bytes.offset += group.bytes.length;
    },
    async finish() {
      await file.finish();
      await handOn();
    },
  };
}

/** What the end of a file says of a row group that begins at this offset. */
function placedAt(
  offset: number,
  { rows, bytes, chunks }: EncodedRowGroup,
  elements: readonly SchemaElement[],
): RowGroup {
  let at = offset;
  const columns = chunks.map((chunk, i) => {
    const start = at;
    at += chunk.bytes;
    return columnChunk(chunk, elements[i], rows, start);
  });
  return {
    columns,
    total_byte_size: BigInt(chunks.reduce((sum, { uncompressed }) => sum + uncompressed, 0)),
    num_rows: BigInt(rows),
    total_compressed_size: BigInt(bytes.length),
  };
}

function columnChunk(chunk: EncodedChunk, element: SchemaElement, rows: number, start: number): ColumnChunk {
  const { bytes, uncompressed, dictionary, encoding, pages } = chunk;
  const { name, type } = element;
  if (type === undefined) throw new Error("a column has a type");
  const data = { page_type: "DATA_PAGE_V2", encoding, count: pages.length } as const;
  const hasDictionary = dictionary > 0;
  return {
    meta_data: {
      type,
      encodings: hasDictionary ? ["PLAIN", encoding] : [encoding],
      path_in_schema: [name],
      codec: "SNAPPY",
      num_values: BigInt(rows),
      total_compressed_size: BigInt(bytes),
      total_uncompressed_size: BigInt(uncompressed),
      data_page_offset: BigInt(start + dictionary),
      ...(hasDictionary ? { dictionary_page_offset: BigInt(start) } : {}),
      statistics: statisticsOf(chunk, element),
      encoding_stats: hasDictionary ? [{ page_type: "DICTIONARY_PAGE", encoding: "PLAIN", count: 1 }, data] : [data],
    },
    file_offset: BigInt(start),
  };
}

/** As the library writes them: it cuts long texts, and says of these bounds that they are not exact. */
function statisticsOf({ nulls, min, max }: EncodedChunk, { type }: SchemaElement) {
  const counts = { null_count: BigInt(nulls), ...(type === "DOUBLE" ? { nan_count: 0n } : {}) };
  if (min === undefined || max === undefined) return counts;
  const bound = (value: NonNullable<ValueBounds["min"]>) => (type === "BOOLEAN" ? value === 1 : value);
  // A zero that is the least may be a negative one for other readers ("ColumnOrder" of parquet.thrift).
  return { ...counts, min_value: min === 0 && type === "DOUBLE" ? -0 : bound(min), max_value: bound(max) };
}

/** Where the pages of a chunk are, and of what readings are looked for by what is in them. The library leaves it out of one page. */
function indexOf(encoded: EncodedChunk, chunk: ColumnChunk, element: SchemaElement) {
  const { pages, isSought, dictionary } = encoded;
  let at = Number(chunk.file_offset) + dictionary;
  const page_locations = pages.map(({ bytes, firstRow }) => {
    const offset = BigInt(at);
    at += bytes;
    return { offset, compressed_page_size: bytes, first_row_index: BigInt(firstRow) };
  });
  const columnIndex = isSought ? { columnIndex: boundsIn(pages, element) } : {};
  return { chunk, offsetIndex: { page_locations }, ...columnIndex };
}

function boundsIn(pages: readonly EncodedPage[], element: SchemaElement) {
  const bytesOf = (value: ValueBounds["min"], isMax: boolean) =>
    unconvertMinMax(value, element, isMax) ?? new Uint8Array();
  return {
    null_pages: pages.map(({ min }) => min === undefined),
    min_values: pages.map(({ min }) => bytesOf(min, false)),
    max_values: pages.map(({ max }) => bytesOf(max, true)),
    // Whether they rise is not looked at: nobody gains by it among so few.
    boundary_order: "UNORDERED" as const,
    null_counts: pages.map(({ nulls }) => BigInt(nulls)),
  };
}
