import { fileURLToPath } from "node:url";
import { VantageflowError } from "../errors.ts";
import { createLocalStorage } from "./local.ts";
import type { LakeStorage } from "./port.ts";

/** Opens the lake of a URL or directory: the only place that chooses an adapter. Throws `usage`. */
export function openStorage(url: string): LakeStorage {
  if (/^s3:/i.test(url)) {
    const why = "this version works on directories only. Use --lake <dir>";
    throw new VantageflowError("usage", `Cannot open ${JSON.stringify(url)}: ${why}.`);
  }
  return createLocalStorage({ root: url.startsWith("file:") ? fileURLToPath(url) : url, url });
}
