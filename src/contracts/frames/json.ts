import type { Pull } from "../../pipeline/source.ts";
import type { JsonPath } from "../path.ts";
import { type END, type Frame, type MORE, NONE, OTHER, type ROW, TEXT } from "./frame.ts";
import { Documents } from "./json/documents.ts";
import { JsonLines } from "./json/lines.ts";
import { Notes } from "./json/notes.ts";
import { Paths } from "./json/paths.ts";
import { unescapeText } from "./json/texts.ts";
import { Window } from "./json/window.ts";

export interface JsonOptions {
  /** One document a line, and a line that is none is a record with a reason; else a file is refused where it is no JSON. */
  readonly lines: boolean;
  /** Where records are in a document; null where it is one itself, or a list of them. */
  readonly records: JsonPath | null;
  /** Paths of one place, or the name of the member whose records these are. */
  readonly columns: readonly (JsonPath | "member")[];
  /** Whether to tell all numbers, texts and booleans of a record by their paths. */
  readonly leaves: boolean;
  /** Of a record, in `lines` of a line; a longer one refuses its file. */
  readonly maxRecordBytes: number;
}

/**
 * Cuts JSON (RFC 8259) into records: of documents one behind the other, or of one a line. What is pulled is UTF-8 without
 * byte order mark.
 *
 * What a document says outside of its records is known wherever it stands in one of at most `maxRecordBytes`; in a longer one
 * it has to stand in front of them.
 */
export class JsonFrame implements Frame {
  cell: Buffer = Buffer.alloc(0);
  from = 0;
  to = 0;
  readonly firstLeaf: number;
  readonly lines: JsonLines;
  readonly #window: Window;
  readonly #notes: Notes;
  readonly #paths: Paths;
  readonly #documents: Documents;

  constructor(key: string, pull: Pull, { lines, records, columns, leaves, maxRecordBytes }: JsonOptions) {
    this.#window = new Window(pull);
    this.#notes = new Notes(this.#window, leaves);
    this.#paths = new Paths(records, columns);
    this.#documents = new Documents(this.#window, this.#notes, this.#paths, { key, lines, maxRecordBytes });
    this.lines = new JsonLines(this.#window, this.#paths, this.#documents, maxRecordBytes);
    this.firstLeaf = columns.length;
  }

  /** Throws `source_invalid` and `row_too_long`. */
  next(): typeof ROW | typeof MORE | typeof END {
    return this.#documents.next();
  }

  fill(): void | Promise<void> {
    this.#documents.makeRoom();
    return this.#window.pull();
  }

  get b(): Buffer {
    return this.#window.b;
  }

  get start(): number {
    return this.#window.recordStart;
  }

  get end(): number {
    return this.#window.recordEnd;
  }

  get line(): number {
    return this.#documents.record.line;
  }

  get byteOffset(): number {
    return this.#window.offset + this.#window.recordStart;
  }

  get reason(): number {
    return this.#documents.record.reason;
  }

  get isLineEndAdded(): boolean {
    return this.#documents.isLineEndAdded;
  }

  /** Bytes pulled. */
  get size(): number {
    return this.#window.size;
  }

  get leaves(): number {
    return this.#notes.leafCount;
  }

  leafName(leaf: number): string {
    return this.#notes.leaves[leaf].label();
  }

  look(column: number): number {
    const { firstLeaf } = this;
    const place = column < firstLeaf ? this.#paths.columns[column] : this.#notes.leaves[column - firstLeaf];
    if (place === null)
      return this.#paths.hasMember ? this.#tell(TEXT, this.#notes.member, this.#notes.memberLength) : NONE;
    if (place.isRoot) {
      if (place.stamp !== this.#notes.rootStamp) return NONE;
      return place.kind === NONE || place.kind === OTHER ? place.kind : this.#tell(place.kind, place.text);
    }
    if (place.stamp !== this.#notes.recordStamp || place.kind === NONE) return NONE;
    if (place.kind === OTHER) return OTHER;
    const { b, recordStart } = this.#window;
    const [from, to] = [recordStart + place.from, recordStart + place.to];
    if (place.isEscaped) return this.#tell(place.kind, unescapeText(b, from, to));
    this.cell = b;
    this.from = from;
    this.to = to;
    return place.kind;
  }

  #tell(kind: number, text: Buffer, length = text.length): number {
    this.cell = text;
    this.from = 0;
    this.to = length;
    return kind;
  }
}
