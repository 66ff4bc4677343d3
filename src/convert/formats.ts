/** Turns bytes of a form into CSV with a header, in constant memory. `name` is for messages. Throws `input_invalid`. */
type Convert = (input: AsyncIterable<Uint8Array>, options: { readonly name: string }) => AsyncIterable<Buffer>;

/** A form of readings that is no CSV and lands as one. */
export interface Format {
  /** How the names of such files end, in any case. */
  readonly suffixes: readonly string[];
  /** Loaded when there is such a file. */
  readonly load: () => Promise<Convert>;
}

/** Every form that `ingest` takes beside CSV: a new one is named here and nowhere else, beside its own files. */
const FORMATS: readonly Format[] = [
  { suffixes: [".json", ".ndjson", ".jsonl"], load: async () => (await import("./json-to-csv.ts")).jsonToCsv },
];

/** How the names of files end that are no CSV and can be ingested. */
export const CONVERTED_SUFFIXES: readonly string[] = FORMATS.flatMap(({ suffixes }) => suffixes);

/** The form that a file's name says it has; null for none of these. */
export function formatOf(name: string): Format | null {
  return FORMATS.find(({ suffixes }) => suffixOf(name, suffixes) !== undefined) ?? null;
}

/** The name under which a file lands: `a.json` as `a.csv`; any other as it is. */
export function landedName(name: string): string {
  const suffix = suffixOf(name, CONVERTED_SUFFIXES);
  return suffix === undefined ? name : `${name.slice(0, -suffix.length)}.csv`;
}

function suffixOf(name: string, suffixes: readonly string[]): string | undefined {
  return suffixes.find((suffix) => name.toLowerCase().endsWith(suffix));
}
