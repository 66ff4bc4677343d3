/** A shard of a stream. */
export interface ShardInfo {
  readonly id: string;
  /** The shards that it was split or merged from, whose records come before its own. */
  readonly parents: readonly string[];
  /** Every number of its records is behind this one. */
  readonly first: string;
}

/** A record as the stream has it. */
export interface SourceRecord {
  readonly sequence: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly arrived: number;
}

/** What comes next of a shard. */
export interface Fetched {
  readonly records: readonly SourceRecord[];
  /** The shard is closed, and these were its last. */
  readonly isEnd: boolean;
  /** It ends since the stream has it no more, and whatever of it was not read: all its records are older than it keeps them. */
  readonly isGone?: boolean;
}

/** Reads a shard in order. What was given is not given again; after an error it goes on where it was. */
export interface ShardReader {
  next(): Promise<Fetched>;
}

/** A stream whose shards are read; what a mapping asks of Kinesis. */
export interface StreamSource {
  readonly arn: string;
  /** Those that still have records, closed ones too. */
  shards(): Promise<readonly ShardInfo[]>;
  /** From behind a number, or from the oldest that there is. */
  read(shard: string, behind: string | null): ShardReader;
}
