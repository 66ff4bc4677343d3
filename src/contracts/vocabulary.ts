import * as z from "zod/mini";
import { BRONZE } from "../ledger/layers.ts";
import { described, formsOf, listOf, matching, named, numberOf, oneText, ordinal, shape, yesOrNo } from "./forms.ts";

/**
 * The words of a contract: the one source of its types, of its JSON Schema and of what is refused. What fields say about one
 * another is in `checks/`. Words of the Table Dialect (Frictionless Data) have its meaning, and its defaults but for the encoding's name.
 */

const NOT_EMPTY = /^[\s\S]/u;
const column = matching(
  NOT_EMPTY,
  "the name of a column; in JSON its path, result.received_at; in line protocol a tag or field",
);
const glob = matching(NOT_EMPTY, "a pattern: * is any text, ? any one character");
const device = matching(NOT_EMPTY, "the id of a device, a text that is not empty");
const unit = described(z.string({ error: "a unit as text" }), "a unit as text");
const marker = (what: string) =>
  matching(
    /^[\t !#-/:-@[-`{-~]?$/,
    `${what}: one character of ASCII that is no letter, digit or double quote, or none`,
  );
const cells = listOf(z.string({ error: "a text" }), "a list of texts, each the whole of a cell");
const positions = (what: string, least: number) => listOf(ordinal("a line number, 1 to 1000"), what, least);

const compression = z._default(oneText(["none", "gzip", "zstd"], "how the file is packed"), "none");
const encoding = z._default(
  matching(/^[A-Za-z0-9_:.-]+$/, "a name of the Encoding Standard: utf-8, utf-16le, windows-1252"),
  "utf-8",
);
/** Texts that count as 1 and as 0; no other text is a reading. */
const truth = { trueValues: z._default(cells, () => []), falseValues: z._default(cells, () => []) };

const csv = shape({
  type: z.literal("csv"),
  compression,
  encoding,
  delimiter: z._default(
    matching(/^[\t !#-/:-@[-`{-~]$/, "one character of ASCII that is no letter, digit or double quote"),
    ",",
  ),
  quoteChar: z._default(
    oneText(['"', "'", ""], "what cells stand in that have a delimiter or line break in them"),
    '"',
  ),
  decimalChar: z._default(oneText([".", ","], "what stands before the fraction of a number"), "."),
  groupChar: z._default(
    oneText(["", ",", ".", " ", "'", "’", "_", "\u00a0", "\u202f"], "what parts the thousands of a number"),
    "",
  ),
  commentChar: z._default(marker("what a line begins with that is a comment"), ""),
  header: z._default(yesOrNo("whether the columns have names in the file"), true),
  /** Physical lines. Names that stand on several are joined by a blank; lines above the last that are none of them are passed over. */
  headerRows: z._default(positions("the lines of the header, ascending", 1), () => [1]),
  /** The columns' names where there is no header; "" is a column that nobody asks for. */
  names: z.optional(listOf(z.string({ error: "a text" }), "the names of all columns, in order", 1, 10_000)),
  unitsRow: z.optional(ordinal("the line that has the units, 1 to 1000")),
  commentRows: z._default(positions("lines that are no rows", 0), () => []),
  /** Names for cells above the rows, as templates may put them in. */
  cells: z._default(
    named(
      matching(/^[A-Za-z][A-Za-z0-9_-]*$/, "a name of letters, digits, - and _"),
      shape({ row: ordinal("a line number, 1 to 1000"), field: ordinal("the number of a field in it, 1 to 1000") }),
      'names for cells above the rows: { "station": { "row": 1, "field": 2 } }',
    ),
    () => ({}),
  ),
  /** Whether the header may come again with other columns, or in another order, from where the new one holds. */
  again: z._default(yesOrNo("whether the header may come again with other columns, or in another order"), false),
  missingValues: z._default(cells, () => [""]),
  ...truth,
});

const json = shape({
  type: z.enum(["json", "ndjson"]),
  compression,
  encoding,
  /** Where the records are in each document; with a `*`, in each member there, whose name is the measure. None: the document, or its elements. */
  records: z.optional(matching(NOT_EMPTY, "the path of a list: result.readings, or * for each member")),
  missingValues: z._default(cells, () => []),
  ...truth,
});

const senml = shape({ type: z.literal("senml"), compression, ...truth });

const influx = shape({
  type: z.literal("influx"),
  compression,
  precision: z._default(oneText(["ns", "us", "ms", "s"], "what times count in"), "ns"),
  ...truth,
});

const format = z.discriminatedUnion("type", [csv, json, senml, influx], {
  error: ({ code }) =>
    code === "invalid_union" ? '"csv", "json", "ndjson", "senml", "influx"' : "a type and what belongs to it",
});

/** What each letter reads is said, and what is wrong with a pattern told, by `fields/pattern.ts`. */
export const TIMES =
  "iso, unix:s, unix:ms, unix:us, unix:ns, or a pattern of yyyy yy MM M MMM dd d HH H hh h mm ss S a XXX, other letters in '…'";
export const ZONES = "UTC, an offset +01:00, or a zone Europe/Berlin";
const instant = {
  format: z._default(matching(/^(iso|unix:(s|ms|us|ns)|[^y]*y[\s\S]*)$/, TIMES), "iso"),
  zone: z._default(matching(/^([+-](0\d|1[0-8]):[0-5]\d|[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*)$/, ZONES), "UTC"),
  /** Which pass an hour is that stands twice where clocks go back; `order` tells them apart by the step back of each device. */
  ambiguous: z._default(
    oneText(["order", "first", "second", "reject"], "which pass of an hour that exists twice it is"),
    "order",
  ),
};
const timestamp = formsOf(
  ["column", "columns"],
  [shape({ column, ...instant }), shape({ columns: listOf(column, "columns, joined by one blank", 2), ...instant })],
);

/** What is put for texts wherever they stand in the id: at each place the longest that fits, and what was put is not looked at again. */
const replace = z._default(
  named(
    matching(NOT_EMPTY, "a text that is not empty"),
    z.string({ error: "a text" }),
    'texts and what is put for them: { " ": "-" }',
  ),
  () => ({}),
);
const template = matching(
  NOT_EMPTY,
  "a text with {placeholders}: {measure}, {file}, {folder:NAME} of a folder NAME=…, names of format.cells, columns",
);
const deviceId = formsOf(
  ["column", "constant", "template"],
  [shape({ column, replace }), shape({ constant: device }), shape({ template, replace })],
);

/** Rows, or readings of one measure, that count only where a column has one of these texts. */
const keep = shape({ column, in: listOf(z.string({ error: "a text" }), "the texts that let a reading count", 1) });
const measure = shape({
  as: z.optional(matching(NOT_EMPTY, "what the measure is called")),
  unit: z.optional(unit),
  keep: z.optional(keep),
});
const value = formsOf(
  ["column", "measures", "pattern"],
  [
    shape({ column }),
    shape({ measures: named(column, measure, "columns, each with { as, unit, keep }, all of which may be left out") }),
    /** Columns by their names, but for those that the contract names elsewhere. */
    shape({ pattern: glob, except: z._default(listOf(glob, "a list of patterns"), () => []) }),
  ],
);

const unitOf = formsOf(
  ["column", "constant", "from", "byDevice"],
  [
    shape({ column }),
    shape({ constant: unit }),
    /** Of `Temp, °F (S/N 1)`, with ", " before it and " (" behind it, °F is the unit, and Temp the measure's name unless `as` says another. */
    shape({
      from: oneText(["unitsRow", "header"], "where the file has the units"),
      after: z.optional(matching(NOT_EMPTY, "the text in front of the unit")),
      before: z.optional(matching(NOT_EMPTY, "the text behind the unit")),
    }),
    /** The first that fits the device's id holds. */
    shape({ byDevice: listOf(shape({ devices: glob, unit }), "a list of { devices, unit }", 1) }),
  ],
);

const score = formsOf(
  ["column", "constant"],
  [shape({ column }), shape({ constant: numberOf("a score, 0 to 1", 0, 1) })],
);

const reading = shape({
  timestamp: z.optional(timestamp),
  device_id: z.optional(deviceId),
  value: z.optional(value),
  unit: z.optional(unitOf),
  anomaly_score: z._default(score, () => ({ constant: 0 })),
  keep: z.optional(keep),
  carry: z._default(listOf(column, "columns that go along"), () => []),
});

export const ruleSchema = shape({
  name: matching(/^[\s\S]{1,100}$/u, "a text of at most 100 characters, by which people know the rule"),
  units: z.optional(listOf(unit, "the units it is for", 1)),
  devices: z.optional(glob),
  measures: z.optional(listOf(matching(NOT_EMPTY, "the name of a measure"), "the measures it is for", 1)),
  min: z.optional(numberOf("a number")),
  max: z.optional(numberOf("a number")),
  // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
  then: oneText(["reject", "anomaly"], "what becomes of a reading outside of the bounds"),
});

export const contractSchema = shape({
  $schema: z.optional(
    described(z.string({ error: "the address of a schema" }), "the address of this schema, for editors"),
  ),
  version: z.literal(1, { error: "1" }),
  name: matching(/^[a-z0-9][a-z0-9-]{0,62}$/, "1 to 63 of a-z, 0-9 and -, the first no -"),
  description: z.optional(
    described(z.string({ error: "a text" }), "what people should know, for JSON has no comments"),
  ),
  prefix: matching(new RegExp(`^${BRONZE}([^/]+/)*$`), `a folder of ${BRONZE} with a / at its end: ${BRONZE}station/`),
  suffixes: z._default(
    listOf(matching(/^(\.[A-Za-z0-9_-]+)+$/, "a suffix with its dot: .csv, .csv.gz"), "how names end", 1, 20),
    () => [".csv"],
  ),
  format,
  reading: z._default(reading, () => ({ anomaly_score: { constant: 0 }, carry: [] })),
  rules: z._default(listOf(ruleSchema, "a list of rules"), () => []),
  threshold: z._default(
    listOf(
      shape({ devices: glob, above: numberOf("a score, 0 to 1; what is above it is an anomaly", 0, 1) }),
      "a list of { devices, above }; the first that fits a device holds",
    ),
    () => [],
  ),
});

/** A contract with its defaults. */
export type Contract = z.output<typeof contractSchema>;
export type SourceFormat = Contract["format"];
export type CsvFormat = z.output<typeof csv>;
export type Reading = Contract["reading"];
