import type { Arena } from "../pipeline/arena.ts";
import type { Origin, RowSource, SourceRemarks } from "../pipeline/source.ts";
import { END, type Frame, MORE, ROW } from "./frames/frame.ts";
import { MadeRows } from "./made-rows.ts";

/** Records are held for as long as somebody may ask where a row came from: no more of the source than this at once. */
export const MAX_SOURCE_BYTES = 4 * 1024 * 1024;

/** What makes rows of the records of a frame. */
export interface Maker {
  /** The header of what is made: called once, with the first record or at the end. Throws what the file is refused with. */
  begin(): void;
  /** Makes what is in the record that the frame stands at. */
  make(): void;
}

export interface ContractRowsOptions {
  readonly key: string;
  readonly frame: Frame;
  readonly arena: Arena;
  readonly maker: (made: MadeRows) => Maker;
  /** Measures of which somebody asks which rows are theirs, each once. */
  readonly askedMeasures: readonly string[];
  /** Where a character of the text that the frame reads stands in the object; offsets do not go down. */
  readonly sourceOffset: (textOffset: number) => number;
  /** Bytes of the object so far, and their SHA-256 at the end. */
  readonly size: () => number;
  readonly digest: () => string;
  readonly close: () => void;
}

/** The source of rows of a contract: brings what its maker makes into the arena. */
export class ContractRows implements RowSource {
  limit = 0;
  base = 0;
  ended = false;
  readonly #options: ContractRowsOptions;
  readonly #made: MadeRows;
  readonly #maker: Maker;
  #hasBegun = false;
  #heldFrom = 0;

  constructor(options: ContractRowsOptions) {
    this.#options = options;
    this.#made = new MadeRows(options.key);
    if (options.askedMeasures.length > 0) this.#made.askMeasures(options.askedMeasures);
    this.#maker = options.maker(this.#made);
  }

  get size(): number {
    return this.#options.size();
  }

  get absent(): number {
    return this.#made.absent;
  }

  get records(): number {
    return this.#made.records;
  }

  get remarks(): SourceRemarks {
    return this.#made.remarks();
  }

  get isLineEndAdded(): boolean {
    return this.#made.isUnterminated(this.#options.frame);
  }

  get lastRowStart(): number {
    return this.#made.lastStart;
  }

  fill(): void | Promise<void> {
    const { arena } = this.#options;
    const { origins } = this.#made;
    origins.release(this.base + arena.start);
    // What is no longer asked for need not be held for the way back to the object's own offsets.
    if (origins.oldest !== null) this.#options.sourceOffset(origins.oldest);
    arena.carry();
    this.#heldFrom = this.#options.frame.byteOffset;
    return this.#go();
  }

  /** Makes rows until the arena is full, enough of the source is held, or nothing follows; goes on later where the store lets it wait. */
  #go(): void | Promise<void> {
    const { arena, frame } = this.#options;
    const { rows } = this.#made;
    let state: ReturnType<Frame["next"]> = MORE;
    const room = arena.inputEnd - arena.end;
    while (state !== END && rows.length < room && frame.byteOffset - this.#heldFrom < MAX_SOURCE_BYTES) {
      state = frame.next();
      if (state === ROW) {
        if (!this.#hasBegun) this.#begin();
        this.#maker.make();
      } else if (state === MORE) {
        const filled = frame.fill();
        if (filled !== undefined) return filled.then(() => this.#go());
      }
    }
    if (state === END && !this.#hasBegun) this.#begin();
    const made = this.#made;
    made.moved += rows.moveTo(arena);
    this.base = made.moved - arena.end;
    this.limit = arena.end;
    this.ended = state === END && rows.length === 0;
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#maker.begin();
  }

  check(): void {}

  originOf(reason: number, line: number): Origin {
    const origin = this.#made.origins.of(reason, line);
    return { ...origin, byteOffset: this.#options.sourceOffset(origin.byteOffset) };
  }

  measureAt(line: number): number {
    return this.#made.measureAt(line);
  }

  measureName(measure: number): string {
    return this.#options.askedMeasures[measure];
  }

  digest(): string {
    return this.#options.digest();
  }

  close(): void {
    this.#options.close();
  }
}
