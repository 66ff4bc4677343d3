import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { loadZones } from "../../src/contracts/fields/zones.ts";
import type { Json } from "../../src/contracts/json.ts";
import type { KnownNames } from "../../src/contracts/known.ts";

const HERE = "test/contracts";
const ENCODINGS = ["utf-8", "utf-16le", "windows-1252"];

export const known: KnownNames = {
  // What is told of an unknown zone names the release, and a newer one changes nothing here.
  zones: { ...(await loadZones()), version: "2026x" },
  isEncoding: (name) => ENCODINGS.includes(name),
};

/** The contract of each of the sources that are there as cases. */
export const CASES = readdirSync(`${HERE}/cases`).map((name) => ({
  name,
  text: readFileSync(`${HERE}/cases/${name}/contract.json`, "utf8"),
}));

/** Contracts with what is wrong with them: `text` is no JSON, `structure` a value by itself, `between` two fields. */
export function refused(kind: "text" | "structure" | "between") {
  return readdirSync(`${HERE}/refused/${kind}`).map((name) => ({
    name,
    text: readFileSync(`${HERE}/refused/${kind}/${name}/contract.json`, "utf8"),
    problems: readFileSync(`${HERE}/refused/${kind}/${name}/problems.txt`, "utf8"),
  }));
}

/** What is in no contract, or belongs elsewhere in one. */
const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>("csv", "senml", "iso", "", ",", "UTC", [], {}, 0, 1, -1, 1.5, null, true, ["a"], {
    column: "a",
  }),
  fc.constantFrom(...CASES.map(({ text }) => JSON.parse(text).reading ?? {})),
);
const key = fc.oneof(
  fc.constantFrom(
    "column",
    "columns",
    "constant",
    "template",
    "from",
    "unit",
    "measures",
    "keep",
    "names",
    "zone",
    "min",
  ),
  fc.string({ maxLength: 5 }).filter((one) => one !== "__proto__"),
);

/** One of the cases' contracts in which up to three things were put, changed or left out. */
export const altered: fc.Arbitrary<Json> = fc
  .tuple(
    fc.constantFrom(...CASES),
    fc.array(fc.record({ where: fc.nat(), how: fc.constantFrom("put", "change", "leave"), key, value: strange }), {
      maxLength: 3,
    }),
  )
  .map(([{ text }, changes]) => {
    const contract = JSON.parse(text);
    for (const { where, how, key: name, value } of changes) {
      const places = ownersIn(contract);
      const [owner, own] = places[where % places.length];
      if (how === "leave") Reflect.deleteProperty(owner, own);
      else owner[how === "put" && !Array.isArray(owner) ? name : own] = structuredClone(value);
    }
    return JSON.parse(JSON.stringify(contract, (_, one) => one ?? null));
  });

/** Every place in a document: the object or list, and the key in it. */
function ownersIn(value: Record<string, unknown>): [Record<string, unknown>, string][] {
  return Object.entries(value).flatMap(([own, inner]) => [
    [value, own] as [Record<string, unknown>, string],
    ...(typeof inner === "object" && inner !== null ? ownersIn(inner as Record<string, unknown>) : []),
  ]);
}
