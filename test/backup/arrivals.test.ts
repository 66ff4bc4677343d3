import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { planArrivals } from "../../src/backup/arrivals.ts";
import { mirror } from "../../src/backup/mirror.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { inProcess } from "../cli/in-process.ts";
import { folder, HEADER, ODD, ROW, tree } from "../cli/run-cli.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";

it("arrivals are bronze that the lake has not, or an older upload of; what it has as new or newer stays and is named", async () => {
  const [from, to] = [createMemoryStorage(), createMemoryStorage()];
  await put(to, "bronze/overwritten.csv", "old");
  await put(from, "bronze/superseded.csv", "old");
  for (const storage of [from, to]) await put(storage, "bronze/same.csv", "same");
  await sleep(2);
  await put(from, "bronze/overwritten.csv", "new");
  await put(to, "bronze/superseded.csv", "new");
  await put(from, "bronze/lost.csv", "lost");
  await put(from, "gold/lost.csv", "made of it");
  await put(to, "bronze/later.csv", "later");
  const { plan, kept } = await planArrivals(from, to, 2, () => {});
  const done = await mirror(from, to, plan, { concurrency: 2, removeExtra: false, removeEmptied: false });
  expect([done.copied.map(({ key }) => key).sort(), done.removed, kept]).toEqual([
    ["bronze/lost.csv", "bronze/overwritten.csv"],
    [],
    ["bronze/superseded.csv"],
  ]);
  const texts = await Promise.all((await keysOf(to)).map(async (key) => [key, await textOf(to, key)]));
  expect(Object.fromEntries(texts)).toEqual({
    "bronze/later.csv": "later",
    "bronze/lost.csv": "lost",
    "bronze/overwritten.csv": "new",
    "bronze/same.csv": "same",
    "bronze/superseded.csv": "new",
  });
});

it("restore-from --arrivals copies them, says what it kept with what to type, and exits 1 for that; with --delete it is refused", async () => {
  const cwd = folder({ "a.csv": HEADER + ROW, "b.csv": HEADER + ODD });
  await inProcess(["ingest", "a.csv", "--lake", "first"], { cwd });
  await inProcess(["ingest", "b.csv", "--name", "a.csv", "--lake", "second"], { cwd });
  await inProcess(["ingest", "b.csv", "--lake", "first"], { cwd });
  const before = tree(`${cwd}/second`);
  const ran = await inProcess(["restore-from", "first", "--arrivals", "--lake", "second", "--json"], { cwd });
  expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([
    1,
    { copied: [{ key: "bronze/b.csv" }], removed: [], kept: ["bronze/a.csv"] },
  ]);
  expect(ran.stderr).toContain('Kept "bronze/a.csv" of second');
  expect(ran.stderr).toContain("vantageflow diff second first --prefix bronze/a.csv");
  expect(tree(`${cwd}/second`)).toEqual({ ...before, "bronze/b.csv": HEADER + ODD });
  const refused = await inProcess(["restore-from", "first", "--arrivals", "--delete", "--yes"], { cwd });
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("Leave one of them out")]);
});

it("verify --fix --keep-orphans makes again what is missing, and removes nothing of what has no bronze", async () => {
  const cwd = folder({ "a.csv": HEADER + ROW, "b.csv": HEADER + ROW });
  await inProcess(["ingest", "a.csv", "b.csv"], { cwd });
  const { rmSync } = await import("node:fs");
  for (const key of ["bronze/a.csv", "gold/b.csv"]) rmSync(`${cwd}/lake/${key}`);
  const before = tree(`${cwd}/lake`);
  const ran = await inProcess(["verify", "--fix", "--keep-orphans", "--json"], { cwd });
  const { remade, removed, counts } = JSON.parse(ran.stdout);
  expect([ran.code, remade, removed, counts.orphaned]).toEqual([1, ["bronze/b.csv"], [], 3]);
  expect(tree(`${cwd}/lake`)).toMatchObject(before);
});
