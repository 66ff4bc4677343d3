import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { VantageflowError } from "../../errors.ts";
import type { Query } from "../../sql/query.ts";
import type { DetectionsLag } from "../../tables/detections/describe.ts";
import type { FlagsOf } from "../command.ts";
import { openFailures } from "../failures.ts";
import { complain, type Io, lakeOption, notice } from "../io.ts";
import { plural } from "../plural.ts";
import { checkLake, loadSettings, openLake } from "../settings.ts";
import { breakable } from "../signals.ts";
import { type AnswerFormat, answerFormat, writeAnswer } from "../sql-answer.ts";
import { cacheFolder, checkMemory, readMoment, readQuestion } from "../sql-question.ts";
import type { command } from "./sql.command.ts";

type SqlFlags = FlagsOf<typeof command>;

/** Files of tables in buckets are kept for the next query: so many bytes. */
const CACHE_BYTES = 4 * 1024 ** 3;

export async function action(io: Io, flags: SqlFlags, given?: string): Promise<number> {
  const format = answerFormat(io, flags);
  const memory = checkMemory(flags.memory);
  const at = flags.at === undefined ? undefined : readMoment(flags.at, io.now());
  const sql = await readQuestion(io, given, flags.file);
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "query");
  const { storage } = openLake(io, settings);
  const { openQuery } = await import("../../sql/query.ts");
  const { countWaiting } = await import("../../sql/readings.ts");
  const { detectionsLag } = await import("../../tables/detections/describe.ts");
  let left = 0;
  const onOdd = (key: string, why: string) => {
    left++;
    complain(io, `Left out "${key}": ${why}`);
  };
  const out = flags.out === undefined ? undefined : partOf(resolve(io.cwd, flags.out));
  const { interrupted } = await breakable(async (stopped, onBreak) => {
    const query = await openQuery({
      sql,
      source: { storage, failures: openFailures(io, settings), onOdd, stopped },
      at,
      memory,
      cache: { folder: cacheFolder(io), limit: CACHE_BYTES },
      output: format === "parquet" ? out?.part : undefined,
    });
    onBreak(() => query.interrupt());
    const isTold = at === undefined && flags.quiet !== true;
    // Listings, while the engine computes.
    const waiting = isTold && query.table !== null ? countWaiting(storage, io.now()) : null;
    const lag = isTold && query.names.has("detections") ? detectionsLag(storage) : null;
    for (const one of [waiting, lag]) one?.catch(() => {});
    try {
      await answer(io, flags, { query, sql, format, lake, out });
      if (query.table?.isPutBack === true) {
        const why = "an older table was put back, or commits are gone";
        notice(io, flags, `readings is not up to date: ${why}. Next: vantageflow tables sync${lakeOption(lake)}`);
      }
      if (waiting !== null) sayWaiting(io, flags, lake, await waiting);
      if (lag !== null) sayLag(io, flags, lake, await lag);
    } finally {
      await query.close();
    }
  });
  if (interrupted !== null) return interrupted;
  if (left === 0) return 0;
  notice(io, flags, `Without ${plural(left, "object")} that cannot be read.`);
  return 1;
}

interface Answered {
  readonly query: Query;
  readonly sql: string;
  readonly format: AnswerFormat;
  readonly lake: string;
  readonly out: { readonly path: string; readonly part: string } | undefined;
}

async function answer(io: Io, flags: SqlFlags, { query, sql, format, lake, out }: Answered): Promise<void> {
  const about = { version: 1, lake, table_version: query.table?.version ?? null };
  if (out === undefined) return void (await writeAnswer(io, flags, { query, sql, format, about }));
  try {
    const rows = await writeAnswer(io, flags, { query, sql, format, about, file: out.part });
    await rename(out.part, out.path).catch((error: Error) => {
      throw new VantageflowError("input_invalid", `Cannot write "${flags.out}": ${error.message}. Check the path.`);
    });
    notice(io, flags, `${plural(rows, "row")} in ${flags.out}.`);
  } finally {
    await rm(out.part, { force: true });
  }
}

/** Beside the file, for a move within one file system is atomic. */
function partOf(path: string): { readonly path: string; readonly part: string } {
  return { path, part: join(dirname(path), `.${basename(path)}.${randomUUID()}.part`) };
}

function sayWaiting(
  io: Io,
  flags: SqlFlags,
  lake: string,
  waiting: { readonly count: number; readonly isMore: boolean },
): void {
  const { count, isMore } = waiting;
  if (count === 0) return;
  const what = count === 1 && !isMore ? "1 batch is" : `${isMore ? "More than " : ""}${count} batches are`;
  notice(io, flags, `${what} not in readings yet: vantageflow tables sync${lakeOption(lake)}`);
}

function sayLag(io: Io, flags: SqlFlags, lake: string, lag: DetectionsLag | null): void {
  if (lag === null) return;
  const { shown, newest } = lag;
  const what = shown === null ? "not made of all readings yet" : `of version ${shown} of readings, which has ${newest}`;
  notice(io, flags, `detections are ${what}: vantageflow detect${lakeOption(lake)}`);
}
