/** The columns of a row that a fault may need, by index. */
export interface ColumnIndexes {
  readonly timestamp: number;
  readonly device: number;
  readonly value: number;
  readonly score: number;
}

type Fault = (fields: string[], at: ColumnIndexes) => void;

/** One fault for each reason a row is rejected for, and some twice because producers break them in two ways. */
const FAULTS: readonly Fault[] = [
  (f, at) => set(f, at.timestamp, "2024-13-45T25:61:00.000Z"),
  (f, at) => set(f, at.device, ""),
  (f, at) => set(f, at.value, "n/a"),
  (f, at) => set(f, at.score, "high"),
  (f, at) => set(f, at.score, `1${f[at.score].slice(1)}1`), // 1.0001 to 1.99991
  (f) => f.pop(),
  (f) => f.push("extra"),
  (f, at) => set(f, at.device, `${f[at.device].slice(0, 3)}"${f[at.device].slice(3)}`),
  (f, at) => set(f, at.timestamp, "yesterday"),
  (f, at) => set(f, at.value, ""),
];

/** Makes the valid row `row` (no line break, no quotes) invalid in the `turn`-th way, cycling over the ways. */
export function spoilRow(row: string, turn: number, at: ColumnIndexes): string {
  const fields = row.split(",");
  FAULTS[turn % FAULTS.length](fields, at);
  return fields.join(",");
}

function set(fields: string[], index: number, text: string): void {
  fields[index] = text;
}
