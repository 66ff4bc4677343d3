/**
 * Whether a text fits a pattern in which `*` is any text and `?` any one character. In time that grows with the product of
 * their lengths at most, whatever they are: only the last star is ever tried anew (Krauss, "Matching Wildcards", 2008).
 */
export function fits(pattern: string, text: string): boolean {
  const [p, t] = [[...pattern], [...text]];
  let [i, j, star, mark] = [0, 0, -1, 0];
  while (j < t.length) {
    if (p[i] === "*") {
      star = i++;
      mark = j;
    } else if (i < p.length && (p[i] === "?" || p[i] === t[j])) {
      i++;
      j++;
    } else if (star >= 0) {
      i = star + 1;
      j = ++mark;
    } else return false;
  }
  while (p[i] === "*") i++;
  return i === p.length;
}
