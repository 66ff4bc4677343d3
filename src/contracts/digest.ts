import { createHash } from "node:crypto";
import type { Json } from "./json.ts";

/**
 * SHA-256 of a contract as it was written, in hexadecimal: of its canonical JSON (RFC 8785), so that neither formatting nor the order of
 * keys counts, and without `$schema`, which says nothing about readings. Defaults are not filled in: one that a later
 * version adds changes no digest.
 */
export function contractDigest(written: Json): string {
  const isObject = typeof written === "object" && written !== null && !Array.isArray(written);
  const { $schema: _, ...rest } = isObject ? written : { $schema: null };
  return createHash("sha256")
    .update(canonical(isObject ? rest : written))
    .digest("hex");
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}
