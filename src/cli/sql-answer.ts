import { open } from "node:fs/promises";
import { extname } from "node:path";
import { messageOf, quote, VantageflowError } from "../errors.ts";
import { escapeTerminal } from "../escape.ts";
import type { Query } from "../sql/query.ts";
import { type GlobalFlags, type Io, notice, print } from "./io.ts";
import { plural } from "./plural.ts";
import { tableText } from "./table.ts";

const FORMATS = ["table", "csv", "json", "ndjson", "parquet"] as const;
export type AnswerFormat = (typeof FORMATS)[number];

/** What endings of files name a format. */
const ENDINGS: Readonly<Record<string, AnswerFormat>> = { jsonl: "ndjson", txt: "table" };

/** A table is for people, who read no more rows than these. */
const SHOWN_ROWS = 1000;

interface FormatFlags extends GlobalFlags {
  readonly format?: string | undefined;
  readonly out?: string | undefined;
}

/** The format that was asked for, or that fits where the answer goes. Throws `usage`. */
export function answerFormat(io: Io, { format, out, json }: FormatFlags): AnswerFormat {
  const known = FORMATS.find((one) => one === format);
  if (format !== undefined && known === undefined) {
    throw new VantageflowError("usage", `Cannot answer as ${quote(format)}: the formats are ${FORMATS.join(", ")}.`);
  }
  if (json === true && known !== undefined && known !== "json") {
    throw new VantageflowError("usage", `Cannot answer as json and as ${known}. Leave out --json or --format.`);
  }
  const ending = out === undefined ? "" : extname(out).slice(1).toLowerCase();
  const byEnding = FORMATS.find((one) => one === ending) ?? ENDINGS[ending];
  const chosen = known ?? (json === true ? "json" : undefined) ?? byEnding;
  if (chosen === "parquet" && out === undefined) {
    throw new VantageflowError(
      "usage",
      "Cannot answer as parquet: it is no text. Say where it goes: --out answer.parquet",
    );
  }
  if (chosen === undefined && ending !== "") {
    const why = `.${ending} is the ending of none of its formats`;
    const advice = `Say which: --format csv, or end it in .csv, .json, .ndjson, .parquet or .txt`;
    throw new VantageflowError("usage", `Cannot answer in ${quote(out ?? "")}: ${why}. ${advice}.`);
  }
  return chosen ?? (out === undefined && io.stdout.isTTY ? "table" : "csv");
}

interface AnswerOptions {
  readonly query: Query;
  readonly sql: string;
  readonly format: AnswerFormat;
  /** What a JSON document says beside the answer. */
  readonly about: object;
  /** Instead of stdout. */
  readonly file?: string;
}

/** Writes the answer to a query as it is computed, and returns how many rows there are. Throws what the query throws. */
export async function writeAnswer(io: Io, flags: GlobalFlags, options: AnswerOptions): Promise<number> {
  const { query, sql, format, file } = options;
  if (format === "parquet" && file !== undefined) {
    const { writeParquet } = await import("../sql/output/parquet.ts");
    return writeParquet(query, sql, file);
  }
  const tally = { rows: 0 };
  const text = answerText(io, flags, options, tally);
  if (file !== undefined) await writeFile(text, file, query);
  else {
    try {
      // The cells of a table are escaped where it is drawn.
      const isEscaped = format === "table" || !io.stdout.isTTY;
      for await (const some of text) await print(io, isEscaped ? some : escapeTerminal(some, { keepLines: true }));
    } catch (error) {
      throw query.errorOf(error);
    }
  }
  return tally.rows;
}

async function* answerText(
  io: Io,
  flags: GlobalFlags,
  { query, format, about, file }: AnswerOptions,
  tally: { rows: number },
): AsyncGenerator<string> {
  const result = await query.run();
  if (format === "table") {
    const { shownRowsOf } = await import("../sql/output/table.ts");
    const { columns, rows, isCut } = await shownRowsOf(result, SHOWN_ROWS);
    tally.rows = rows.length;
    const heads = columns.map(({ name, isNumber }) => ({
      head: escapeTerminal(name),
      align: isNumber ? ("right" as const) : ("left" as const),
    }));
    yield await tableText(io, flags, heads, rows);
    if (isCut) notice(io, flags, `The first ${rows.length} rows; all of them: --format csv`);
    else if (file === undefined) notice(io, flags, `${plural(rows.length, "row")}.`);
    return;
  }
  const counting = {
    onRows: (rows: number) => {
      tally.rows += rows;
    },
  };
  if (format === "csv") yield* (await import("../sql/output/csv.ts")).csvOf(result, counting);
  else {
    const { jsonDocumentOf, ndjsonOf } = await import("../sql/output/json.ts");
    yield* format === "json" ? jsonDocumentOf(result, about, counting) : ndjsonOf(result, counting);
  }
}

/** Chunk by chunk, with nothing read ahead: the engine must not be closed, as after a failed write, while it is asked for rows. */
async function writeFile(text: AsyncIterable<string>, file: string, query: Query): Promise<void> {
  const failed = (error: unknown) => {
    throw new VantageflowError("input_invalid", `Cannot write the answer: ${messageOf(error)}. Check --out.`);
  };
  const handle = await open(file, "w").catch(failed);
  try {
    for await (const some of text) await handle.appendFile(some).catch(failed);
  } catch (error) {
    throw query.errorOf(error);
  } finally {
    await handle.close();
  }
}
