/**
 * The LakeStorage port: what the stages need of a store of objects. Small and total, so that
 * a directory, a bucket and a Map are interchangeable; one conformance suite holds all of them to it.
 *
 * Keys are S3 keys: UTF-8, `/` between segments, no leading slash. See `keys.ts` for what is refused.
 */

/** What a listing shows of an object. */
export interface ObjectInfo {
  readonly key: string;
  /**
   * The version token: changes whenever the object's bytes do, means nothing else. Safe in a key segment
   * (`[A-Za-z0-9_-]+`). S3: the ETag, so the same content written again may keep its token; local: a hash of inode,
   * size, mtime and ctime.
   */
  readonly token: string;
  /** Bytes. */
  readonly size: number;
  /**
   * When it was put there, milliseconds since the epoch: S3's LastModified, locally the later of mtime and ctime (`cp -p`
   * and `mv` keep an old mtime). Of an object just committed a bucket tells it in the next head or listing only: until
   * then it is this machine's time.
   */
  readonly modified: number;
}

/** Which source version an output was made from. */
export interface Lineage {
  readonly sourceKey: string;
  readonly sourceToken: string;
  /** What else its bytes depend on: the version of the code and the threshold. */
  readonly variant: string;
}

/** What a stage recorded with an output it wrote. Void (null) once anybody else has replaced the object. */
export interface ObjectMetadata extends Lineage {
  /** SHA-256 of the object's own bytes, lower-case hex; empty where the writer gave none. */
  readonly sha256: string;
}

export interface ObjectHead extends ObjectInfo {
  readonly metadata: ObjectMetadata | null;
}

/** An open object. Bytes come from the version that `head` describes, as far as the store can promise it. */
export interface ObjectReader {
  readonly head: ObjectHead;
  /** Of a directory, the modification time of its file, milliseconds since the epoch; see {@link CommitOptions}. */
  readonly dated?: number;
  /** The store keeps that promise whatever becomes of the object; not so a directory, of which others write files in place. */
  readonly isPinned?: true;
  /**
   * Fills the start of `into` and returns how many bytes were written there: at least 1, or 0 at the end.
   * Synchronous where the store can (a directory), a promise where it cannot (a bucket): the hot path only awaits a promise.
   */
  pull(into: Uint8Array): number | Promise<number>;
  /** Releases the handle or socket. Harmless when called twice. */
  close(): Promise<void>;
}

export interface CommitOptions {
  /**
   * Compare-and-swap on the object that is to be replaced: its token, or null when there must be none.
   * Absent: replace whatever is there. When it does not hold, commit throws `conflict` and leaves nothing behind.
   */
  readonly ifToken?: string | null;
  /** Visible is enough: `LakeStorage.flush` of the key makes it durable, with others. */
  readonly deferred?: boolean;
  /** SHA-256 of all bytes written, lower-case hex; kept with the lineage. */
  readonly sha256?: string;
  /**
   * When it says it was made, milliseconds since the epoch: a directory gives its file this modification time, for programs that go
   * by it. `ObjectInfo.modified` stays what it is, and a bucket knows no such thing.
   */
  readonly dated?: number | undefined;
  /** What the object was made from: of a writer that was created as `derived`, and of no other. */
  readonly lineage?: Lineage;
}

/** What is known of an object before its first byte. */
interface CreateOptions {
  readonly derived?: boolean;
  /** About as many bytes as will be written, where that is known: a store may do otherwise with much than with little. */
  readonly size?: number | undefined;
}

/** An object being written. Nobody sees a byte of it before `commit` returns. */
export interface ObjectWriter {
  /** The chunk may be reused by the caller once this returned (or its promise resolved). */
  write(chunk: Uint8Array): void | Promise<void>;
  /**
   * SHA-256 of all that was written, lower-case hex, where the store computes it: whoever writes need not. Asked after
   * {@link settle} or {@link commit}.
   */
  digest?(): Promise<string>;
  /** Makes durable what was written, where the store can before it is visible: `commit` does it otherwise. */
  settle(): Promise<void>;
  /** Makes the object durable and visible in one step. Throws `conflict`, see {@link CommitOptions}. */
  commit(options?: CommitOptions): Promise<ObjectInfo>;
  /** Throws away what was written. Harmless after commit or when called twice. */
  abort(): Promise<void>;
}

/**
 * A piece of an object, in bytes from 0: what `bytes.subarray(start, end)` of its bytes is, so that whatever lies beyond
 * the end is left out. An empty piece is no error, nor one that begins at the end or beyond it: it is read as no bytes
 * (RFC 9110 §14.1.2 calls it unsatisfiable, and S3 answers 416).
 */
