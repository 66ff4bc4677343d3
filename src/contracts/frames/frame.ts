/** What {@link Frame.next} found: a record; nothing whole, more bytes are needed; the end. */
export const ROW = 0;
export const MORE = 1;
export const END = 2;

/** What {@link Frame.look} found: no cell, or one that says itself that it has no value, as JSON's null does. */
export const NONE = 0;
/** A text, which is a decimal where a value is asked for. */
export const TEXT = 1;
/** A boolean, or a text of a format that tells texts from numbers: a value only where the contract says which. */
export const WORD = 2;
/** No single value: an object, a list. */
export const OTHER = 3;

/** Whether what a look found has a text. */
export function isText(kind: number): boolean {
  return kind === TEXT || kind === WORD;
}

/**
 * Cuts the bytes of a source into records, one at a time, in constant memory, and tells the cells of each by column: which
 * columns there are, whoever makes the frame knows. The same bytes give the same records in whatever pieces they come.
 */
export interface Frame {
  /** Goes to the next record: {@link ROW}, {@link MORE} where {@link fill} has to be called first, or {@link END}. Throws what the file is refused with. */
  next(): typeof ROW | typeof MORE | typeof END;
  /** Pulls more bytes in; what was kept of records before (`b[start..end)`) stays as it is. */
  fill(): void | Promise<void>;
  /** The record's own bytes: `b[start..end)`, without line end. */
  readonly b: Buffer;
  readonly start: number;
  readonly end: number;
  /** Its first physical line, 1-based, and the offset of its first byte in the text that is pulled. */
  readonly line: number;
  readonly byteOffset: number;
  /** Why the record is no reading at all, see `rejects.ts`; 0 where it may be one. */
  readonly reason: number;
  /** Looks at a cell and says what it is; where it is a {@link TEXT} or {@link WORD}, its text is `cell[from..to)` until the next look, without quotes and escapes. */
  look(column: number): number;
  readonly cell: Buffer;
  readonly from: number;
  readonly to: number;
  /**
   * Where a record has cells by names of its own, as for measures by a pattern: how many there are, the name of each, and
   * the column from which on they are told. Frames without such cells have none.
   */
  readonly leaves: number;
  leafName(leaf: number): string;
  readonly firstLeaf: number;
  /** The last record had no line end. */
  readonly isLineEndAdded: boolean;
}
