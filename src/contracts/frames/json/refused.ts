import { quote, VantageflowError } from "../../../errors.ts";
import { TOO_DEEP, TOO_LATE } from "./scanner.ts";

/** Where in a document something is. */
interface JsonPlace {
  readonly key: string;
  readonly line: number;
  /** Of the line, 1-based. */
  readonly character: number;
  readonly byteOffset: number;
}

/** `found` is the character that stands there, empty where the file ends. */
export function jsonRefused(place: JsonPlace, why: number, found: string): VantageflowError {
  const { key, line, character, byteOffset } = place;
  const message = `Cannot read "${key}": line ${line}, character ${character}: ${reasonOf(why, found)}`;
  return new VantageflowError("source_invalid", message, { key, line, byteOffset });
}

function reasonOf(why: number, found: string): string {
  if (why === TOO_DEEP) return "it is nested deeper than 128 levels. Write it flatter.";
  if (why === TOO_LATE) {
    return "what the contract asks of the document stands here, behind records that need it, in a document longer than maxRowBytes. Write it in front of them, or raise maxRowBytes.";
  }
  if (found === "") return "the file ends within a JSON document. Land it when all of it is written.";
  return `${quote(found)} stands where JSON has nothing like it. Mend the document, then land it again.`;
}
