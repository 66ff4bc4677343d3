import { removeSame } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { TableColumns } from "./columns.ts";
import { type NewFile, writeFiles } from "./files.ts";
import type { RowTarget } from "./read-batch.ts";
import { TableRows } from "./row-buffer.ts";

/** The files that one attempt writes: a buffer, which becomes files whenever it is full. */
export class NewFiles implements RowTarget {
  readonly columns: TableColumns;
  readonly files: NewFile[] = [];
  #buffer = new TableRows();
  readonly #storage: LakeStorage;
  readonly #newId: () => string;

  constructor(storage: LakeStorage, columns: TableColumns, newId: () => string) {
    this.#storage = storage;
    this.columns = columns;
    this.#newId = newId;
  }

  readonly buffer = (): TableRows => this.#buffer;

  readonly drain = (): void | Promise<void> => {
    if (this.#buffer.isFull) return this.#write();
  };

  /** Writes what is left and makes all of it durable. */
  async finish(): Promise<readonly NewFile[]> {
    await this.#write();
    if (this.files.length > 0) await this.#storage.flush(this.files.map(({ object }) => object.key));
    return this.files;
  }

  /** Removes what no commit names. What a killed run leaves is left to the vacuum. */
  async discard(): Promise<void> {
    for (const { object } of this.files) await removeSame(this.#storage, object);
  }

  async #write(): Promise<void> {
    const full = this.#buffer;
    if (full.size === 0) return;
    this.#buffer = new TableRows();
    for (const file of await writeFiles(this.#storage, full, this.columns, this.#newId)) this.files.push(file);
  }
}
