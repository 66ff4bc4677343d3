import type { StageContext } from "../pipeline/stages.ts";
import type { Claims, ObjectInfo } from "../storage/port.ts";

/** What every function is given, wherever it runs. */
export interface ProcessContext extends StageContext {
  /** Milliseconds since the epoch; for receipts only. */
  readonly now: () => number;
  /** Keeps a copy of an input that was processed, where it is wanted (the setting `copyInputs`). */
  readonly keepInput?: ((input: { readonly key: string; readonly token: string }) => Promise<void>) | undefined;
  /** Whether an object is still being uploaded, where that can be: a part of what replaces an input is none itself. */
  readonly isUnfinished?: ((object: ObjectInfo) => boolean) | undefined;
  /** The script of threads that make rows of large sources by a contract; absent where one thread does it all. */
  readonly threads?: URL | undefined;
  /** Who is at work on what, where several may be and the lake can say so; asked by those who call, not here. */
  readonly claims?: Claims | undefined;
  /** See `contracts/lake.ts`. */
  readonly listedSince?: number | undefined;
}
