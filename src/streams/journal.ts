import { randomBytes } from "node:crypto";
import { basename, join } from "node:path";
import { messageOf, VantageflowError } from "../errors.ts";
import { isCode } from "../storage/local/errors.ts";
import { type FlushLimits, isDue } from "./flush.ts";
import type { RowForm } from "./form.ts";
import type { KeyedAnswer } from "./keys.ts";
import { segmentEntry } from "./segment.ts";
import type { SpoolFile, SpoolFiles } from "./spool-files.ts";

/** A segment to which nothing comes any more. */
export interface FullSegment {
  readonly path: string;
  readonly records: number;
  /** What it counts for among what is not in bronze yet. */
  readonly bytes: number;
  /** When it was begun, by the clock of the journal. */
  readonly since: number;
}

export interface JournalOptions {
  readonly files: SpoolFiles;
  /** The folder of the shard. */
  readonly folder: string;
  /** Of its rows. */
  readonly form: RowForm;
  readonly limits: FlushLimits;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  readonly onFull: (segment: FullSegment) => void;
  /** It has ended for good: a disk that could not make durable what it had taken, or another has taken over. */
  readonly onEnd: (error: VantageflowError) => void;
}

/** Rows of a request, and what they count for among what is not in bronze yet. */
export interface RequestRows {
  readonly texts: readonly string[];
  readonly bytes: number;
}

interface Waiting {
  readonly rows: RequestRows;
  readonly keyed: KeyedAnswer | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Segment {
  readonly path: string;
  readonly file: SpoolFile;
  readonly since: number;
  size: number;
  bytes: number;
  records: number;
}

/** Bytes that are written before they are made durable; what comes meanwhile is the next group. */
const GROUP_BYTES = 1024 * 1024;
/** What a request has beside its rows, about, and what a row gets beside its text. */
const [ENTRY_BYTES, ROW_BYTES] = [96, 8];

/**
 * The segments of one shard that this process writes, one after the other: requests that come while one group is made durable are the
 * next group, and share its fsync.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #queue: Waiting[] = [];
  #segment: Segment | null = null;
  #next = 1;
  #work: Promise<void> | null = null;
  #isCutAsked = false;
  #end: VantageflowError | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** `besides` are bytes of what is kept with the rows. */
  static rowsOf(texts: readonly string[], besides: number): RequestRows {
    return { texts, bytes: texts.reduce((sum, { length }) => sum + length + ROW_BYTES, ENTRY_BYTES + besides) };
  }

  /** When the segment that is being written was begun; null where none is. */
  get since(): number | null {
    return this.#segment?.since ?? null;
  }

