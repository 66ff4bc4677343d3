import { VantageflowError } from "../../errors.ts";

/** A file that no contract can be made for: why, and what to do, each a sentence. */
export function cannotInfer(fileName: string, why: string, whatToDo: string, cause?: unknown): VantageflowError {
  const name = JSON.stringify(fileName.length > 200 ? `${fileName.slice(0, 200)}…` : fileName);
  return new VantageflowError("input_invalid", `Cannot infer a contract from ${name}: ${why}. ${whatToDo}`, { cause });
}

/** Kinds of files by how they begin, in ISO 8859-1; in the order in which they are looked for. */
const KINDS: readonly (readonly [begin: string, what: string, whatToDo: string])[] = [
  ["PK\x03\x04", "it is a ZIP archive or a workbook (.xlsx)", "Save the sheet as CSV, or unpack the archive."],
  ["PK\x05\x06", "it is an empty ZIP archive", "Unpack what should be in it."],
  ["\xd0\xcf\x11\xe0", "it is an old workbook (.xls)", "Save the sheet as CSV."],
  ["PAR1", "it is Parquet", "Export it as CSV."],
  ["ORC", "it is ORC", "Export it as CSV."],
  ["Obj\x01", "it is Avro", "Export it as NDJSON."],
  ["SQLite format 3", "it is an SQLite database", "Export a table of it as CSV."],
  ["%PDF", "it is a PDF", "Export the data as CSV where they come from."],
  ["\x89HDF", "it is HDF5", "Export it as CSV."],
  ["CDF\x01", "it is NetCDF", "Export it as CSV."],
  ["CDF\x02", "it is NetCDF", "Export it as CSV."],
  ["\x89PNG", "it is a picture", "Bring the data that it was made of."],
  ["\xff\xd8\xff", "it is a picture", "Bring the data that it was made of."],
  ["BZh", "it is compressed with bzip2", "Compress it with gzip or zstd."],
  ["\xfd7zXZ", "it is compressed with xz", "Compress it with gzip or zstd."],
  ["\x04\x22\x4d\x18", "it is compressed with LZ4", "Compress it with gzip or zstd."],
  ["7z\xbc\xaf", "it is a 7z archive", "Unpack it, and compress single files with gzip or zstd."],
  ["TOB", "it is a binary file of a Campbell logger", "Convert it to TOA5 first."],
];

/** Throws for bytes that are of a kind that no contract reads. */
export function refuseKind(fileName: string, bytes: Uint8Array): void {
  const front = Buffer.from(bytes.subarray(0, 64)).toString("latin1");
  const kind = KINDS.find(([begin]) => front.startsWith(begin));
  if (kind !== undefined) throw cannotInfer(fileName, kind[1], kind[2]);
}

/** Throws for a text that is markup. */
export function refuseMarkup(fileName: string, text: string): void {
  const front = text.slice(0, 512).trimStart().toLowerCase();
  if (/^<(!doctype html|html|head|body|table)[\s>]/.test(front)) {
    throw cannotInfer(
      fileName,
      "it is a web page",
      "Was it fetched without signing in? Export the data as CSV or JSON.",
    );
  }
  if (/^<(\?xml|[a-z][\w:.-]*[\s/>])/.test(front))
    throw cannotInfer(fileName, "it is XML", "Export it as CSV or JSON.");
}
