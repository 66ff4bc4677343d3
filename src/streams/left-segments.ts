import { join } from "node:path";
import { saltOf, segmentsIn } from "./journal.ts";
import { readSegment } from "./segment.ts";
import { abandonedShards, type ShardFolder } from "./spool.ts";
import type { SpoolFiles } from "./spool-files.ts";

/** What processes that are gone have acknowledged, and nobody has brought into bronze. */
export interface LeftReadings {
  readonly readings: number;
  readonly bytes: number;
  /** When the first of them was written last, milliseconds since the epoch; null where there are none. */
  readonly since: number | null;
}

interface LeftSegment extends LeftReadings {
  readonly since: number;
}

/** Counts what such processes have left in their segments, each of which is read once: nothing comes to it any more. */
export class LeftSegments {
  readonly #files: SpoolFiles;
  #known = new Map<string, LeftSegment>();

  constructor(files: SpoolFiles) {
    this.#files = files;
  }

  /** Looks at what is in the folders now. */
  async look(folders: readonly ShardFolder[]): Promise<LeftReadings> {
    const found = new Map<string, LeftSegment>();
    for (const { path: folder } of folders) {
      for (const path of await segmentsIn(this.#files, folder)) {
        const segment = this.#known.get(path) ?? (await this.#read(path));
        if (segment !== null) found.set(path, segment);
      }
    }
    this.#known = found;
    return this.sum();
  }

  /** A segment has come into bronze. */
  forget(path: string): void {
    this.#known.delete(path);
  }

  sum(): LeftReadings {
    let [readings, bytes, since] = [0, 0, Number.POSITIVE_INFINITY];
    for (const one of this.#known.values()) {
      readings += one.readings;
      bytes += one.bytes;
      since = Math.min(since, one.since);
    }
    return { readings, bytes, since: since === Number.POSITIVE_INFINITY ? null : since };
  }

  async #read(path: string): Promise<LeftSegment | null> {
    const [content, since] = [await this.#files.read(path), await this.#files.touched(path)];
    if (content === null || since === null) return null;
    const { entries } = readSegment(content, saltOf(path));
    if (entries.length === 0) return null;
    const [readings, bytes] = [sumOf(entries, ({ count }) => count), sumOf(entries, ({ rows }) => rows.length)];
    return { readings, bytes, since };
  }
}

function sumOf<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}

/** The same of a source of a spool, in which nobody listens that would bring it into bronze. */
export interface LeftBehind extends LeftReadings {
  readonly source: string;
}

/** What is left in a spool, by source: asked again, it reads only what is new. `folder` has those of the sources. */
export function watchSpool(files: SpoolFiles, folder: string): (now: number) => Promise<readonly LeftBehind[]> {
  const bySource = new Map<string, LeftSegments>();
  return async (now) => {
    const all: LeftBehind[] = [];
    for (const source of (await files.names(folder)).toSorted()) {
      const segments = bySource.get(source) ?? new LeftSegments(files);
      bySource.set(source, segments);
      const left = await segments.look(await abandonedShards({ files, folder: join(folder, source) }, now));
      if (left.readings > 0) all.push({ source, ...left });
    }
    return all;
  };
}
