import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageOf } from "../../../src/errors.ts";
import type { Arena } from "../../../src/pipeline/arena.ts";
import { DeviceTable, SILVER_SIDE } from "../../../src/pipeline/devices.ts";
import { REASONS } from "../../../src/pipeline/rejects.ts";
import { scanObject } from "../../../src/pipeline/scan.ts";
import { DEFAULT_SETTINGS } from "../../../src/pipeline/settings.ts";
import type { RowSink } from "../../../src/pipeline/sinks.ts";
import type { OpenRows, Pull } from "../../../src/pipeline/source.ts";
import type { SampleSource } from "./sample.ts";

/** The laws of the seam `RowSource`, held over every sample that stands in this folder: a new one is a file, and no line here. */

const names = readdirSync(import.meta.dirname).filter((file) => !/^(laws\.test|sample|records)\.ts$/.test(file));
const samples = await Promise.all(
  names.map(async (file) => {
    const name = file.replace(/\.ts$/, "");
    const module: Record<string, SampleSource> = await import(join(import.meta.dirname, file));
    return { name, sample: module[name] };
  }),
);

interface Told {
  readonly line: number;
  readonly byteOffset: number;
  readonly reason: string;
  readonly row: string;
}

/** All that comes of a text in pieces of these sizes, over and over: rows, rejects, figures, or the error. */
async function comeOf(open: OpenRows, bytes: Buffer, pieces: readonly number[], chunkBytes: number, late: boolean) {
  let [at, pulls] = [0, 0];
  const pull: Pull = (into) => {
    const size = Math.min(pieces[pulls++ % pieces.length], into.length);
    const copied = bytes.copy(into, 0, at, at + size);
    at += copied;
    return late ? Promise.resolve(copied) : copied;
  };
  const rows: string[] = [];
  const rejects: Told[] = [];
  const sink = (arena: Arena): RowSink => ({
    header: (header) => void rows.push(`${header.bytes.toString()}\n`),
    rows: (side, from, to) => void (side === SILVER_SIDE && rows.push(arena.b.toString("utf8", from, to))),
    reject({ reason, line, byteOffset, b, from, to }) {
      const row = Buffer.from(b.subarray(from, to)).toString("latin1");
      rejects.push({ line, byteOffset, reason: REASONS[reason].reason, row });
    },
    drain() {},
  });
  const options = { settings: { ...DEFAULT_SETTINGS, chunkBytes }, threshold: 0.5, openRows: open, judge: null, sink };
  const devices = new DeviceTable();
  try {
    const scanned = await scanObject({ key: "bronze/b.csv", arrival: () => 0 }, pull, {
      ...options,
      readings: devices,
    });
    const figures = Array.from(devices.devices(), ({ id, ...figure }) => [Buffer.from(id).toString(), figure]);
    return { silver: rows.join(""), rejects, scanned, figures, error: null };
  } catch (error) {
    return { silver: rows.join(""), rejects, scanned: null, figures: [], error: messageOf(error) };
  }
}

const whole = (open: OpenRows, bytes: Buffer) => comeOf(open, bytes, [1e6], 64 * 1024, false);

describe.each(samples)("the source of rows $name", ({ sample }) => {
  const { open, lines, front = "", wanted, runs = 1 } = sample;
  const texts = fc
    .tuple(fc.array(fc.constantFrom(...lines), { maxLength: 30 }), fc.constantFrom("\n", ""))
    .map(([chosen, end]) => Buffer.from(front + chosen.join("\n") + end));

  it("gives the rows, rejects and absent cells of its sample", async () => {
    const { silver, rejects, scanned } = await whole(open, Buffer.from(wanted.text));
    expect(silver).toBe(wanted.silver);
    expect(rejects.map(({ line, reason, row }) => [line, reason, row])).toEqual(wanted.rejects);
    expect(scanned?.absent).toBe(wanted.absent);
  });

  it("gives the same rows, origins, figures and error in whatever pieces the bytes come, at once or later", async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    const property = fc.asyncProperty(
      texts,
      pieces,
      fc.integer({ min: 64, max: 200 }),
      fc.boolean(),
      async (...given) => {
        const [bytes, sizes, chunkBytes, late] = given;
        const [a, b] = [await whole(open, bytes), await comeOf(open, bytes, sizes, chunkBytes, late)];
        if (a.error !== null) expect(b.error).toBe(a.error);
        else expect(b).toEqual(a);
      },
    );
    await fc.assert(property, { numRuns: 300 * runs });
  });

  it("says of every reject where its bytes stand in the object, and on which line, in the order of the object", async () => {
    const property = fc.asyncProperty(texts, async (bytes) => {
      const { rejects } = await whole(open, bytes);
      for (const { line, byteOffset, row } of rejects) {
        expect(bytes.toString("latin1", byteOffset, byteOffset + row.length)).toBe(row);
        expect(bytes.toString("latin1", 0, byteOffset).split("\n").length).toBe(line);
      }
      expect(rejects.map(({ line }) => line)).toEqual(rejects.map(({ line }) => line).toSorted((a, b) => a - b));
    });
    await fc.assert(property, { numRuns: 200 * runs });
  });

  it("counts and digests all bytes of the object, and those only", async () => {
    const property = fc.asyncProperty(texts, async (bytes) => {
      const { scanned } = await whole(open, bytes);
      if (scanned === null) return;
      expect([scanned.size, scanned.sha256]).toEqual([bytes.length, createHash("sha256").update(bytes).digest("hex")]);
    });
    await fc.assert(property, { numRuns: 100 * runs });
  });
});

it("every source of rows in src/ has its sample here", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const all = names.map((file) => readFileSync(join(import.meta.dirname, file), "utf8")).join("\n");
  for (const file of files) {
    const text = readFileSync(join("src", file), "utf8");
    const opened = [...text.matchAll(/export const (open\w+): OpenRows/g)].map(([, name]) => name);
    const classes = [...text.matchAll(/class (\w+) implements RowSource\b/g)].map(([, name]) => name);
    // A class that others cannot make is opened by what its file exports.
    const made = opened.length > 0 ? opened : classes;
    for (const name of made) expect([file, name, all.includes(name)]).toEqual([file, name, true]);
  }
});
