import type { RowGroup, SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { ObjectWriter } from "../../storage/port.ts";
import type { TableColumn } from "./columns.ts";
import type { EncodedChunk, EncodedRowGroup } from "./encode.ts";
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
      file.row_groups.push(placed(group, schema.slice(1), bytes.offset));
      file.num_rows += BigInt(group.rows);
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
function placed(
  { rows, bytes, chunks }: EncodedRowGroup,
  elements: readonly SchemaElement[],
  offset: number,
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

function columnChunk(chunk: EncodedChunk, element: SchemaElement, rows: number, start: number) {
  const { bytes, uncompressed, dictionary, encoding } = chunk;
  const { name, type } = element;
  if (type === undefined) throw new Error("a column has a type");
  const data = { page_type: "DATA_PAGE_V2", encoding, count: 1 } as const;
  const isSplit = dictionary > 0;
  return {
    meta_data: {
      type,
      encodings: isSplit ? (["PLAIN", encoding] as const).slice() : [encoding],
      path_in_schema: [name],
      codec: "SNAPPY" as const,
      num_values: BigInt(rows),
      total_compressed_size: BigInt(bytes),
      total_uncompressed_size: BigInt(uncompressed),
      data_page_offset: BigInt(start + dictionary),
      ...(isSplit ? { dictionary_page_offset: BigInt(start) } : {}),
      statistics: statisticsOf(chunk, type),
      encoding_stats: isSplit
        ? [{ page_type: "DICTIONARY_PAGE" as const, encoding: "PLAIN" as const, count: 1 }, data]
        : [data],
    },
    file_offset: BigInt(start),
  };
}

/** As the library writes them: it cuts long texts, and says of these bounds that they are not exact. */
function statisticsOf({ nulls, min, max }: EncodedChunk, type: SchemaElement["type"]) {
  const counts = { null_count: BigInt(nulls), ...(type === "DOUBLE" ? { nan_count: 0n } : {}) };
  if (min === undefined || max === undefined) return counts;
  const bound = (value: string | number) => {
    if (type === "INT64") return BigInt(value) * 1000n;
    return type === "BOOLEAN" ? value === 1 : value;
  };
  // A zero that is the least may be a negative one for other readers ("ColumnOrder" of parquet.thrift).
  return { ...counts, min_value: min === 0 && type === "DOUBLE" ? -0 : bound(min), max_value: bound(max) };
}