export interface ByteRange {
  /** The first byte. Negative, without an `end`: the last bytes of the object, all of them where it has fewer. */
  readonly start: number;
  /** Behind the last byte, at least `start`. Absent: to the end of the object. */
  readonly end?: number;
}

export type OnSkipped = (key: string, reason: string) => void;

export interface ListOptions {
  /**
   * Only keys that come after this one in the byte order of UTF-8 (S3's StartAfter): the last key seen, to go on behind it.
   * Any text; it need be no key, nor begin with the prefix. What cannot hold such keys is not looked at.
   */
  readonly after?: string | undefined;
  readonly onSkipped?: OnSkipped | undefined;
  /** Nothing but the keys is asked for: a store that would have to look for the rest may say "" and 0. */
  readonly keysOnly?: boolean | undefined;
}

export interface LakeStorage {
  /** How the lake was named: `./lake`, `memory:`, `s3://bucket/prefix`. */
  readonly url: string;
  /**
   * All objects whose key starts with `prefix`, in the byte order of their UTF-8 keys, as S3 lists them.
   * A key that this store could not write itself (see `keys.ts`) is listed all the same: nothing is hidden. What stands
   * there and is no object (a symbolic link to a file) is told to `onSkipped`, with the reason. What may hide objects of
   * this listing (a folder that is a link, no folder, or unreadable) throws `storage_failed`: it is never an empty one.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo>;
  /** Null when there is no such object. */
  head(key: string): Promise<ObjectHead | null>;
  /**
   * Opens an object, or a piece of it; `head` describes the whole object all the same. Throws `not_found`, for an empty piece
   * too, and RangeError for numbers that are no range, see {@link ByteRange}.
   */
  read(key: string, range?: ByteRange): Promise<ObjectReader>;
  /**
   * SHA-256 of an object's bytes, lower-case hex, where the store itself has computed it and keeps it with them: not what a
   * writer once claimed. Null where it keeps none, as a directory never does.
   */
  keptSha256(key: string): Promise<string | null>;
  /**
   * Throws `key_invalid`. `derived` says that `commit` will be given a lineage: what it is, is known only once the source
   * has been read, but some stores prepare for it when the first byte is sent.
   */
  create(key: string, options?: CreateOptions): Promise<ObjectWriter>;
  /** Settles when these objects, committed as `deferred`, are durable. Throws `storage_failed`. */
  flush(keys: readonly string[]): Promise<void>;
  /** Removing what is not there is no error. With a token, throws `conflict` when another version is there. */
  remove(key: string, ifToken?: string): Promise<void>;
  /** Releases what the lake holds (locks, sockets, temporary files). */
  close(): Promise<void>;
}

/**
 * Who is at work on which batch, so that two who work on one lake do not both do all of it. It saves work and nothing
 * more: without it, or with a claim that is lost, each batch still has one effect.
 */
export interface Claims {
  /**
   * Takes the batch of this path; the returned function gives it back. Null while another process is at work on it. A
   * claim of a process that is gone, is stopped, or cannot be seen from here counts for nothing.
   */
  claim(path: string): (() => void) | null;
  /**
   * How many others are going through this lake whom claims do not keep apart, as far as can be known: 0 for the first.
   * Kept until the end. Never fails.
   */
  turn(): Promise<number>;
  close(): Promise<void>;
}

/** One version of an object, current or retained. */
export interface ObjectVersion {
  readonly versionId: string;
  /** It is what a read of the key gives; never true of a delete marker. */
  readonly current: boolean;
  /** Bytes; 0 for a delete marker. */
  readonly size: number;
  /** When it became the current one, milliseconds since the epoch. */
  readonly time: number;
  /** The object was removed at `time`: a delete marker (S3 user guide, "Working with delete markers"). */
  readonly deleted: boolean;
}

/** A version that is no longer current. */
export interface RetainedVersion {
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  /** When it was replaced or removed, ms since the epoch. */
  readonly replaced: number;
}

/** What was overwritten or removed and can still be read. Beside the port: not every store keeps versions. */
export interface LakeVersions {
  /** All versions of a key that are there, newest first; those that were purged have left nothing. Throws `key_invalid`. */
  versions(key: string): Promise<readonly ObjectVersion[]>;
  /** Throws `not_found` for an id that is none and for a delete marker. */
  readVersion(key: string, versionId: string): Promise<ObjectReader>;
  /**
   * All versions under a prefix that are no longer current (no delete markers), in key order. A key whose versions cannot
   * be looked at is told to `onFailed` with the error's message; without it, the error is thrown.
   */
  retained(prefix: string, onFailed?: OnSkipped): AsyncIterable<RetainedVersion>;
  /** Whether what is removed under this key now stays as a version. */
  keeps(key: string): Promise<boolean>;
  /** Removes a retained version for good. Harmless when it is gone. */
  purge(key: string, versionId: string): Promise<void>;
}
