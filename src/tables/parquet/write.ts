import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { snappyCompressor } from "hysnappy";
import type { ObjectWriter } from "../../storage/port.ts";
import type { ColumnValues, TableColumn } from "./columns.ts";
import { parquetSchemaOf } from "./schema.ts";

/** Rows in a row group: what one device or hour has is found by the statistics of some of them, and the others are skipped. */
export const ROW_GROUP_ROWS = 120_000;

/**
 * Bytes of a page before it is compressed: what one device has in a row group is in a few pages of each column, and the others
 * are passed over by their offsets. A file grows by a fiftieth.
 */
const PAGE_BYTES = 32 * 1024;
/** Columns whose pages have bounds of their own, see {@link PAGE_BYTES}: what readings are looked for by. */
const SOUGHT: readonly string[] = ["timestamp", "device_id"];

/** Written into every file. Without a version, so that the same rows give the same bytes whatever release wrote them. */
const CREATED_BY = "vantageflow";

/** The library's own is pure JavaScript and takes twice as long. */
let snappy: ((bytes: Uint8Array) => Uint8Array) | undefined;

/** Writes a Parquet file row group by row group: never more of it than one is in memory. */
export interface ParquetFileWriter {
  /** A row group: each column's values, in the order of the columns and as many of each. At least one row. */
  add(values: readonly ColumnValues[]): Promise<void>;
  /** Writes what stands at the end of a file; whoever has created the object commits it. */
  finish(): Promise<void>;
}

/**
 * Snappy-compressed Parquet of these columns, Spark's and Trino's default, which every reader knows. The same values in the same row
 * groups give the same bytes. A file without rows is one that arrow-rs cannot read: write none.
 */
export function createParquetWriter(
  out: Pick<ObjectWriter, "write">,
  columns: readonly TableColumn[],
): ParquetFileWriter {
  snappy ??= snappyCompressor();
  const bytes = new ByteWriter(256 * 1024);
  const options = { schema: parquetSchemaOf(columns), codec: "SNAPPY", compressors: { SNAPPY: snappy } } as const;
  const file = new ParquetWriter({ writer: bytes, ...options, createdBy: CREATED_BY });

  /** `offset` goes on counting; what is in the buffer is the store's. */
  async function handOn(): Promise<void> {
    await out.write(bytes.getBytes());
    bytes.index = 0;
  }

  return {
    async add(values) {
      const rows = values[0].length;
      await file.write({
        columnData: columns.map(({ name, type }, i) => ({
          name,
          data: values[i] as never,
          // Readings of one device rise in steps that hardly differ.
          ...(type === "timestamp" ? { encoding: "DELTA_BINARY_PACKED" as const } : {}),
          columnIndex: SOUGHT.includes(name),
        })),
        rowGroupSize: rows,
        pageSize: PAGE_BYTES,
      });
      await handOn();
    },
    async finish() {
      await file.finish();
      await handOn();
    },
  };
}
