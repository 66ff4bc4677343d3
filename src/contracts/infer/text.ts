import type { Json } from "../json.ts";

/** Objects and lists that fit are put on one line. */
const WIDTH = 110;

/** Keys whose members are edited one by one: each gets a line of its own. */
const OPEN: ReadonlySet<string> = new Set(["reading", "measures", "byDevice"]);

/** A contract as text: what is edited together stands on one line, and each measure on one of its own. */
export function contractText(contract: { readonly [key: string]: Json | undefined }): string {
  return `${layout(JSON.parse(JSON.stringify(contract)) as Json, "", 0, true)}\n`;
}

function layout(value: Json, indent: string, before: number, isOpen: boolean): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const line = flat(value);
  if (!isOpen && !hasOpen(value) && indent.length + before + line.length < WIDTH) return line;
  const inner = `${indent}  `;
  const members = Array.isArray(value)
    ? value.map((one) => layout(one, inner, 0, false))
    : Object.entries(value).map(([key, one]) => {
        const name = JSON.stringify(key);
        return `${name}: ${layout(one, inner, name.length + 2, OPEN.has(key) && sizeOf(one) > 0)}`;
      });
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (members.length === 0) return open + close;
  return `${open}\n${members.map((member) => inner + member).join(",\n")}\n${indent}${close}`;
}

function sizeOf(value: Json): number {
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

function hasOpen(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, one]) => (OPEN.has(key) && sizeOf(one) > 0) || hasOpen(one));
}

function flat(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(flat).join(", ")}]`;
  const members = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${flat(one)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
