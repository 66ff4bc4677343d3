import type { LakeStorage } from "../storage/port.ts";
import type { ReadingsTable } from "./scan/readings-table.ts";

/** The table of readings of a lake, of which nothing is loaded before somebody asks: reading Parquet takes much code. */
export function lateReadingsTable(storage: LakeStorage): ReadingsTable {
  let table: Promise<ReadingsTable> | null = null;
  function loaded(): Promise<ReadingsTable> {
    table ??= import("./scan/readings-table.ts").then(({ createReadingsTable }) => createReadingsTable(storage));
    return table;
  }
  return {
    describe: async () => (await loaded()).describe(),
    page: async (query) => (await loaded()).page(query),
    buckets: async (query) => (await loaded()).buckets(query),
  };
}
