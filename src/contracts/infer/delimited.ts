import { REQUIRED } from "../../pipeline/refused-header.ts";
import { shellWord } from "../../shell.ts";
import type { Json } from "../json.ts";
import type { KnownNames } from "../known.ts";
import { dialectOf, type InferredDialect } from "./dialect.ts";
import { headerOf, type InferredHeader } from "./header.ts";
import type { InferredPlace } from "./place.ts";
import { readingOf } from "./reading.ts";
import { cannotInfer } from "./refusal.ts";
import type { SampleText } from "./sample.ts";
import { listing, type SourceColumn, type SourceTable } from "./source-table.ts";
import { timeFormOf } from "./times.ts";

/** `format` and `reading` of a contract. */
export interface InferredParts {
  readonly format: Record<string, Json>;
  readonly reading?: Record<string, Json>;
}

/** Infers how a delimited text is cut and read. Throws `input_invalid` for what is none, and for what needs no contract. */
export function inferDelimited(
  fileName: string,
  { text, isWhole, compression, encoding }: SampleText,
  place: InferredPlace,
  known: KnownNames,
  unsure: string[],
): InferredParts {
  const dialect = dialectOf(Buffer.from(text), isWhole);
  if (dialect === null || dialect.data.length === 0) {
    if (dialect !== null && isWhole && dialect.above.length === 1) {
      throw cannotInfer(fileName, "it has nothing but a header", "Bring a file that has some rows below it.");
    }
    const why = dialect === null ? "no delimiter parts it into columns" : "no row of it has a time or number";
    throw cannotInfer(fileName, why, "Is it a table, JSON, SenML or line protocol? Then write the contract by hand.");
  }
  const header = headerOf(dialect, unsure);
  if (isBuiltIn(dialect, header) && compression === "none" && encoding === "utf-8" && place.suffix === ".csv") {
    throw cannotInfer(
      fileName,
      "it has the form of the built-in contract and needs no other",
      `Run vantageflow ingest ${shellWord(fileName.slice(0, 200))}.`,
    );
  }
  const names = namesOf(dialect, header, unsure);
  const table = tableOf(dialect, header, names, place, text);
  const { reading, numbers, missing } = readingOf(fileName, table, known, unsure);
  const { delimiter } = dialect;
  const { headerRows, unitsRow, commentRows, commentChar, station } = header;
  const format: Record<string, Json> = {
    type: "csv",
    ...(compression === "none" ? {} : { compression }),
    ...(encoding === "utf-8" ? {} : { encoding }),
    ...(delimiter === "," ? {} : { delimiter }),
    ...(numbers.decimalChar === "." ? {} : { decimalChar: numbers.decimalChar }),
    ...(numbers.groupChar === "" ? {} : { groupChar: numbers.groupChar }),
    ...(commentChar === "" ? {} : { commentChar }),
    ...(header.names === null ? { header: false, names: [...names] } : {}),
    ...(header.names === null || headerRows.join() === "1" ? {} : { headerRows: [...headerRows] }),
    ...(unitsRow === null ? {} : { unitsRow }),
    ...(commentRows.length === 0 ? {} : { commentRows: [...commentRows] }),
    ...(station === null ? {} : { cells: { station: { ...station } } }),
    ...(comesAgain(dialect, header) ? { again: true } : {}),
    ...(missing.length === 0 ? {} : { missingValues: ["", ...missing] }),
  };
  return { format, reading };
}

function isBuiltIn(
  { delimiter, commentChar }: InferredDialect,
  { names, headerRows, unitsRow, commentRows }: InferredHeader,
): boolean {
  const isPlain =
    delimiter === "," &&
    commentChar === "" &&
    headerRows.join() === "1" &&
    unitsRow === null &&
    commentRows.length === 0;
  return isPlain && names !== null && REQUIRED.every((name) => names.filter((one) => one === name).length === 1);
}

/** The names that columns can be asked for by: none for those of one name, and made up where there is no header. */
function namesOf({ data, width }: InferredDialect, { names }: InferredHeader, unsure: string[]): string[] {
  if (names !== null) {
    const seen = new Set<string>();
    const twice = new Set(names.filter((name) => name !== "" && seen.size === seen.add(name).size));
    if (twice.size > 0)
      unsure.push(
        `${listing([...twice])} stands in the header more than once, and is left out. Rename the columns, if they count.`,
      );
    return Array.from({ length: Math.min(width, names.length) }, (_, i) =>
      twice.has(names[i]) ? "" : (names[i] ?? ""),
    );
  }
  const columns = Array.from({ length: width }, (_, i) =>
    data.map(({ cells }) => cells[i] ?? "").filter((cell) => cell !== ""),
  );
  const isTime = columns.map((cells) => timeFormOf(cells) !== null);
  const isNumber = columns.map(
    (cells) => cells.length > 0 && cells.every((cell) => /^[-+]?[\d.,]+(e[-+]?\d+)?$/i.test(cell)),
  );
  const made = new Map<string, number>();
  const named = columns.map((cells, i) => {
    if (cells.length === 0) return "";
    const kind = isTime[i] ? "time" : isNumber[i] ? "value" : "text";
    const count = (made.get(kind) ?? 0) + 1;
    made.set(kind, count);
    return `${kind}${count}`;
  });
  const unique = named.map((name) => (made.get(name.replace(/\d+$/, "")) === 1 ? name.replace(/\d+$/, "") : name));
  unsure.push(
    `The file has no header: its columns are called ${listing(unique)} here. Give them better names in format.names, and the same in reading.`,
  );
  return unique;
}

function tableOf(
  { data, width, above, delimiter }: InferredDialect,
  { station, unitsRow, units, names: header }: InferredHeader,
  names: readonly string[],
  place: InferredPlace,
  text: string,
): SourceTable {
  const rows = data.filter(
    ({ cells }) => cells.length === width && !isHeader(cells, header) && cells.some((cell) => cell !== ""),
  );
  const columns = names.map(
    (name, i): SourceColumn => ({
      ...{ name, label: name, called: null, unit: units[i] ?? "", isAside: false, isText: false },
      cells: rows.map(({ cells }) => cells[i] ?? ""),
    }),
  );
  return {
    ...{ kind: "csv", columns, delimiter, hasUnitsRow: unitsRow !== null, hasHeader: header !== null, members: [] },
    device: station === null ? (titled(text) ?? place.device) : { template: "{station}", because: "" },
    above: above.map(({ cells }) => cells.join(" ")),
  };
}

/** HOBOware's first line names what was measured. */
function titled(text: string): SourceTable["device"] | null {
  const [, title] = /^\ufeff?"?Plot Title: ?([^"\r\n]{1,100})/.exec(text.slice(0, 200)) ?? [];
  const id = title
    ?.toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  return id === undefined || id === ""
    ? null
    : { template: id, because: `the plot's title ${JSON.stringify(title)} is taken` };
}

const isHeader = (cells: readonly string[], names: readonly string[] | null) =>
  names !== null && cells.every((cell, i) => cell === names[i]);

/** Whether the header stands in the file again, or tables with others follow, as InfluxDB exports them. */
function comesAgain({ data, above, width }: InferredDialect, { names }: InferredHeader): boolean {
  if (names === null) return false;
  if (above.some(({ cells }) => cells[0] === "#datatype")) return true;
  return data.some(({ cells }) => cells.length === width && isHeader(cells, names));
}
