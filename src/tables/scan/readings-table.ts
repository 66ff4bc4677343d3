import { hasCode } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { newestCommit } from "../delta/log.ts";
import { type Field, fieldsOf } from "../delta/schema.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { type Footer, openByFooter, readFooter } from "../parquet/read.ts";
import { TableColumns } from "../readings/columns.ts";
import { type TableSummary, tableSummary } from "../readings/describe.ts";
import { READINGS } from "../readings/layout.ts";
import { type BucketQuery, type Buckets, scanBuckets } from "./buckets.ts";
import type { Page, PageQuery } from "./nearest.ts";
import { type Enough, type ScanSource, scanPage } from "./scan.ts";
import { unitsOf } from "./units.ts";

/** What the table is, as of its newest version. */
export interface TableDescription extends Omit<TableSummary, "columns"> {
  readonly columns: readonly Pick<Field, "name" | "type">[];
  /** When the version was made, milliseconds since the epoch; null where no commit says so. */
  readonly committed: number | null;
}

/** The table of readings of a lake, asked again and again; what has not changed is not read again. */
export interface ReadingsTable {
  /** Null where there is no table. Throws `storage_failed`, `table_damaged`, `table_unsupported`. */
  describe(): Promise<TableDescription | null>;
  /** Of the newest version, which is told; null where there is no table. Throws the same. */
  page(query: PageQuery): Promise<(Page & { readonly version: number }) | null>;
  /** The same of a device's readings as they come to, see {@link scanBuckets}. */
  buckets(query: BucketQuery): Promise<(Buckets & { readonly version: number }) | null>;
}

interface KnownTable {
  readonly snapshot: Snapshot;
  readonly source: ScanSource;
  /** What the listing of the log says from this version on; null where another came meanwhile. */
  readonly stamp: string | null;
}

/** Ends of files that are kept: a few kilobytes each. */
const MAX_FOOTERS = 512;

/** `enough` is what is looked at for an answer, see {@link scanPage} and {@link scanBuckets}. */
export function createReadingsTable(storage: LakeStorage, enough?: Enough): ReadingsTable {
  const footers = new Map<string, Promise<Footer>>();
  let known: KnownTable | null = null;

  /** Files never change, and no name is used twice. */
  function footerOf(key: string, size: number): Promise<Footer> {
    const kept = footers.get(key);
    const footer = kept ?? readFooter(storage, key, size);
    // The one that was asked for last is the last to go.
    footers.delete(key);
    footers.set(key, footer);
    footer.catch(() => footers.delete(key));
    for (const oldest of footers.keys()) {
      if (footers.size <= MAX_FOOTERS) break;
      footers.delete(oldest);
    }
    return footer;
  }

  /** Null where that version is not there, or is not the newest. */
  async function stampOf(version: number): Promise<string | null> {
    const newest = await newestCommit(storage, READINGS, version);
    return newest?.version === version ? newest.stamp : null;
  }

  async function current(): Promise<KnownTable | null> {
    if (known?.stamp != null && (await stampOf(known.snapshot.version)) === known.stamp) return known;
    const snapshot = await readSnapshot(storage, READINGS);
    if (snapshot === null) {
      known = null;
      return null;
    }
    const source: ScanSource = {
      units: unitsOf(snapshot),
      carried: new TableColumns(snapshot.metadata).carried.map(({ name }) => name),
      open: async ({ path, add }, wanted) =>
        openByFooter(storage, await footerOf(`${READINGS}${path}`, add.size), wanted),
    };
    known = { snapshot, source, stamp: await stampOf(snapshot.version) };
    return known;
  }

  async function ofNewest<T>(scan: (source: ScanSource) => Promise<T>): Promise<(T & { version: number }) | null> {
    for (let attempt = 1; ; attempt++) {
      const table = await current();
      if (table === null) return null;
      try {
        return { ...(await scan(table.source)), version: table.snapshot.version };
      } catch (error) {
        // A table that was made anew meanwhile has other files.
        if (!hasCode(error, "not_found") || attempt > 1) throw error;
        known = null;
      }
    }
  }

  return {
    async describe() {
      const table = await current();
      if (table === null) return null;
      const { metadata, committed } = table.snapshot;
      const columns = fieldsOf(READINGS, metadata.schemaString).map(({ name, type }) => ({ name, type }));
      return {
        ...(await tableSummary(storage, table.snapshot)),
        columns,
        committed: committed === 0 ? null : committed,
      };
    },

    page: (query) => ofNewest((source) => scanPage(source, query, enough)),
    buckets: (query) => ofNewest((source) => scanBuckets(source, query, enough)),
  };
}
