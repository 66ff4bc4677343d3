import { openContract } from "../../../src/contracts/open.ts";
import { readableContract } from "../../../src/contracts/readable.ts";
import type { SampleSource } from "./sample.ts";

/** As an office writes it: a title, a header, units, two columns of time, two measures with a decimal comma. */
const CONTRACT = {
  version: 1,
  name: "office",
  prefix: "bronze/",
  format: {
    ...{ type: "csv", delimiter: ";", decimalChar: ",", groupChar: ".", commentChar: "#" },
    ...{ headerRows: [2], unitsRow: 3, commentRows: [1], missingValues: ["", "-200"] },
  },
  reading: {
    timestamp: { columns: ["Day", "Time"], format: "dd.MM.yyyy HH:mm" },
    device_id: { template: "{Pump}.{measure}" },
    value: { measures: { Temp: { as: "temp", unit: "°C" }, Flow: { as: "flow", unit: 'm"3' } } },
    carry: ["Pump"],
  },
};

export const { contract } = await readableContract(JSON.stringify(CONTRACT), "office.json");
const open = openContract({ contract, zones: null, maxRowBytes: 1024 * 1024 });

const FRONT = "Report of June\nDay;Time;Temp;Flow;Pump\n;;degC;m3;\n";
const HEADER = "timestamp,device_id,value,unit,anomaly_score,Pump";

/** Rows of a contract: `ContractRows`. */
export const delimited: SampleSource = {
  open,
  front: FRONT,
  lines: [
    "01.06.2025;10:00;21,5;1.204;P1",
    '01.06.2025;"10:01";-3;-200;"P ""2"";\nlower"',
    "01.06.2025;10:02;warm;;P1",
    "yesterday;10:02;1;2;P1",
    "01.06.2025;10:02;1",
    ";;;;",
    "Day;Time;Temp;Flow;Pump",
    ";;degC;m3;",
    "# said by somebody",
    '"',
  ],
  wanted: {
    text: `${FRONT}01.06.2025;10:00;21,5;1.204;P1\n;;;;\n01.06.2025;10:01;-3;-200;"P ""2"""\n# aside\nyesterday;10:02;1;2;P1\n01.06.2025;10:02;1\nDay;Time;Temp;Flow;Pump\n01.06.2025;10:03;1,5;12.34;P1`,
    silver: `${HEADER}\n2025-06-01T10:00:00Z,P1.temp,21.5,°C,0,P1\n2025-06-01T10:00:00Z,P1.flow,1204,"m""3",0,P1\n2025-06-01T10:01:00Z,"P ""2"".temp",-3,°C,0,"P ""2"""\n2025-06-01T10:03:00Z,P1.temp,1.5,°C,0,P1\n`,
    rejects: [
      [8, "timestamp_invalid", "yesterday;10:02;1;2;P1"],
      [8, "timestamp_invalid", "yesterday;10:02;1;2;P1"],
      [9, "field_count", "01.06.2025;10:02;1"],
      [10, "header_repeated", "Day;Time;Temp;Flow;Pump"],
      [11, "value_invalid", "01.06.2025;10:03;1,5;12.34;P1"],
    ],
    absent: 1,
  },
};
