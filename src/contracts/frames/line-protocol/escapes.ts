const BACKSLASH = 92;

/** By byte, in keys and the values of tags: 0 goes on, 1 may end it, 2 ends it unless a backslash stands in front. */
export const TOKEN_STOPS = stopsOf(", =");
/** The same in the name of a measurement, where an equals sign is a letter. */
export const MEASUREMENT_STOPS = stopsOf(", ");

/** Control characters end whatever is no quoted text, and a backslash has to be looked at. */
function stopsOf(escaped: string): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(1, 0, 32);
  table[BACKSLASH] = 1;
  for (const character of escaped) table[character.charCodeAt(0)] = 2;
  return table;
}

/** The same in a quoted text. */
export const QUOTED_STOPS = new Uint8Array(256);
QUOTED_STOPS.fill(2, 34, 35);
QUOTED_STOPS.fill(2, BACKSLASH, BACKSLASH + 1);

/**
 * Writes `b[from..to)` to `out`, which has room for as many bytes, without the escapes that are such in what it is, and
 * returns where that ends. A backslash in front of any other character is one itself.
 */
export function writeUnescaped(b: Uint8Array, from: number, to: number, stops: Uint8Array, out: Uint8Array): number {
  let n = 0;
  for (let p = from; p < to; p++) {
    if (b[p] === BACKSLASH && stops[b[p + 1]] === 2) p++;
    out[n++] = b[p];
  }
  return n;
}

/** The text of a key. */
export function keyText(b: Buffer, from: number, to: number): string {
  const out = Buffer.allocUnsafe(to - from);
  return out.toString("utf8", 0, writeUnescaped(b, from, to, TOKEN_STOPS, out));
}
