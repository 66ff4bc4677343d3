import { removeSame } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { RowGroupValues } from "../parquet/encode.ts";
import { ENCODED_HERE, type RowGroupEncoder } from "../parquet/encoder.ts";
import type { TableColumns } from "./columns.ts";
import { type Gathered, gatherFiles, type NewFile, writeFile } from "./files.ts";
import { PlacedRows } from "./gather.ts";
import type { RowTarget } from "./read-batch.ts";
import { TableRows } from "./row-buffer.ts";

/** The files that one attempt writes: a buffer, which becomes files whenever it is full, while it is filled again. */
export class NewFiles implements RowTarget {
  readonly columns: TableColumns;
  /** Rows that are on their way into files, or in them. */
  rows = 0;
  readonly #files: NewFile[] = [];
  readonly #buffer = new TableRows();
  readonly #placed = new PlacedRows();
  readonly #storage: LakeStorage;
  readonly #newId: () => string;
  readonly #encoder: RowGroupEncoder;
  /** What is being written: one buffer at most. */
  #writing: Promise<void> = Promise.resolve();

  constructor(storage: LakeStorage, columns: TableColumns, newId: () => string, encoder = ENCODED_HERE) {
    this.#storage = storage;
    this.columns = columns;
    this.#newId = newId;
    this.#encoder = encoder;
  }

  readonly buffer = (): TableRows => this.#buffer;

  readonly drain = (): void | Promise<void> => {
    if (this.#buffer.isFull) return this.#handOn(false);
  };

  /** Writes what is left and makes all of it durable. */
  async finish(): Promise<readonly NewFile[]> {
    await this.#handOn(true);
    await this.#writing;
    if (this.#files.length > 0) await this.#storage.flush(this.#files.map(({ object }) => object.key));
    return this.#files;
  }

  /** Removes what no commit names. What a killed run leaves is left to the vacuum. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => {});
    for (const { object } of this.#files) await removeSame(this.#storage, object);
  }

  /** Gathers the buffer, which is free again then, and has it written; `isLast`: no other comes. */
  async #handOn(isLast: boolean): Promise<void> {
    await this.#writing;
    if (this.#buffer.size === 0) return;
    this.rows += this.#buffer.size;
    const encode = (group: RowGroupValues) => this.#encoder.encode(group, isLast);
    const gathered = gatherFiles(this.#buffer, this.#placed, this.columns, encode);
    this.#buffer.clear();
    this.#writing = this.#write(gathered);
    // Told when the next buffer is handed on, or at the end.
    this.#writing.catch(() => {});
  }

  async #write(gathered: readonly Gathered[]): Promise<void> {
    for (const one of gathered) this.#files.push(await writeFile(this.#storage, one, this.#newId()));
  }
}
