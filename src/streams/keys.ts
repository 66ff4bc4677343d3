import { createHash } from "node:crypto";
import { VantageflowError } from "../errors.ts";
import { DAY_MS } from "../time.ts";
import { checked, wholeLines } from "./lines.ts";

/** A reading of a request that was not taken, by its place among them from 0. */
export interface Rejected {
  readonly index: number;
  readonly reason: string;
  readonly message: string;
}

/** What became of the readings of a request. */
export interface InletAnswer {
  readonly accepted: number;
  /** The first of them. */
  readonly rejected: readonly Rejected[];
  /** All of them. */
  readonly rejectedCount: number;
}

/** A request that says by which name it may come again. */
export interface KeyUse {
  /** Digest of the key. */
  readonly key: string;
  /** Digest of what came with it: by the same key only the same can come again. */
  readonly body: string;
}

/** The same with what was answered, and when, milliseconds since the epoch. */
export interface KeyedAnswer extends KeyUse {
  readonly time: number;
  readonly answer: InletAnswer;
}

/** As long as a key is honoured. */
export const KEY_MS = DAY_MS;
/** What is remembered at most; the oldest go. */
const MAX = { keys: 100_000, bytes: 64_000_000 };
/** What a key takes in a file, and what a rejected reading of its answer does beside its texts; about. */
const [KEY_BYTES, REJECTED_BYTES] = [150, 50];

/** What a key takes in a file with its answer, about. */
export function keptBytes({ rejected }: Pick<InletAnswer, "rejected">): number {
  return rejected.reduce(
    (sum, { reason, message }) => sum + REJECTED_BYTES + reason.length + Buffer.byteLength(message),
    KEY_BYTES,
  );
}

/** `kind` is what else makes a request another one than its bytes. */
export function keyUse(key: string, body: Uint8Array, kind = ""): KeyUse {
  return { key: digest(key), body: kind === "" ? digest(body) : digest(`${kind}\n${digest(body)}`) };
}

/** Of a request that has no key, and is the same only where all of it is. `kind` tells apart those that are read differently. */
export function bodyUse(kind: string, bytes: Uint8Array): KeyUse {
  const body = digest(bytes);
  return { key: digest(`${kind} ${body}`), body };
}

function digest(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}

interface Held {
  readonly body: string;
  readonly time: number;
  answer: InletAnswer | Promise<InletAnswer>;
}

/** What was answered to requests with a key, so that who asks again is answered the same, and nothing is taken twice. */
export class RequestKeys {
  /** The shards of other processes whose keys are among these. */
  readonly shards = new Set<string>();
  readonly #now: () => number;
  readonly #max: typeof MAX;
  readonly #known = new Map<string, Held>();
  #bytes = 0;

  constructor(now: () => number, max: Partial<typeof MAX> = {}) {
    this.#now = now;
    this.#max = { ...MAX, ...max };
  }

  /** What was or will be answered; undefined for a key that is new. Throws `usage` for one that came with something else. */
  find({ key, body }: KeyUse): InletAnswer | Promise<InletAnswer> | undefined {
    const known = this.#known.get(key);
    if (known === undefined || this.#now() - known.time >= KEY_MS) return undefined;
    if (known.body === body) return known.answer;
    const why =
      "it came with other readings before. Give each request a key of its own, and the same only when it is sent again";
    throw new VantageflowError("usage", `Cannot take this Idempotency-Key: ${why}.`);
  }

  /** Keeps what will be answered; forgotten where that fails. */
  hold({ key, body }: KeyUse, answer: Promise<InletAnswer>): void {
    const held: Held = { body, time: this.#now(), answer };
    const isHeld = () => this.#known.get(key) === held;
    this.#put(key, held);
    answer.then(
      (given) => {
        const bytes = bytesOf(held);
        held.answer = given;
        if (!isHeld()) return;
        this.#bytes += bytesOf(held) - bytes;
        this.#makeRoom();
      },
      () => {
        if (isHeld()) this.#forget(key);
      },
    );
  }

  /** Keeps what other processes have answered, in whatever order that comes: where there are too many, the newest of all stay. */
  addAll(answered: readonly KeyedAnswer[]): void {
    if (answered.length === 0) return;
    const all: [string, Held][] = [...this.#known];
    for (const { key, body, time, answer } of answered) {
      const known = this.#known.get(key);
      if (known === undefined || known.time < time) all.push([key, { body, time, answer }]);
    }
    all.sort(([, a], [, b]) => a.time - b.time);
    this.#known.clear();
    this.#bytes = 0;
    for (const [key, held] of all) this.#put(key, held);
  }

  #put(key: string, held: Held): void {
    this.#forget(key);
    this.#known.set(key, held);
    this.#bytes += bytesOf(held);
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const [oldest, { time }] of this.#known) {
      const isRoom = this.#known.size <= this.#max.keys && this.#bytes <= this.#max.bytes;
      if (isRoom && this.#now() - time < KEY_MS) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const held = this.#known.get(key);
    if (held === undefined) return;
    this.#known.delete(key);
    this.#bytes -= bytesOf(held);
  }
}

/** In memory, which takes twice what a file does, about; while it is not answered, without its answer. */
function bytesOf({ answer }: Held): number {
  return 2 * (answer instanceof Promise ? KEY_BYTES : keptBytes(answer));
}

/** Lines of a file of keys. What the one before was cut off in is a line of its own. */
export function keyLines(keyed: readonly KeyedAnswer[]): Buffer {
  return Buffer.from(`\n${keyed.map((one) => checked(JSON.stringify(one))).join("")}`);
}

/** What such a file says; a line that was cut off is none. */
export function readKeys(bytes: Buffer): readonly KeyedAnswer[] {
  return wholeLines(bytes).values as readonly KeyedAnswer[];
}
