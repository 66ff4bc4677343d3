import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { VantageflowError } from "../errors.ts";
import { directoryOf, isDirectory } from "../storage/url.ts";

/** Throws `usage` when one of two lakes is the other, or inside it: a mirror would copy its own copies. */
export function checkApart(lake: string, other: string, verb: string): void {
  const [a, b] = [placeOf(lake), placeOf(other)];
  const problem =
    a === b
      ? "it is the lake itself"
      : isInside(a, b)
        ? "it is inside the lake"
        : isInside(b, a)
          ? "the lake is inside it"
          : null;
  if (problem === null) return;
  throw new VantageflowError("usage", `Cannot ${verb} "${other}": ${problem}. Use a place of its own.`);
}

/** A bucket's URL with a slash at its end, or a directory's real path, of which the end need not be there yet. */
function placeOf(url: string): string {
  if (!isDirectory(url)) return `${url.replace(/^[^:]*:/, (scheme) => scheme.toLowerCase()).replace(/\/+$/, "")}/`;
  let [real, rest] = [resolve(directoryOf(url)), ""];
  for (;;) {
    try {
      return join(realpathSync(real), rest);
    } catch {
      if (real === dirname(real)) return join(real, rest);
      rest = join(basename(real), rest);
      real = dirname(real);
    }
  }
}

function isInside(outer: string, inner: string): boolean {
  if (!isDirectory(outer) || !isDirectory(inner)) return inner.startsWith(outer);
  const way = relative(outer, inner);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
