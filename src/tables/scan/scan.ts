import { forEachBounded } from "../../bounded.ts";
import type { ParquetFile, Sought } from "../parquet/read.ts";
import { Nearest, type Page, type PageQuery } from "./nearest.ts";
import type { Position } from "./position.ts";
import { boundsOf, mightHold } from "./prune.ts";
import { scanFile, wantedOf } from "./scan-file.ts";
import { meet, type TableFile, type Unit, unitsIn } from "./units.ts";

/** A table as of one version, to be read. */
export interface ScanSource {
  /** The earliest first. */
  readonly units: readonly Unit[];
  /** Names of the columns that sources carry along. */
  readonly carried: readonly string[];
  open(file: TableFile, wanted: Sought): Promise<ParquetFile>;
}

/** So much is looked at for a page. */
export interface Enough {
  readonly rows: number;
  readonly files: number;
}

/** Files read at once: each waits for a store most of the time. */
const CONCURRENCY = 4;
/** Then a page ends with the day, and the next one begins behind it. */
const ENOUGH: Enough = { rows: 4_000_000, files: 250 };

/**
 * The readings that a query asks for, in the order of `position.ts`; of each day no more is read than the statistics of
 * files, row groups and pages leave. A page may have fewer readings than its limit, none even, and still say that there is
 * a next one: where little is found in much. Throws `not_found` for a file that is gone from a version that is no longer
 * the newest, and `table_damaged`.
 */
export async function scanPage(source: ScanSource, query: PageQuery, enough = ENOUGH): Promise<Page> {
  const { device, direction, limit } = query;
  const nearest = new Nearest(query);
  const asked = nearest.span();
  const units = unitsIn(source.units, asked, direction);
  let [rows, files] = [0, 0];
  for (const [i, { span, files: inUnit }] of units.entries()) {
    const wanted = inUnit
      .map((file) => ({ file, bounds: boundsOf(file) }))
      .filter(({ bounds }) => mightHold(bounds, device, meet(span, asked)))
      // What is nearest sets a bound to the rest.
      .sort((a, b) => direction * ((a.bounds.times?.[0] ?? 0) - (b.bounds.times?.[0] ?? 0)));
    await forEachBounded(wanted, CONCURRENCY, async ({ file, bounds }) => {
      const left = meet(span, nearest.span());
      if (left[0] > left[1] || !mightHold(bounds, device, left)) return;
      const parquet = await source.open(file, wantedOf(query, left));
      const looked = await scanFile(parquet, query, span, source.carried, nearest);
      // Not in one expression with the await: several files are read at once.
      rows += looked;
      files++;
    });
    if (nearest.count > limit) break;
    const hasMore = i < units.length - 1;
    if (!hasMore || (rows < enough.rows && files < enough.files)) continue;
    const page = nearest.page();
    return page.next === null ? { ...page, next: endOf(span, direction) } : page;
  }
  return nearest.page();
}

/** Behind all of a stretch of time. */
function endOf([first, last]: Unit["span"], direction: PageQuery["direction"]): Position {
  return direction === 1 ? { ms: last, nanos: 999_999, last: null } : { ms: first, nanos: 0, last: null };
}
