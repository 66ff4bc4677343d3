import type { Json } from "../json.ts";

/** The JSON documents of a sample, one behind the other. */
export interface FoundDocuments {
  readonly values: readonly Json[];
  /** Each stands on a line of its own, and there are several. */
  readonly isByLine: boolean;
  /** The last one was cut off; what is whole of it is among the values. */
  readonly isCut: boolean;
  /** The line of the first thing that is no JSON; 0 where there is none. */
  readonly badLine: number;
}

const MOST_DOCUMENTS = 2000;
/** Deeper documents are no readings, and each level costs. */
const MOST_LEVELS = 64;

/** Reads the documents of a text, and of one that is cut off what is whole. */
export function documentsIn(text: string): FoundDocuments {
  const values: Json[] = [];
  let [isByLine, isCut, badLine] = [true, false, 0];
  let p = text.startsWith("\ufeff") ? 1 : 0;
  for (;;) {
    p = blanksEnd(text, p);
    if (p === text.length || values.length === MOST_DOCUMENTS) break;
    const { end, json } = documentAt(text, p);
    const value = json === null ? undefined : parsed(json);
    if (value === undefined) {
      // A cut-off document that has nothing whole in it is none.
      if (json === null || end < text.length || values.length === 0) badLine = lineOf(text, p);
      break;
    }
    values.push(value);
    isCut = json !== null && json.length !== end - p;
    if (text.slice(p, end).includes("\n")) isByLine = false;
    p = end;
  }
  return { values, isByLine: isByLine && values.length > 1, isCut, badLine };
}

function parsed(json: string): Json | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function blanksEnd(text: string, from: number): number {
  let p = from;
  while (p < text.length && " \t\r\n".includes(text[p])) p++;
  return p;
}

const lineOf = (text: string, p: number) => text.slice(0, p).split("\n").length;

/**
 * The document at a position: its text, closed where it was cut off, behind the last member that is whole. Since that member
 * brackets were opened only, so those that were open then are still the first of those that are open now.
 */
function documentAt(text: string, from: number): { readonly end: number; readonly json: string | null } {
  const open: string[] = [];
  let [whole, levels] = [from, 0];
  for (let p = from; p < text.length; p++) {
    const c = text[p];
    if (c === '"') p = stringEnd(text, p);
    else if (c === "{" || c === "[") {
      if (open.push(c === "{" ? "}" : "]") > MOST_LEVELS) return { end: p, json: null };
    } else if (c === ",") [whole, levels] = [p, open.length];
    else if (c === "}" || c === "]") {
      if (open.pop() !== c) return { end: p, json: null };
      if (open.length === 0) return { end: p + 1, json: text.slice(from, p + 1) };
      [whole, levels] = [p + 1, open.length];
    }
    if (open.length === 0) return { end: p, json: null };
  }
  if (levels === 0) return { end: text.length, json: null };
  return { end: text.length, json: text.slice(from, whole) + open.slice(0, levels).reverse().join("") };
}

/** The position of the quote that ends a text; the end where none does. */
function stringEnd(text: string, from: number): number {
  let p = from + 1;
  while (p < text.length && text[p] !== '"') p += text[p] === "\\" ? 2 : 1;
  return Math.min(p, text.length);
}
