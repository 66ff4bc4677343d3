import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processObject } from "../../src/emulator/foreground.ts";
import type { Pull } from "../../src/emulator/land.ts";
import { readingLanded } from "../../src/emulator/landed.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, put, textOf } from "../pipeline/lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const ROW = "2025-01-01T00:00:00Z,A,1,C,0.1\n";
const KEY = "bronze/b.csv";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function pullOf(text: string, failAt = Number.POSITIVE_INFINITY): Pull {
  let position = 0;
  return (into) => {
    if (position >= failAt) throw new Error("EIO");
    const copied = Buffer.from(text).copy(into, 0, position);
    position += copied;
    return copied;
  };
}

/** Processes `landed` while the file it came from has become `file`, and says how often the lake itself was read. */
async function processed(landed: string, pull: Pull) {
  const context = createLake();
  await put(context.storage, KEY, landed);
  const object = (await context.storage.head(KEY))!;
  let reads = 0;
  const counting: LakeStorage = {
    ...context.storage,
    read(key) {
      if (key === KEY) reads++;
      return context.storage.read(key);
    },
  };
  const storage = readingLanded(counting, object, pull, sha256(landed));
  const result = await processObject({ ...context, storage }, "bronzeToSilver", object);
  return { result, reads, silver: await textOf(context.storage, "silver/b.csv") };
}

describe("reading what was just landed", () => {
  it("takes it from the file, and the lake is not read", async () => {
    const { result, reads, silver } = await processed(HEADER + ROW, pullOf(HEADER + ROW));
    expect([result.outcome, reads, silver]).toEqual(["done", 0, HEADER + ROW]);
  });

  it("whatever has become of the file meanwhile, what comes out is what was landed", async () => {
    const file = fc.constantFrom("", HEADER, HEADER + ROW + ROW, HEADER + ROW.replace(",1,", ",2,"), "\0", "nothing\n");
    const landed = fc.constantFrom(HEADER, HEADER + ROW, "nothing\n", "");
    await fc.assert(
      fc.asyncProperty(landed, file, fc.boolean(), async (text, changed, fails) => {
        const wanted = await processed(text, pullOf(text));
        const found = await processed(text, pullOf(changed, fails ? 10 : undefined));
        expect([found.result.outcome, found.result.rows, found.silver]).toEqual([
          wanted.result.outcome,
          wanted.result.rows,
          wanted.silver,
        ]);
        if (changed !== text) expect(found.reads).toBeGreaterThan(0);
      }),
    );
  });

  it("a newer version in the lake is what is processed", async () => {
    const context = createLake();
    await put(context.storage, KEY, HEADER + ROW);
    const object = (await context.storage.head(KEY))!;
    await put(context.storage, KEY, HEADER);
    const storage = readingLanded(context.storage, object, pullOf(HEADER + ROW), sha256(HEADER + ROW));
    await processObject({ ...context, storage }, "bronzeToSilver", object);
    expect(await textOf(context.storage, "silver/b.csv")).toBe(HEADER);
  });
});
