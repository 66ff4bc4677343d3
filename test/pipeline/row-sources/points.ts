import { opened } from "./records.ts";
import type { SampleSource } from "./sample.ts";

/** Points of line protocol. */
export const points: SampleSource = {
  open: await opened({
    suffixes: [".lp"],
    format: { type: "influx", precision: "s", trueValues: ["t"], falseValues: ["f"] },
    reading: {
      device_id: { template: "{host}.{measure}" },
      value: { pattern: "*", except: ["mode"] },
      unit: {
        byDevice: [
          { devices: "*.on", unit: "" },
          { devices: "*.p*", unit: "bar" },
        ],
      },
    },
  }),
  lines: [
    "pump,host=a pressure=1.5,flow=4i 1735689600",
    "pump,host=a\\ b on=t,pressure=-2e3 1735689601",
    'pump,host=a mode="auto, fast",pressure=3 1735689602',
    "pump,host=a pressure=1",
    "pump,host=a",
    "# said by somebody",
    "",
  ],
  wanted: {
    text: '# front\npump,host=a pressure=1.5,on=f 1735689600\n\npump,host=a\\ b mode="x",on=maybe,pressure=2 1735689601\npump host=\npump,host=a pressure=1\npump,host=a flow=4i 1735689600',
    silver:
      "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,a.pressure,1.5,bar,0\n2025-01-01T00:00:00Z,a.on,0,,0\n",
    rejects: [
      [4, "line_invalid", 'pump,host=a\\ b mode="x",on=maybe,pressure=2 1735689601'],
      [5, "line_invalid", "pump host="],
      [6, "timestamp_invalid", "pump,host=a pressure=1"],
      [7, "unit_missing", "pump,host=a flow=4i 1735689600"],
    ],
    absent: 0,
  },
};
