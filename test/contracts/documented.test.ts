import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import schema from "../../src/contracts/contract.schema.json" with { type: "json" };
import zones from "../../src/contracts/fields/zones.json" with { type: "json" };
import { REASONS } from "../../src/pipeline/rejects.ts";
import { loggerContract } from "./lakes.ts";

/** docs/contracts.md against the schema: every key stands in its tables, with its default and the formats that it is for. */

const PAGE = readFileSync("docs/contracts.md", "utf8");

it("the example of rules and thresholds is in order", async () => {
  const [, example = ""] = /^```json\n(\{\s*"rules"[\s\S]*?)^```$/m.exec(PAGE) ?? [];
  const { contract } = await loggerContract(JSON.parse(example));
  expect([contract.rules.length, contract.threshold.length]).toEqual([2, 2]);
});

interface Key {
  readonly defaults: Set<string>;
  readonly types: Set<string>;
  isRequired: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema, whose nodes are of many shapes
type Node = any;

/** The keys of the schema by their path: `[]` is an element, NAME a name that the owner of a source chose. */
function keysOf(node: Node, at = "", found = new Map<string, Key>(), isForm = false): Map<string, Key> {
  const forms: Node[] = node.anyOf ?? node.oneOf ?? [];
  for (const form of forms) keysOf(form, at, found, at !== "format");
  if (node.items) keysOf(node.items, `${at}[]`, found);
  if (typeof node.additionalProperties === "object") keysOf(node.additionalProperties, `${at}.NAME`, found);
  const { type } = at === "format" ? (node.properties ?? {}) : ({} as Node);
  for (const [name, child] of Object.entries<Node>(node.properties ?? {})) {
    const path = at === "" ? name : `${at}.${name}`;
    const key = found.get(path) ?? { defaults: new Set(), types: new Set(), isRequired: false };
    if (child.default !== undefined) key.defaults.add(JSON.stringify(child.default));
    for (const one of type === undefined ? [] : (type.enum ?? [type.const])) key.types.add(one);
    key.isRequired ||= !isForm && (node.required ?? []).includes(name);
    found.set(path, key);
    keysOf(child, path, found);
  }
  return found;
}

interface Row {
  readonly key: string;
  readonly defaults: string[];
  readonly types: string | null;
  readonly isRequired: boolean;
}

const spans = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);

/** The rows of all tables whose head begins with `key`, one for each key in them. */
function rowsOf(page: string): Row[] {
  return [...page.matchAll(/^\| key(?: of `(\w+)`)? \|( of \|)? default .*\n\|[-|]+\n((?:\|.*\n)+)/gm)].flatMap(
    ([, base, of, body]) =>
      body
        .trimEnd()
        .split("\n")
        .flatMap((line) => {
          const [, keys, ...rest] = line.split(/ ?(?<!\\)\| ?/);
          const types = of === undefined ? null : rest.shift();
          const [stated] = rest;
          const each = stated.split(", ");
          const names = spans(keys);
          return names.map((name, i) => ({
            key: base === undefined ? name : `${base}.${name}`,
            defaults: names.length === 1 ? spans(stated) : spans(each[i] ?? ""),
            types: types ?? null,
            isRequired: stated === "required",
          }));
        }),
  );
}

describe("docs/contracts.md", () => {
  const keys = keysOf(schema);
  const rows = rowsOf(PAGE);

  it("has every key of the vocabulary once, and no other", () => {
    const inner = rows.map(({ key }) => key);
    // `reading.timestamp` and the like are told with their forms; `reading` and `rules` at the top.
    expect(inner.toSorted()).toEqual([...keys.keys()].toSorted());
    expect(new Set(inner).size).toBe(inner.length);
  });

  it("says the default of each, and for which formats it is", () => {
    for (const { key, defaults, types } of rows) {
      const of = keys.get(key);
      expect([key, defaults.toSorted()]).toEqual([key, [...(of?.defaults ?? [])].toSorted()]);
      const all = of?.types.size === 5 ? "all" : [...(of?.types ?? [])].join(", ");
      if (types !== null && key !== "format.type" && of?.types.size !== 0) expect([key, types]).toEqual([key, all]);
    }
  });

  it("says which of them are required, but for those that a form of theirs needs", () => {
    const required = rows.filter(({ isRequired }) => isRequired).map(({ key }) => key);
    const outer = [...keys].filter(
      ([key, { isRequired }]) => isRequired && /^(\w+|format\.type|\w+\[\]\.\w+)$/.test(key),
    );
    expect(required.toSorted()).toEqual(outer.map(([key]) => key).toSorted());
  });

  it("names, with the data contract, every reason of a reject", () => {
    const pages = `${PAGE}${readFileSync("docs/data-contract.md", "utf8")}`;
    for (const { reason } of REASONS) if (reason !== "") expect(pages).toContain(`\`${reason}\``);
  });

  it("shows the contract of the first recipe, and the release of the zones", () => {
    const [, contract] = /^```json\n([\s\S]*?)^```$/m.exec(PAGE) ?? [];
    expect(contract).toBe(readFileSync("fixtures/source-hobo/contracts/shed-north.json", "utf8"));
    expect(PAGE).toContain(`(IANA ${zones.version}, `);
  });
});
