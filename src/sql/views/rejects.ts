import { csvRows } from "../../csv-rows.ts";
import { hasCode, messageOf, VantageflowError } from "../../errors.ts";
import { ANOMALIES, isRejectsKey } from "../../ledger/layers.ts";
import { REJECTS_HEADER } from "../../pipeline/rejects.ts";
import { readChunks } from "../../storage/objects.ts";
import type { Cell, LakeView, ViewSource } from "../view.ts";
import { batchOf } from "./batches.ts";

const COLUMNS = REJECTS_HEADER.split(",").length;

/** Rows handed on at once. */
const SOME = 1024;

/** Rejected rows, with the line that each stood on. `field` is the column at fault: `column` is a word of SQL. */
export const rejects: LakeView = {
  name: "rejects",
  columns: [
    { name: "batch", type: "text" },
    { name: "line", type: "whole" },
    { name: "byte_offset", type: "whole" },
    { name: "field", type: "text" },
    { name: "reason", type: "text" },
    { name: "message", type: "text" },
    { name: "row", type: "text" },
    { name: "file", type: "text" },
  ],
  async *rows(source) {
    for await (const { key } of source.storage.list(ANOMALIES)) {
      if (source.stopped()) return;
      if (isRejectsKey(key)) yield* rowsIn(source, key);
    }
  },
};

/** One file may be as large as a batch: its rows are handed on as they come. */
async function* rowsIn({ storage, onOdd }: ViewSource, key: string): AsyncGenerator<Cell[][]> {
  const batch = batchOf(key);
  let some: Cell[][] = [];
  let isFirst = true;
  try {
    for await (const row of csvRows(readChunks(storage, key))) {
      const isHeader = isFirst;
      isFirst = false;
      if (isHeader ? row.join(",") !== REJECTS_HEADER : row.length !== COLUMNS) throw noRejects(key);
      if (isHeader) continue;
      const [line, offset, field, reason, message, text] = row;
      const counts = [Number(line), Number(offset)];
      if (!counts.every(Number.isSafeInteger)) throw noRejects(key);
      some.push([batch, ...counts, field === "" ? null : field, reason, message, text, key]);
      if (some.length < SOME) continue;
      yield some;
      some = [];
    }
  } catch (error) {
    if (hasCode(error, "storage_failed")) throw error;
    if (!hasCode(error, "not_found")) onOdd(key, messageOf(error));
  }
  yield some;
}

function noRejects(key: string): VantageflowError {
  return new VantageflowError("input_invalid", "it is no file of rejected rows", { key });
}
