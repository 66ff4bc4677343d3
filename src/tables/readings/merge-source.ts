import { hasCode, messageOf } from "../../errors.ts";
import type { Add } from "../delta/actions.ts";
import type { TableColumn } from "../parquet/columns.ts";
import type { ParquetFile } from "../parquet/read.ts";
import { FIXED } from "./columns.ts";

/** A file that cannot be merged with others, for another program has written what no file of this table could hold: it stays as it is. */
export class Unmergeable extends Error {
  readonly path: string;

  constructor(path: string, why: string) {
    super(`"${path}" stays as it is: ${why}`);
    this.path = path;
  }
}

/** A row group of a source in memory. It stays what it is when its source has gone on to the next. */
export interface Group {
  readonly size: number;
  /** By the columns of the table; null where the file does not have it. */
  readonly columns: readonly (ArrayLike<unknown> | null)[];
  readonly devices: ArrayLike<string>;
  /** Microseconds; beyond 2^53 off by less than the millisecond that rows differ by. */
  readonly times: Float64Array;
  readonly nanos: ArrayLike<number>;
}

/** Bytes that a value takes in memory, whatever its column is; texts come on top. */
const VALUE_BYTES = 8;

/** The rows of a file in their order, of which one row group is in memory. */
export class MergeSource {
  /** The next row, in {@link group}. */
  at = 0;
  readonly add: Add;
  readonly #path: string;
  readonly #file: ParquetFile;
  readonly #columns: readonly TableColumn[];
  #next = 0;
  #group: Group | undefined;

  /** `path` is for what is said of it. Throws {@link Unmergeable}. */
  constructor(path: string, add: Add, file: ParquetFile, columns: readonly TableColumn[]) {
    this.add = add;
    this.#path = path;
    this.#file = file;
    this.#columns = columns;
    const strange = file.columns.find((name) => columns.every((column) => column.name !== name));
    if (strange !== undefined) throw new Unmergeable(path, `it has the column "${strange}" of another program`);
    const missing = FIXED.find(({ name }) => !file.columns.includes(name));
    if (missing !== undefined) throw new Unmergeable(path, `it has no column "${missing.name}"`);
  }

  get rows(): number {
    return this.#file.rows;
  }

  /** Bytes that the largest row group takes in memory, about: texts as they are in the file and as strings. */
  get bytes(): number {
    const of = ({ start, end, bytes }: ParquetFile["groups"][number]) =>
      (end - start) * VALUE_BYTES * (this.#columns.length + 1) + 3 * bytes;
    return Math.max(0, ...this.#file.groups.map(of));
  }

  get group(): Group {
    if (this.#group === undefined) throw new Error("a source is loaded first");
    return this.#group;
  }

  /** Goes to the next row group; false at the end. */
  async load(): Promise<boolean> {
    this.at = 0;
    for (;;) {
      const { [this.#next++]: group } = this.#file.groups;
      if (group === undefined) return false;
      if (group.end > group.start) {
        this.#group = await this.#read(group);
        return true;
      }
    }
  }

  async #read(group: ParquetFile["groups"][number]): Promise<Group> {
    const columns: (ArrayLike<unknown> | null)[] = [];
    for (const [i, { name }] of this.#columns.entries()) {
      const values = this.#file.columns.includes(name) ? await this.#values(name, group) : null;
      if (values !== null && i < FIXED.length) this.#check(name, values);
      columns.push(values);
    }
    const of = <T>(name: (typeof FIXED)[number]["name"]) =>
      columns[FIXED.findIndex((column) => column.name === name)] as ArrayLike<T>;
    const micros = of<bigint>("timestamp");
    const times = new Float64Array(group.end - group.start);
    for (let i = 0; i < times.length; i++) times[i] = Number(micros[i]);
    return { size: times.length, columns, devices: of("device_id"), times, nanos: of("nanos") };
  }

  async #values(name: string, group: ParquetFile["groups"][number]): Promise<ArrayLike<unknown>> {
    try {
      return await this.#file.read(name, group);
    } catch (error) {
      // Compressed by another program as it is not read here: whoever reads the table may know it.
      if (hasCode(error, "table_unsupported")) throw new Unmergeable(this.#path, messageOf(error));
      throw error;
    }
  }

  /** A typed array has no null in it. */
  #check(name: string, values: ArrayLike<unknown>): void {
    const isWhole = values instanceof BigInt64Array || values instanceof Int32Array;
    for (let i = 0; !isWhole && i < values.length; i++) {
      const { [i]: value } = values;
      if (value === null || value === undefined || Number.isNaN(value))
        throw new Unmergeable(this.#path, `it has a row without ${name}`);
    }
  }
}
