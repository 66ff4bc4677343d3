/** A place in a JSON document, below a record or, with `fromRoot`, below the document. */
export interface JsonPath {
  readonly fromRoot: boolean;
  /** Names and indexes; null is any name. */
  readonly steps: readonly (string | number | null)[];
}

const STEP = /(?:(\*)|([^.[\]"*]+)|\[(\d{1,9})\]|\[("(?:[^"\\\u0000-\u001f]|\\["\\/])*")\])/y;

/**
 * Reads `result.rx[0].rssi`, a part of JSONPath (RFC 9535): names with dots between, an index in brackets, in brackets and
 * quotes a name that has a dot, bracket, quote or star, `*` for any name. `$` in front counts from the document where it
 * else would from the record. Null for what is no path.
 */
export function parsePath(text: string): JsonPath | null {
  const fromRoot = /^\$[.[]/.test(text);
  const steps: (string | number | null)[] = [];
  let p = !fromRoot ? 0 : text[1] === "." ? 2 : 1;
  do {
    if (steps.length > 0 && text[p] === ".") p++;
    else if (steps.length > 0 && text[p] !== "[") return null;
    STEP.lastIndex = p;
    const [all, any, name, index, quoted] = STEP.exec(text) ?? [];
    if (all === undefined || (text[p - 1] === "." && all.startsWith("["))) return null;
    steps.push(any !== undefined ? null : (name ?? (index === undefined ? JSON.parse(quoted) : Number(index))));
    p += all.length;
  } while (p < text.length);
  return { fromRoot, steps };
}
