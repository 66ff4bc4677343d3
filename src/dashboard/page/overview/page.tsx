import type { Overview } from "../../../monitor/overview.ts";
import { ActOn } from "./act-on.tsx";
import { AlarmsPanel } from "./alarms.tsx";
import { BatchTable } from "./batch-table.tsx";
import { Cost } from "./cost.tsx";
import { DetectionsPanel } from "./detections-panel.tsx";
import { DeviceTableView } from "./device-table.tsx";
import { DoorsPanel } from "./doors-panel.tsx";
import { Scatter, Top } from "./explore.tsx";
import { Flow } from "./flow.tsx";
import { TablePanel } from "./table-panel.tsx";
import { Today } from "./today.tsx";
import { Trend } from "./trend.tsx";

/** What an operator looks at first comes first: figures, what to act on, where data stops, trend, explore, detail. */
export function OverviewPage({ overview }: { readonly overview: Overview }) {
  const { today, last_24h, layers, series, devices, cost, alarms, time, table, lake, doors } = overview;
  return (
    <>
      <h1 class="hidden" tabIndex={-1}>
        State of the lake
      </h1>
      <Today today={today} day={last_24h} cost={cost} />
      <div class="grid grid-act">
        <ActOn overview={overview} />
        <Flow layers={layers} alarms={alarms} />
      </div>
      <DetectionsPanel overview={overview} />
      {doors.length > 0 && <DoorsPanel doors={doors} />}
      <Trend series={series} />
      <div class="grid grid-halves">
        <Top devices={devices.top} />
        <Scatter points={devices.points} total={devices.total} />
      </div>
      <div class="grid grid-detail">
        <DeviceTableView stamp={time} />
        <div class="column">
          <Cost cost={cost} />
          <AlarmsPanel alarms={alarms} />
          {table !== null && <TablePanel table={table} lake={lake} />}
        </div>
      </div>
      <BatchTable stamp={time} />
    </>
  );
}
