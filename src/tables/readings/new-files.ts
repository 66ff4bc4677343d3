import { removeSame } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { createDayFile, type NewFile } from "../days/day-file.ts";
import type { TableColumn } from "../parquet/columns.ts";
import type { TableColumns } from "./columns.ts";
import { type EncodedFile, encodeFiles } from "./encode-files.ts";
import type { FilesEncoder } from "./encoder.ts";
import { READINGS } from "./layout.ts";
import type { RowTarget } from "./read-batch.ts";
import { TableRows } from "./row-buffer.ts";

/** Buffers that the thread has before it, so that it need not wait for the next. What is more is encoded here: nobody waits for the other. */
const AHEAD = 2;

/** The files that one attempt writes: a buffer, which becomes files whenever it is full, while another is filled. */
export class NewFiles implements RowTarget {
  readonly columns: TableColumns;
  /** Rows that are on their way into files, or in them. */
  rows = 0;
  readonly #files: NewFile[] = [];
  readonly #storage: LakeStorage;
  readonly #newId: () => string;
  readonly #encoder: FilesEncoder | null;
  #buffer = new TableRows();
  readonly #spares: TableRows[] = [];
  /** What the thread has done or is to do, until it is written. */
  readonly #sent: Promise<void>[] = [];
  #ahead = 0;

  /** Without an encoder all is done by turns. */
  constructor(storage: LakeStorage, columns: TableColumns, newId: () => string, encoder: FilesEncoder | null = null) {
    this.#storage = storage;
    this.columns = columns;
    this.#newId = newId;
    this.#encoder = encoder;
  }

  readonly buffer = (): TableRows => this.#buffer;

  readonly drain = (): void | Promise<void> => {
    if (this.#buffer.isFull) return this.#handOn();
  };

  /** Writes what is left, which is encoded here while the thread is at what was before, and makes all of it durable. */
  async finish(): Promise<readonly NewFile[]> {
    if (this.#buffer.size > 0) await this.#encodeHere();
    await Promise.all(this.#sent);
    if (this.#files.length > 0) await this.#storage.flush(this.#files.map(({ object }) => object.key));
    return this.#files;
  }

  /** Removes what no commit names. What a killed run leaves is left to the vacuum. */
  async discard(): Promise<void> {
    await Promise.allSettled(this.#sent);
    for (const { object } of this.#files) await removeSame(this.#storage, object);
  }

  async #handOn(): Promise<void> {
    // The thread may have said meanwhile that it is through.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#encoder === null || this.#ahead === AHEAD) return this.#encodeHere();
    const sent = this.#send(this.#encoder, this.#buffer);
    // Told at the end.
    sent.catch(() => {});
    this.#sent.push(sent);
    this.#buffer = this.#spares.pop() ?? new TableRows(this.#buffer.capacity);
  }

  async #encodeHere(): Promise<void> {
    const [full, columns] = [this.#buffer, this.columns.inFiles()];
    this.rows += full.size;
    const files = encodeFiles(full.columns(), columns);
    full.clear();
    await this.#write(files, columns);
  }

  async #send(encoder: FilesEncoder, full: TableRows): Promise<void> {
    const columns = this.columns.inFiles();
    this.rows += full.size;
    this.#ahead++;
    const files = await encoder.encode(full.columns(), columns);
    this.#ahead--;
    full.clear();
    this.#spares.push(full);
    await this.#write(files, columns);
  }

  async #write(files: readonly EncodedFile[], columns: readonly TableColumn[]): Promise<void> {
    for (const { day, groups } of files) {
      const file = await createDayFile(this.#storage, { table: READINGS, columns, day, id: this.#newId() });
      try {
        for (const group of groups) await file.add(group);
        this.#files.push(await file.finish());
      } finally {
        await file.abort();
      }
    }
  }
}
