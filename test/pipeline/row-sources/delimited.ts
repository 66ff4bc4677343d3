import { createHash } from "node:crypto";
import { DelimitedRows } from "../../../src/contracts/delimited-rows.ts";
import type { ColumnPlan, WriteTime } from "../../../src/contracts/fields/columns.ts";
import { DelimitedFrame } from "../../../src/contracts/frames/delimited.ts";
import { TIMESTAMP_INVALID } from "../../../src/pipeline/rejects.ts";
import type { OpenRows } from "../../../src/pipeline/source.ts";
import type { SampleSource } from "./sample.ts";

const bytes = (text: string) => Buffer.from(text);

/** As an office writes it: a title, a header, units, two columns of time, two measures with a decimal comma. */
const PLAN: ColumnPlan = {
  columns: 5,
  timestamp: [0, 1],
  measures: [
    { column: 2, id: [4, bytes(".temp")], unit: bytes("°C") },
    { column: 3, id: [4, bytes(".flow")], unit: bytes('m"3') },
  ],
  score: bytes("0"),
  carry: [{ name: bytes("pump, name"), column: 4 }],
  keep: null,
  missing: new Set(["", "-200"]),
  numbers: { decimalChar: 44, groupChar: bytes(".") },
};

/** `day.month.year hour:minute`. */
const writeTime: WriteTime = (b, from, to, out, at) => {
  const text = Buffer.from(b.subarray(from, to)).toString("latin1");
  const [, day, month, year, clock] = /^(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d)$/.exec(text) ?? [];
  if (day === undefined) return -TIMESTAMP_INVALID;
  return at + Buffer.from(`${year}-${month}-${day}T${clock}:00Z`).copy(out, at);
};

const open: OpenRows = (key, pull, arena) => {
  const hash = createHash("sha256");
  const hashed = (into: Uint8Array, pulled: number) => {
    hash.update(into.subarray(0, pulled));
    return pulled;
  };
  const teed = (into: Uint8Array) => {
    const pulled = pull(into);
    return typeof pulled === "number" ? hashed(into, pulled) : pulled.then((length) => hashed(into, length));
  };
  const dialect = { delimiter: 59, headerRows: [2], unitsRow: 3, commentRows: [1], commentChar: 35 };
  const frame = new DelimitedFrame(key, teed, dialect, 1024 * 1024);
  return new DelimitedRows({ frame, arena, plan: () => PLAN, writeTime, digest: () => hash.digest("hex") });
};

const FRONT = "Report of June\nDay;Time;Temp;Flow;Pump\n;;degC;m3;\n";
const HEADER = 'timestamp,device_id,value,unit,anomaly_score,"pump, name"';

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
