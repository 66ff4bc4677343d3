const [STAR, ANY] = [42, 63];

/**
 * Whether a text fits a pattern in which `*` is any text and `?` any one character. Only the last star is ever tried anew
 * (Krauss, "Matching Wildcards", 2008): what stands between two stars is found once, and that is kept. So the time grows with
 * the text times the longest such piece; of `*a*a*a*a*b`, with the text.
 */
export function fits(pattern: string, text: string): boolean {
  let [i, j, star, mark] = [0, 0, -1, 0];
  while (j < text.length) {
    const wanted = i < pattern.length ? pattern.charCodeAt(i) : -1;
    if (wanted === STAR) {
      star = i++;
      mark = j;
    } else if (wanted === ANY) {
      i++;
      j += characterLength(text, j);
    } else if (wanted === text.charCodeAt(j)) {
      i++;
      j++;
    } else if (star >= 0) {
      i = star + 1;
      j = ++mark;
    } else return false;
  }
  while (pattern.charCodeAt(i) === STAR) i++;
  return i === pattern.length;
}

/** Of the character at `at`: two where it is half of a pair, of which the other half follows. */
function characterLength(text: string, at: number): number {
  const isPair = (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
  return isPair ? 2 : 1;
}
