import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { flattenTypes } from "./public-types.ts";

const TSC = resolve("node_modules/typescript/bin/tsc");

/** The declaration files of the package, made from the sources under test, without comments. */
function emitted(): Map<string, string> {
  const dir = mkdtempSync(join(tmpdir(), "vantageflow-types-"));
  try {
    execFileSync(process.execPath, [TSC, "-p", "tsconfig.build.json", "--removeComments", "--outDir", dir]);
    const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"));
    return new Map(files.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(dir, file), "utf8")]));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const ENTRY = 'export { type Shape, area } from "./shape.ts";\n';
const SHAPE = `import type { Unit } from "./unit.ts";
import type { Readable } from "node:stream";
export interface Shape {
    readonly side: number;
    readonly unit: Unit;
}
export interface Unseen {
    readonly shape: Shape;
}
export declare function area(shape: Shape, from: Readable): import("./answer.ts").Answer;
export {};
`;
const UNIT = 'type Name = "m" | "ft";\nexport type Unit = Name;\n';
const ANSWER = "export interface Answer {\n    readonly area: number;\n}\n";

function flat(changed: Record<string, string> = {}): string {
  const files = { "index.d.ts": ENTRY, "shape.d.ts": SHAPE, "unit.d.ts": UNIT, "answer.d.ts": ANSWER, ...changed };
  return flattenTypes(new Map(Object.entries(files)), "index.d.ts");
}

describe("the public types", () => {
  it("are those of the golden file: `npx vitest run test/public-types.test.ts -u` writes it anew, for a review to see", async () => {
    await expect(flattenTypes(emitted(), "index.d.ts")).toMatchFileSnapshot("public-types.golden");
  });

  it("are everything that the entry names and what that is made of, and nothing else", () => {
    expect(flat()).toBe(`export {
  area,
  type Shape,
};

interface Answer {
    readonly area: number;
}

type Name = "m" | "ft";

import { Readable } from "node:stream";

interface Shape {
    readonly side: number;
    readonly unit: Unit;
}

type Unit = Name;

function area(shape: Shape, from: Readable): import("./answer.ts").Answer;
`);
  });

  it("change with a declaration that others are made of, and not with one that nobody reaches", () => {
    expect(flat({ "unit.d.ts": UNIT.replace('"ft"', '"in"') })).not.toBe(flat());
    expect(flat({ "shape.d.ts": SHAPE.replace("readonly shape: Shape", "readonly shape: string") })).toBe(flat());
  });

  it("stay the same when a declaration moves to another file", () => {
    const moved = { "unit.d.ts": 'export type { Unit } from "./other.ts";\n', "other.d.ts": UNIT };
    expect(flat(moved)).toBe(flat());
  });

  it("say whose a declaration is where two have one name", () => {
    const both = flat({ "answer.d.ts": `${ANSWER.replace("number", "Name")}type Name = string;\n` });
    expect(both).toContain('// answer.d.ts\ntype Name = string;\n\n// unit.d.ts\ntype Name = "m" | "ft";\n');
  });

  it("leave nothing out in silence", () => {
    for (const [file, text] of [
      ["index.d.ts", 'export * from "./shape.ts";\n'],
      ["index.d.ts", 'export { area as surface } from "./shape.ts";\n'],
      ["index.d.ts", 'export { volume } from "./shape.ts";\n'],
      ["shape.d.ts", SHAPE.replace("./unit.ts", "./no-unit.ts").replace("Unit }", "Unit as Other }")],
      ["unit.d.ts", "declare namespace Unit {\n}\n"],
    ]) {
      expect(() => flat({ [file]: text }), text).toThrow("Cannot flatten");
    }
  });
});
