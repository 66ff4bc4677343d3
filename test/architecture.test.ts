import { describe, expect, it } from "vitest";
import { codeOf, readCode } from "./architecture/code.ts";
import { ROOMS } from "./architecture/house.ts";
import { RULES } from "./architecture/rules.ts";

/** The rules of the code's layout (CONTRIBUTING.md), held by reading every import of `src/`, and each rule by a breach of it. */

const code = readCode();

/** What is added to the code to break each rule, file by file; to one that is there it is added at its end. */
const BREACHES: Readonly<Record<keyof typeof RULES, readonly Readonly<Record<string, string>>[]>> = {
  "rooms import down only, and what their row says": [
    { "storage/new.ts": 'import { GOLD } from "../ledger/layers.ts";' },
    { "ledger/new.ts": 'import type { Scanned } from "../pipeline/scan.ts";' },
    { "engine/new.ts": 'const one = await import("../emulator/watch.ts");' },
    { "monitor/new.ts": 'import { main } from "../cli/program.ts";' },
    { "api/new.ts": 'import { serve } from "../dashboard/serve.ts";' },
  ],
  "the table has every room that there is, and no other but those to come": [
    { "misc/new.ts": "export const oddment = 1;" },
  ],
  "pipeline/ is bytes in, bytes out: of Node it takes node:crypto and node:buffer, of storage/ what goes through the port":
    [
      { "pipeline/new.ts": 'import { readFileSync } from "node:fs";' },
      { "pipeline/new.ts": 'import { openStorage } from "../storage/open.ts";' },
    ],
  "the AWS SDK is used only in storage/s3, lambda/ and where Kinesis is read": [
    { "engine/new.ts": 'import { S3Client } from "@aws-sdk/client-s3";' },
  ],
  "chokidar is used only in the watcher": [{ "emulator/new.ts": 'import chokidar from "chokidar";' }],
  "commander, chalk and cli-table3 are used only in cli/": [{ "report/new.ts": 'import chalk from "chalk";' }],
  "the page is a program of its own: of the rest it uses types, and what is as pure as it must be in a browser": [
    { "dashboard/page/new.ts": 'import { topology } from "../../topology.ts";' },
    { "dashboard/page/new.ts": 'import { join } from "node:path";' },
    { "report/merge.ts": 'import { createHash } from "node:crypto";' },
    { "dashboard/new.ts": 'import { App } from "./page/app.tsx";' },
  ],
  "the page never makes markup of a text": [{ "dashboard/page/new.ts": "document.body.innerHTML = text;" }],
  "only storage/open.ts chooses a store, by its kind; lambda/ has but one, and the others are given one": [
    { "engine/new.ts": 'import { createS3Storage } from "../storage/s3.ts";' },
    { "cli/new.ts": 'import { bucket } from "../storage/bucket.ts";' },
  ],
  "only cli/ and lambda/ touch stdout, stderr, the exit code and the environment": [
    { "engine/new.ts": 'console.log("done");' },
    { "monitor/new.ts": "process.exitCode = 1;" },
  ],
  "the stages know no clock, randomness, locale or time zone": [{ "pipeline/new.ts": "const now = Date.now();" }],
  "no file imports itself by way of others, types included": [
    {
      "engine/a.ts": 'import type { B } from "./b.ts";\nexport interface A1 { b: B }',
      "engine/b.ts": 'import type { A1 } from "./a.ts";\nexport interface B { a: A1 }',
    },
    { "engine/a.ts": 'export { a } from "./a.ts";' },
  ],
  "an exported name is declared in one file": [
    { "engine/new.ts": "export const topology = 1;" },
    { "engine/new.ts": "export class Place {}" },
  ],
  "no file is longer than 250 lines": [{ "engine/new.ts": "\n".repeat(251) }],
};

describe("the rules of the layout", () => {
  it("see the imports that there are", () => {
    expect(code.imports.length).toBeGreaterThan(1000);
    expect(code.imports.some(({ dynamic }) => dynamic)).toBe(true);
    expect(code.imports.some(({ typeOnly }) => typeOnly)).toBe(true);
    expect(code.imports.filter(({ to, isOwn }) => isOwn && !code.files.has(to) && !to.endsWith(".json"))).toEqual([]);
  });

  it.each(Object.entries(RULES))("%s", (_, rule) => {
    expect(rule(code)).toEqual([]);
  });

  it("name only rooms above a room in its row of the table, so that rooms cannot go in a circle", () => {
    const order = Object.keys(ROOMS);
    const upwards = order.flatMap((room, i) => ROOMS[room].filter((other) => order.indexOf(other) >= i));
    expect(upwards).toEqual([]);
  });
});

describe("a breach is seen of the rule that", () => {
  it.each(Object.entries(RULES))("%s", (name, rule) => {
    expect(BREACHES[name]?.length ?? 0).toBeGreaterThan(0);
    for (const added of BREACHES[name]) {
      const files = new Map(code.files);
      for (const [file, text] of Object.entries(added)) files.set(file, `${files.get(file) ?? ""}\n${text}\n`);
      expect([added, rule(codeOf(files)).length > 0]).toEqual([added, true]);
    }
  });
});
