import { removeSame } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { TableColumns } from "./columns.ts";
import { createDayFile, type NewFile } from "./day-file.ts";
import { type EncodedFile, encodeFiles } from "./encode-files.ts";
import type { FilesEncoder } from "./encoder.ts";
import type { RowTarget } from "./read-batch.ts";
import { TableRows } from "./row-buffer.ts";

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
  #spare: TableRows | null = null;
  /** Until the buffer that was full before is free. */
  #encoding: Promise<unknown> = Promise.resolve();
  /** Until all that is encoded is written. */
  #writing: Promise<void> = Promise.resolve();

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
    if (this.#buffer.size > 0) {
      this.rows += this.#buffer.size;
      this.#write(Promise.resolve(encodeFiles(this.#buffer.columns(), this.columns.inFiles())));
    }
    await this.#writing;
    if (this.#files.length > 0) await this.#storage.flush(this.#files.map(({ object }) => object.key));
    return this.#files;
  }

  /** Removes what no commit names. What a killed run leaves is left to the vacuum. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => {});
    for (const { object } of this.#files) await removeSame(this.#storage, object);
  }

  async #handOn(): Promise<void> {
    await this.#encoding;
    const [full, columns] = [this.#buffer, this.columns.inFiles()];
    this.rows += full.size;
    if (this.#encoder === null) {
      this.#write(Promise.resolve(encodeFiles(full.columns(), columns)));
      full.clear();
      await this.#writing;
      return;
    }
    this.#buffer = this.#spare ?? new TableRows();
    this.#spare = full;
    const encoded = this.#encoder.encode(full.columns(), columns);
    this.#encoding = encoded.then(() => full.clear());
    // Told when the next buffer is handed on, or at the end.
    this.#encoding.catch(() => {});
    this.#write(encoded);
  }

  #write(encoded: Promise<readonly EncodedFile[]>): void {
    const columns = this.columns.inFiles();
    this.#writing = this.#writing.then(async () => {
      for (const one of await encoded) this.#files.push(await this.#writeFile(one, columns));
    });
    this.#writing.catch(() => {});
  }

  async #writeFile({ day, groups }: EncodedFile, columns: ReturnType<TableColumns["inFiles"]>): Promise<NewFile> {
    const file = await createDayFile(this.#storage, columns, day, this.#newId());
    try {
      for (const group of groups) await file.add(group);
      return await file.finish();
    } finally {
      await file.abort();
    }
  }
}
