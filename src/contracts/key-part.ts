import { VantageflowError } from "../errors.ts";
import { pathOf } from "../ledger/layers.ts";
import type { Contract } from "./vocabulary.ts";

/** What `{file}` and `{folder:NAME}` stand for; null for any other name. Throws `key_invalid`. */
export function keyPart(key: string, { suffixes }: Pick<Contract, "suffixes">, name: string): string | null {
  const segments = pathOf(key).split("/");
  const file = segments[segments.length - 1];
  if (name === "file") {
    const lengths = suffixes.filter((suffix) => file.endsWith(suffix)).map((suffix) => suffix.length);
    return file.slice(0, file.length - Math.max(0, ...lengths));
  }
  if (!name.startsWith("folder:")) return null;
  const front = `${name.slice("folder:".length)}=`;
  const found = segments.slice(0, -1).find((segment) => segment.startsWith(front));
  if (found !== undefined) return found.slice(front.length);
  const why = `none of its folders is called ${front}…, which the contract puts into the device's id`;
  throw new VantageflowError("key_invalid", `Cannot read "${key}": ${why}. Put it into such a folder.`, { key });
}
