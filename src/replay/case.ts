import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { VantageflowError } from "../errors.ts";

export const CASE_FILE = "case.json";

/** What a case may say of itself in `case.json`. */
export interface CaseSettings {
  readonly threshold?: number;
  /** Bronze keys that must be refused, sorted; `problems.json` says why, too. */
  readonly refused: readonly string[];
}

/** Throws `config_invalid`. */
export async function readCaseSettings(dir: string): Promise<CaseSettings> {
  let text: string;
  try {
    text = await readFile(join(dir, CASE_FILE), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { refused: [] };
    throw error;
  }
  const { threshold, refused = [], ...others } = parse(text, dir);
  const problem =
    Object.keys(others).length > 0
      ? `it has ${JSON.stringify(Object.keys(others)[0])}, but knows only threshold and refused`
      : threshold !== undefined && !(typeof threshold === "number" && threshold >= 0 && threshold <= 1)
        ? "its threshold is not a number from 0 to 1"
        : !(Array.isArray(refused) && refused.every((key) => typeof key === "string"))
          ? "its refused is not a list of bronze keys"
          : null;
  if (problem !== null) throw invalid(dir, problem);
  return { refused: (refused as string[]).toSorted(), ...(typeof threshold === "number" ? { threshold } : {}) };
}

function parse(text: string, dir: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw invalid(dir, "it is not a JSON object");
}

function invalid(dir: string, why: string): VantageflowError {
  return new VantageflowError("config_invalid", `Cannot read "${join(dir, CASE_FILE)}": ${why}. Mend it or remove it.`);
}

/** `.gitkeep` and the like are not part of a case. */
export function isHidden(key: string): boolean {
  return key.slice(key.lastIndexOf("/") + 1).startsWith(".");
}
