import { opened } from "./records.ts";
import type { SampleSource } from "./sample.ts";

/** One document of JSON a line. */
export const documents: SampleSource = {
  open: await opened({
    suffixes: [".ndjson"],
    format: { type: "ndjson", missingValues: ["n/a"] },
    reading: {
      timestamp: { column: "at" },
      device_id: { template: "{id}.{measure}" },
      value: { measures: { temp: { unit: "°C" }, "soil.moisture": { unit: "%" } } },
      carry: ["note"],
    },
  }),
  lines: [
    '{"at":"2025-01-01T00:00:00Z","id":"A","temp":20.50,"soil":{"moisture":7}}',
    '{"at":"2025-01-01T00:00:01Z","id":"B \\"2\\"","temp":-3,"soil":{"moisture":null},"note":"a, b"}',
    '{"at":"2025-01-01T00:00:02Z","id":"A","temp":"warm","soil":{"moisture":"n/a"}}',
    '{"at":"yesterday","id":"A","temp":1,"soil":{"moisture":2}}',
    '{"at":"2025-01-01T00:00:03Z","id":"A","temp":1',
    '{"at":"2025-01-01T00:00:03Z","id":"A","temp":1,"temp":2}',
    "7",
    "",
    "  ",
  ],
  wanted: {
    text: '{"at":"2025-01-01T00:00:00Z","id":"A","temp":20.50,"soil":{"moisture":7}}\n\n{"at":"2025-01-01T00:00:01Z","id":"B \\"2\\"","temp":-3,"note":"a, b"}\n{"at":"never","id":"A","temp":1}\n{"at":\n{"id":"A","temp":[1],"at":"2025-01-01T00:00:00Z","soil":{"moisture":9007199254740993}}',
    silver:
      'timestamp,device_id,value,unit,anomaly_score,note\n2025-01-01T00:00:00Z,A.temp,20.50,°C,0,\n2025-01-01T00:00:00Z,A.moisture,7,%,0,\n2025-01-01T00:00:01Z,"B ""2"".temp",-3,°C,0,"a, b"\n2025-01-01T00:00:00Z,A.moisture,9007199254740993,%,0,\n',
    rejects: [
      [4, "timestamp_invalid", '{"at":"never","id":"A","temp":1}'],
      [5, "json_invalid", '{"at":'],
      [6, "value_invalid", '{"id":"A","temp":[1],"at":"2025-01-01T00:00:00Z","soil":{"moisture":9007199254740993}}'],
    ],
    absent: 2,
  },
};
