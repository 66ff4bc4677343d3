import type { OpenRows } from "../../../src/pipeline/source.ts";

/** What the laws of row sources need to know of one: see `laws.test.ts`. */
export interface SampleSource {
  readonly open: OpenRows;
  /** Lines of its form, readings and others: any of them in any order are a text of it. */
  readonly lines: readonly string[];
  /** The share of the usual runs that are tried, of one that is slow to open; all, unless given. */
  readonly runs?: number;
  /** What stands in front of every text. */
  readonly front?: string;
  /** One text, and what comes of it. */
  readonly wanted: {
    readonly text: string;
    readonly silver: string;
    /** Line, reason and the row as it came. */
    readonly rejects: readonly (readonly [number, string, string])[];
    readonly absent: number;
  };
}
