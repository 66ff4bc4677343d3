import { GOLD, isCsvName, pathOf } from "../../ledger/layers.ts";
import { percentageOf } from "../../pipeline/percentage.ts";
import { readGoldRows } from "../../report/rows.ts";
import type { ObjectInfo } from "../../storage/port.ts";
import { type Cell, type LakeView, rowsOfEach, type ViewSource } from "../view.ts";

/** Statistics of each device in each batch, exact to the last bit: as gold has them, never computed again. */
export const gold: LakeView = {
  name: "gold",
  columns: [
    { name: "batch", type: "text" },
    { name: "device_id", type: "text" },
    { name: "total_readings", type: "whole" },
    { name: "avg_value", type: "number" },
    { name: "min_value", type: "number" },
    { name: "max_value", type: "number" },
    { name: "anomaly_count", type: "whole" },
    { name: "anomaly_percentage", type: "number" },
    { name: "written", type: "time" },
  ],
  rows: (source) =>
    rowsOfEach(
      source,
      goldObjects(source),
      ({ key }) => key,
      async (object) => {
        const rows: Cell[][] = [];
        await readGoldRows(source.storage, object, ({ device_id: id, total, average, min, max, anomalies }) => {
          const share = percentageOf(anomalies, total);
          rows.push([pathOf(object.key), id, total, average, min, max, anomalies, share, object.modified]);
        });
        return rows;
      },
    ),
};

async function* goldObjects({ storage }: ViewSource): AsyncGenerator<ObjectInfo> {
  for await (const object of storage.list(GOLD)) if (isCsvName(object.key)) yield object;
}
