import { hash } from "node:crypto";
import { join } from "node:path";
import { checked, wholeLines } from "./lines.ts";
import { replaceFile, type SpoolFiles } from "./spool-files.ts";

/** Readings that are remembered at least; twice as many at most. */
const REMEMBERED = 50_000;
const ID_CHARACTERS = 12;
const FILE = "seen";
const SAVED = /^seen(-[\da-f]+)?$/;

/** By which a reading is told when it comes again: all that it says, as its row has it. */
export function readingId(row: string): string {
  return hash("sha1", row, "base64").slice(0, ID_CHARACTERS);
}

/** Where it is kept: beside the folders of a source's shards. */
interface SeenPlace {
  readonly files: SpoolFiles;
  readonly folder: string;
}

/** The last readings that are durable, for doors whose senders send again without saying so. */
export class SeenReadings {
  readonly #file: string;
  readonly #remembered: number;
  #young = new Set<string>();
  #old = new Set<string>();
  #saving: Promise<void> = Promise.resolve();

  /** `name` tells apart what several doors of a spool remember. */
  constructor(name = "", remembered = REMEMBERED) {
    this.#file = name === "" ? FILE : `${FILE}-${name}`;
    this.#remembered = remembered;
  }

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  /** Only once it is durable: what is known here is not taken again. */
  add(id: string): void {
    this.#young.add(id);
    if (this.#young.size < this.#remembered) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  /** Knows again what was remembered when a segment went, by whichever door of the spool. */
  async load({ files, folder }: SeenPlace): Promise<void> {
    const names = (await files.names(folder)).filter((name) => SAVED.test(name));
    for (const name of names.sort()) {
      const bytes = await files.read(join(folder, name));
      const [ids] = bytes === null ? [] : (wholeLines(bytes).values as readonly (readonly string[])[]);
      for (const id of ids ?? []) this.add(id);
    }
  }

  /** Keeps what is remembered, before a segment goes that could tell it. */
  save(place: SeenPlace): Promise<void> {
    const saved = this.#saving.then(() => this.#write(place));
    this.#saving = saved.catch(() => {});
    return saved;
  }

  #write({ files, folder }: SeenPlace): Promise<void> {
    return replaceFile(
      files,
      join(folder, this.#file),
      Buffer.from(checked(JSON.stringify([...this.#old, ...this.#young]))),
    );
  }
}