  /** Settles when the rows are durable. Throws `storage_failed`: then they may have been kept all the same, once. */
  append(rows: RequestRows, keyed: KeyedAnswer | null): Promise<void> {
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#queue.push({ rows, keyed, resolve, reject });
      this.#start();
    });
  }

  /** Ends the segment where it is due, or in any case. Settles when all before is durable. */
  async cut(always: boolean): Promise<void> {
    const { clock, limits } = this.#options;
    if (!always && (this.#segment === null || !isDue(this.#segment, clock(), limits))) return;
    this.#isCutAsked = true;
    this.#start();
    await this.#work;
  }

  /** Takes no more, of which those who wait are told. */
  end(error: VantageflowError): void {
    if (this.#end !== null) return;
    this.#end = error;
    for (const { reject } of this.#queue.splice(0)) reject(error);
    this.#options.onEnd(error);
  }

  #start(): void {
    this.#work ??= this.#run().finally(() => {
      this.#work = null;
      // What came in the same turn.
      if (this.#end === null && (this.#queue.length > 0 || this.#isCutAsked)) this.#start();
    });
  }

  async #run(): Promise<void> {
    // Whatever else comes in this turn of the event loop goes along.
    await new Promise((go) => setImmediate(go));
    while (this.#end === null && (this.#queue.length > 0 || this.#isCutAsked)) {
      const group = this.#takeGroup();
      if (group.length > 0) await this.#write(group);
      const { clock, limits } = this.#options;
      const segment = this.#segment;
      if (segment !== null && (this.#isCutAsked || isDue(segment, clock(), limits))) await this.#finish(segment);
      if (this.#queue.length === 0) this.#isCutAsked = false;
    }
    if (this.#end !== null) await this.#segment?.file.close().catch(() => {});
  }

  #takeGroup(): Waiting[] {
    let [count, bytes] = [0, 0];
    while (count < this.#queue.length && bytes < GROUP_BYTES) bytes += this.#queue[count++].rows.bytes;
    return this.#queue.splice(0, count);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const fail = (error: unknown) => {
      for (const { reject } of group) reject(error);
    };
    try {
      this.#segment ??= await this.#open();
    } catch (error) {
      if (!isCode(error, "ENOENT")) return fail(spoolFailed(error));
      this.end(takenAway());
      return fail(takenAway());
    }
    const segment = this.#segment;
    let [bytes, next] = [Buffer.alloc(0), this.#next];
    try {
      const { form } = this.#options;
      const salt = saltOf(segment.path);
      // Rows may be more than a text can hold.
      const entries = group.map(({ rows, keyed }) => {
        const first = next;
        next += rows.texts.length;
        return segmentEntry(salt, first, rows.texts, keyed, form);
      });
      bytes = Buffer.concat(entries);
      await segment.file.append(bytes);
    } catch (error) {
      // Half a line must not stand in front of the next.
      await segment.file.cut(segment.size).catch((cause) => this.end(spoolFailed(cause)));
      return fail(spoolFailed(error));
    }
    try {
      await segment.file.sync();
      if (!(await segment.file.isThere())) throw takenAway();
    } catch (error) {
      // Never tried again: what was written may be gone, and the next attempt would say that all is well.
      const failed = error instanceof VantageflowError ? error : spoolFailed(error);
      this.end(failed);
      return fail(failed);
    }
    segment.size += bytes.length;
    this.#next = next;
    for (const { rows, resolve } of group) {
      segment.records += rows.texts.length;
      segment.bytes += rows.bytes;
      resolve();
    }
  }

  async #open(): Promise<Segment> {
    const { files, folder, clock } = this.#options;
    const path = join(folder, segmentName(this.#next));
    return { path, file: await files.create(path), since: clock(), size: 0, bytes: 0, records: 0 };
  }

  async #finish(segment: Segment): Promise<void> {
    this.#segment = null;
    await segment.file.close().catch(() => {});
    if (segment.records > 0) this.#options.onFull(segment);
    else await this.#options.files.remove(segment.path).catch(() => {});
  }
}

const SEGMENT = /^(\d+)-([\da-f]{16})\.segment$/;

/** Named by its first number, and by a salt that nobody who sends readings knows. */
function segmentName(first: number): string {
  return `${first}-${randomBytes(8).toString("hex")}.segment`;
}

/** The salt of a segment, see `segment.ts`. */
export function saltOf(path: string): string {
  return SEGMENT.exec(basename(path))?.[2] ?? "";
}

/** The segments in a folder, in the order of their records. */
export async function segmentsIn(files: SpoolFiles, folder: string): Promise<readonly string[]> {
  const names = (await files.names(folder)).filter((name) => SEGMENT.test(name));
  return names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).map((name) => join(folder, name));
}

function spoolFailed(error: unknown): VantageflowError {
  const why = `${messageOf(error)}. Readings that were acknowledged are kept: start vantageflow listen again when that is mended`;
  return new VantageflowError("storage_failed", `Cannot keep readings in the spool: ${why}.`, { cause: error });
}

/** Of a process that somebody took for dead: whatever it has acknowledged, the other one brings into bronze. */
export function takenAway(): VantageflowError {
  const why = "another process has taken over what this one had kept, and brings it into bronze. Start it again";
  return new VantageflowError("storage_failed", `Cannot go on listening: ${why}.`);
}
