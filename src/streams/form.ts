/** How the records of a stream stand in its batches: each a row with its number behind it. */
export interface RowForm {
  /** How the names of batches end. */
  readonly suffix: string;
  /** What stands in front of the first row of a batch. */
  readonly header: string;
  /** What stands before and behind the number of a row. */
  readonly before: string;
  readonly behind: string;
  /** Whether within quotes a row can have what looks like its end. */
  readonly hasQuotes: boolean;
  /** As much of a row as it is told by when it comes again. */
  readonly identity: (row: string) => string;
}

/** Readings, in the columns of the data contract. The number comes last: it has no quotes, so that the end of a batch tells how far it goes. */
export const READING_ROWS: RowForm = {
  suffix: ".csv",
  header: "timestamp,device_id,value,unit,anomaly_score,sequence\n",
  before: ",",
  behind: "\n",
  hasQuotes: true,
  identity: (row) => row,
};

/** What stands last in the row of a message: when it came. */
export const RECEIVED = ',"received":';

/** Messages as they came, which a contract of the lake reads: a JSON object a line. No text of JSON has a line end in it. */
export const MESSAGE_ROWS: RowForm = {
  suffix: ".ndjson",
  header: "",
  before: ',"sequence":',
  behind: "}\n",
  hasQuotes: false,
  identity: (row) => row.slice(0, row.lastIndexOf(RECEIVED)),
};

/** Points of line protocol as they came, which a contract of the lake reads. The number is a comment. */
export const POINT_ROWS: RowForm = {
  suffix: ".lp",
  header: "",
  before: "\n#",
  behind: "\n",
  // Nobody remembers single points, so that none is looked for in a segment.
  hasQuotes: false,
  identity: (row) => row,
};

const CONTRACT_FORMS = [MESSAGE_ROWS, POINT_ROWS];

/** The folder of a spool in which what a door takes for a stream waits: it says how that is to stand in bronze, so that anybody can bring it there. */
export function spoolFolder(source: string, form: RowForm, door: string): string {
  return form === READING_ROWS ? source : `${source}${form.suffix}.${door}`;
}

/** What a folder of a spool says; null for one that is none. */
export function folderStream(name: string): { readonly source: string; readonly form: RowForm } | null {
  if (/^[a-z]+$/.test(name)) return { source: name, form: READING_ROWS };
  const base = name.slice(0, Math.max(name.lastIndexOf("."), 0));
  const form = CONTRACT_FORMS.find(({ suffix }) => base.endsWith(suffix));
  return form === undefined ? null : { source: base.slice(0, -form.suffix.length), form };
}

/** What stands behind a row of a spool at most: its number, which counts there from 1, and what is around that. */
export const NUMBER_BYTES = 40;

/** A row with its number. */
export function numbered({ before, behind }: RowForm, row: string, sequence: string | number): string {
  return `${row}${before}${sequence}${behind}`;
}

/** The number of the last row of a batch, by how the batch ends; undefined where it does not end in one. */
export function numberAtEnd({ before, behind }: RowForm, tail: string): string | undefined {
  if (!tail.endsWith(behind)) return undefined;
  const number = /\d+$/.exec(tail.slice(0, -behind.length))?.[0] ?? "";
  return number !== "" && tail.endsWith(before + number + behind) ? number : undefined;
}
