import { quote } from "../../errors.ts";
import type { KnownNames } from "../known.ts";
import { parsePath } from "../path.ts";
import type { CsvFormat, SourceFormat } from "../vocabulary.ts";
import { type Report, reportTwice } from "./report.ts";

/** What the fields of `format` say about one another; `written` are the keys that stand in the file. */
export function checkFormat(
  format: SourceFormat,
  written: ReadonlySet<string>,
  known: KnownNames,
  report: Report,
): void {
  if ("encoding" in format && !known.isEncoding(format.encoding)) {
    report(
      ["format", "encoding"],
      `is ${quote(format.encoding)}, which is no encoding`,
      "a name of the Encoding Standard: utf-8, utf-16le, windows-1252",
    );
  }
  checkTruth(format, report);
  if (format.type === "csv") {
    checkCharacters(format, report);
    checkHeader(format, written, report);
    checkLines(format, report);
    checkAgain(format, report);
  } else if ((format.type === "json" || format.type === "ndjson") && format.records !== undefined) {
    const path = parsePath(format.records);
    if (path === null || path.fromRoot || path.steps.filter((step) => step === null).length > 1) {
      report(
        ["format", "records"],
        `is ${quote(format.records)}`,
        "a path from the document, result.readings, with one * at most",
      );
    }
  }
}

/** A text can be one of: no reading, 1, 0. */
function checkTruth(format: SourceFormat, report: Report): void {
  const lists = ["missingValues", "trueValues", "falseValues"] as const;
  const taken = new Map<string, string>();
  for (const key of lists) {
    const texts: readonly string[] = key in format ? (format as CsvFormat)[key] : [];
    for (const [i, text] of texts.entries()) {
      const other = taken.get(text);
      if (other !== undefined && other !== key)
        report(["format", key, i], `is in ${other}, too`, "each text in one list");
      taken.set(text, key);
    }
  }
}

function checkCharacters(format: CsvFormat, report: Report): void {
  const apart = (key: keyof CsvFormat, others: readonly (keyof CsvFormat)[]) => {
    const same = others.find((other) => format[key] !== "" && format[key] === format[other]);
    if (same !== undefined) report(["format", key], `is the same character as ${same}`, "characters that differ");
  };
  // In quotes a number may have the delimiter: "12,5" and "1,234" are what spreadsheets export.
  const unquoted = format.quoteChar === "" ? (["delimiter"] as const) : [];
  apart("quoteChar", ["delimiter"]);
  apart("commentChar", ["delimiter", "quoteChar"]);
  apart("decimalChar", unquoted);
  apart("groupChar", ["decimalChar", "quoteChar", ...unquoted]);
}

function checkHeader({ header, headerRows, names }: CsvFormat, written: ReadonlySet<string>, report: Report): void {
  if (header) {
    if (names !== undefined) report(["format", "names"], "stands beside a header", '"header": false, or no names');
    if (headerRows.some((row, i) => i > 0 && row <= headerRows[i - 1])) {
      report(["format", "headerRows"], `is ${quote(headerRows.join(", "))}`, "lines in ascending order, each once");
    }
    return;
  }
  for (const key of ["headerRows", "again"]) {
    if (written.has(key))
      report(["format", key], 'stands beside "header": false', `no header and no ${key}, or a header`);
  }
  if (names === undefined)
    report(["format", "names"], "is missing", "the names of all columns, because there is no header");
  else
    reportTwice(
      names.map((name, i) => name || `\0${i}`),
      ["format", "names"],
      report,
    );
}

/** Which of several lines of a header has come again, nothing would tell. */
function checkAgain({ again, headerRows }: CsvFormat, report: Report): void {
  if (again && headerRows.length > 1) {
    report(["format", "again"], "stands beside a header of several lines", "one line in headerRows, or no again");
  }
}

function checkLines({ header, headerRows, unitsRow, commentRows, cells }: CsvFormat, report: Report): void {
  const ofHeader: readonly number[] = header ? headerRows : [];
  if (unitsRow !== undefined && ofHeader.includes(unitsRow)) {
    report(["format", "unitsRow"], `is ${unitsRow}, a line of the header`, "another line");
  }
  for (const [i, row] of commentRows.entries()) {
    const what = ofHeader.includes(row) ? "a line of the header" : row === unitsRow ? "the line of the units" : null;
    if (what !== null) report(["format", "commentRows", i], `is ${row}, ${what}`, "another line");
  }
  const last = Math.max(0, ...ofHeader, unitsRow ?? 0, ...commentRows);
  for (const [name, { row }] of Object.entries(cells)) {
    if (row > last)
      report(["format", "cells", name, "row"], `is ${row}, a line of rows`, `a line above the rows, ${last} at most`);
    if (name === "measure" || name === "file") {
      report(["format", "cells", name], `has the name of {${name}}, which templates know already`, "another name");
    }
  }
}
