import { attempt } from "../../bounded.ts";
import { comparePairs, type LakeDifferences, planComparison } from "../../compare/lakes.ts";
import { openStorage } from "../../storage/open.ts";
import { READINGS } from "../../tables/readings/layout.ts";
import type { FlagsOf } from "../command.ts";
import { documentOf, linesOf } from "../differences.ts";
import { complain, type Io, notice, printJson, untilEnd } from "../io.ts";
import { readLimit } from "../limit.ts";
import { createProgress } from "../progress.ts";
import { checkLake, concurrencyOf, loadSettings } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { printTable } from "../table.ts";
import type { command } from "./diff.command.ts";

type DiffFlags = FlagsOf<typeof command>;

const COLUMNS = [
  { head: "key" },
  { head: "what" },
  { head: "line", align: "right" as const },
  { head: "column" },
  { head: "A" },
  { head: "B" },
  { head: "B - A", align: "right" as const },
];

export async function action(io: Io, flags: DiffFlags, a: string, b: string): Promise<number> {
  const limit = readLimit(flags.limit);
  const settings = await loadSettings(io, flags);
  for (const lake of [a, b]) checkLake(lake, "compare");
  const [lakeA, lakeB] = [untilEnd(io, openStorage(a)), untilEnd(io, openStorage(b))];
  const leftOut = (key: string, why: string) => notice(io, flags, `Left out ${key}: ${why}.`);
  const { pairs, tablePrefix } = await planComparison(lakeA, lakeB, flags.prefix, leftOut);
  const progress = createProgress(io, flags);
  const both = pairs.filter((pair) => pair.a !== null && pair.b !== null);
  progress.expect(
    both.length,
    both.reduce((sum, { a: object }) => sum + (object?.size ?? 0), 0),
  );
  const { results, interrupted } = await interruptible(io, flags, async (stopped) => {
    const compared = await comparePairs(lakeA, lakeB, pairs, {
      concurrency: concurrencyOf(settings, a, b),
      limit,
      maxRowBytes: settings.config.pipeline.maxRowBytes,
      stopped,
      onCompared: ({ key, a: object }) => {
        progress.read(key, object?.size ?? 0, 0);
        progress.finished();
      },
    });
    if (tablePrefix === null) return { ...compared, table: null };
    // Parquet takes much code.
    const { compareTables } = await import("../../compare/tables.ts");
    const tried = await attempt(READINGS, () => compareTables(lakeA, lakeB, { prefix: tablePrefix, limit, stopped }));
    if ("value" in tried) return { ...compared, table: tried.value };
    return { ...compared, failed: [...compared.failed, tried.failed], table: null };
  });
  progress.end();
  for (const { message } of results.failed) complain(io, message);
  if (flags.json) await printJson(io, documentOf(a, b, flags.prefix ?? null, results));
  else {
    await printTable(io, flags, COLUMNS, linesOf(results), (cell, head, colors) => {
      if (head === "A") return colors.red(cell);
      return head === "B" ? colors.green(cell) : cell;
    });
  }
  const { onlyInA, onlyInB, different, failed, table } = results;
  const rows = table?.rows ?? { same: 0, onlyInA: 0, onlyInB: 0 };
  const differences = onlyInA.length + onlyInB.length + different.length + failed.length + rows.onlyInA + rows.onlyInB;
  if (interrupted !== null) return interrupted;
  notice(io, flags, summaryOf(results, a, b));
  if (table !== null) notice(io, flags, `Rows of the table: ${countsOf(rows.same, rows.onlyInA, rows.onlyInB, a, b)}.`);
  return differences === 0 ? 0 : 1;
}

function summaryOf({ same, onlyInA, onlyInB, different, failed }: LakeDifferences, a: string, b: string): string {
  const more = [
    ...(different.length > 0 ? [`${different.length} different`] : []),
    ...(failed.length > 0 ? [`${failed.length} not compared`] : []),
  ];
  return `Objects: ${countsOf(same, onlyInA.length, onlyInB.length, a, b, more)}.`;
}

function countsOf(same: number, inA: number, inB: number, a: string, b: string, more: readonly string[] = []): string {
  const counts = [
    `${same} the same`,
    ...more,
    ...(inA > 0 ? [`${inA} only in ${a}`] : []),
    ...(inB > 0 ? [`${inB} only in ${b}`] : []),
  ];
  return counts.join(", ");
}
