import { isAbsolute, relative, resolve, sep } from "node:path";
import { absoluteUrl, isS3 } from "../storage/url.ts";
import { layerOf } from "../topology.ts";
import type { Io } from "./io.ts";

/** Whether it begins with a layer, as every key of a lake does. */
export function isInLayer(key: string): boolean {
  return layerOf(key) !== undefined;
}

/**
 * The key that somebody means: a key as it is; the path of a file in the lake, as a shell completes it; or the URL of an
 * object in the bucket, as consoles copy it. Whatever else it may be comes back as it was given.
 */
export function keyOf(io: Io, lake: string, given: string): string {
  const key = given.replace(/^\.\//, "");
  if (isInLayer(key)) return key;
  const inLake = isS3(lake) ? inBucket(lake, given) : isS3(given) ? null : inDirectory(io.cwd, lake, given);
  return inLake ?? key;
}

function inBucket(lake: string, given: string): string | null {
  const [root, url] = [`${lake.replace(/\/+$/, "")}/`, given].map((text) => text.replace(/^s3:/i, "s3:"));
  return url.startsWith(root) ? url.slice(root.length) : null;
}

function inDirectory(cwd: string, lake: string, given: string): string | null {
  const path = relative(absoluteUrl(lake, cwd), resolve(cwd, given));
  return path === "" || path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path)
    ? null
    : path.split(sep).join("/");
}
