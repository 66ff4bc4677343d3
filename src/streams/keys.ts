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
/** Keys that are remembered at most; the oldest go. Each takes some 300 bytes. */
const MAX_KEYS = 100_000;

export function keyUse(key: string, body: Uint8Array): KeyUse {
  return { key: digest(key), body: digest(body) };
}

/** Of a request that has no key, and is the same only where all of it is. `kind` tells apart those that are read differently. */
export function bodyUse(kind: string, bytes: Uint8Array): KeyUse {
  const body = digest(bytes);
  return { key: digest(`${kind} ${body}`), body };
}

function digest(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}

/** What was answered to requests with a key, so that who asks again is answered the same, and nothing is taken twice. */
export class RequestKeys {
  /** The shards of other processes whose keys are among these. */
  readonly shards = new Set<string>();
  readonly #now: () => number;
  readonly #max: number;
  readonly #known = new Map<string, { body: string; time: number; answer: InletAnswer | Promise<InletAnswer> }>();

  constructor(now: () => number, max = MAX_KEYS) {
    this.#now = now;
    this.#max = max;
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
    const held = { body, time: this.#now(), answer: answer as InletAnswer | Promise<InletAnswer> };
    this.#put(key, held);
    answer.then(
      (given) => {
        held.answer = given;
      },
      () => {
        if (this.#known.get(key) === held) this.#known.delete(key);
      },
    );
  }

  /** Keeps what other processes have answered, in whatever order that comes: where there are too many, the newest of all stay. */
  addAll(answered: readonly KeyedAnswer[]): void {
    if (answered.length === 0) return;
    const all = [...this.#known];
    for (const { key, body, time, answer } of answered) {
      const known = this.#known.get(key);
      if (known === undefined || known.time < time) all.push([key, { body, time, answer }]);
    }
    all.sort(([, a], [, b]) => a.time - b.time);
    this.#known.clear();
    for (const [key, held] of all) this.#put(key, held);
  }

  #put(key: string, held: { body: string; time: number; answer: InletAnswer | Promise<InletAnswer> }): void {
    this.#known.delete(key);
    this.#known.set(key, held);
    for (const [oldest, { time }] of this.#known) {
      if (this.#known.size <= this.#max && this.#now() - time < KEY_MS) return;
      this.#known.delete(oldest);
    }
  }
}

/** Lines of a file of keys. What the one before was cut off in is a line of its own. */
export function keyLines(keyed: readonly KeyedAnswer[]): Buffer {
  return Buffer.from(`\n${keyed.map((one) => checked(JSON.stringify(one))).join("")}`);
}

/** What such a file says; a line that was cut off is none. */
export function readKeys(bytes: Buffer): readonly KeyedAnswer[] {
  return wholeLines(bytes).values as readonly KeyedAnswer[];
}
