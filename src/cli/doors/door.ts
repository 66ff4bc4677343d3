import type { VantageflowError } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { DoorLook } from "../../streams/door-state.ts";
import type { Flushed } from "../../streams/drain.ts";
import type { FlushLimits } from "../../streams/flush.ts";
import type { RowForm } from "../../streams/form.ts";
import type { FlagsOf } from "../command.ts";
import type { command } from "../commands/listen.command.ts";
import type { Io } from "../io.ts";

export type ListenFlags = FlagsOf<typeof command>;

/** A contract for which doors bring in what they get as it comes. */
export interface DoorContract {
  readonly name: string;
  /** Of the stream, in bronze and in the spool. */
  readonly source: string;
  readonly form: RowForm;
  /** Whether a message that is this document says itself when it was. */
  readonly isTimed: (document: unknown) => boolean;
}

/** What every door of `vantageflow listen` is opened with. */
export interface DoorContext {
  readonly io: Io;
  readonly flags: ListenFlags;
  /** The lake as it was named, and its storage. */
  readonly lake: string;
  readonly storage: LakeStorage;
  /** The folder in which each source has the folders of its shards. */
  readonly spool: string;
  readonly limits: FlushLimits;
  /** Contracts of the lake that are to read what comes in. */
  readonly contracts: readonly DoorContract[];
  /** The longest row that a batch may have. */
  readonly maxRowBytes: number;
  readonly onFlushed: (flushed: DoorFlushed) => void;
  /** What did not work, and is tried again. */
  readonly onTrouble: (error: unknown) => void;
  /** What is new of a door: a line of `--json`, and the same for people. */
  readonly onChange: (line: { readonly type: string; readonly [field: string]: unknown }, text: string) => void;
}

/** What came into bronze; of a stream also how old the last of its records was then, Lambda's metric IteratorAge, milliseconds. */
export interface DoorFlushed extends Flushed {
  readonly iteratorAgeMs?: number;
}

/** A door that is open. */
export interface OpenDoor {
  /** What the line `listening` of `--json` says of it: its name as `door`, and where it is. */
  readonly listening: { readonly door: string; readonly [field: string]: unknown };
  /** The same for people: `POST http://127.0.0.1:4280/v1/readings`. */
  readonly place: string;
  /** The folders of the spool in which what it has taken waits. */
  readonly spools: readonly string[];
  /** Settles with the error by which it has ended for good; never where it was closed. */
  readonly ended: Promise<VantageflowError>;
  /** What comes through it now. */
  readonly look: () => DoorLook;
  /** Takes no more, and waits for what is being answered. */
  readonly stop: () => Promise<void>;
  /** Brings into bronze what there is, and says how many readings could not be: they stay in the spool. */
  readonly close: () => Promise<number>;
}

/** Opens a door where its flag is given. */
export type DoorOpener = (context: DoorContext) => Promise<OpenDoor | null>;
