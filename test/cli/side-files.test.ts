import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { keysOf } from "../pipeline/lake.ts";
import { cli, folder, HEADER, ROW } from "./run-cli.ts";

const METADATA = "lake/.vantageflow/metadata";
let cwd = "";

const sideFiles = () =>
  (fs.readdirSync(join(cwd, METADATA), { recursive: true, encoding: "utf8" }) as string[])
    .filter((name) => name.endsWith(".json"))
    .sort();
const ofKey = (key: string) => sideFiles().filter((name) => name.startsWith(`${key}@`));

function age(): void {
  const before = new Date(Date.now() - 25 * 3_600_000);
  for (const name of sideFiles()) fs.utimesSync(join(cwd, METADATA, name), before, before);
}

/** The metadata of every object that is there. */
async function heads() {
  const storage = createLocalStorage({ root: join(cwd, "lake") });
  const found: [string, unknown][] = [];
  for (const key of await keysOf(storage)) found.push([key, (await storage.head(key))?.metadata]);
  return found;
}

const expire = async (...args: string[]) => {
  const { code, stdout, stderr } = await cli(["expire", "--json", ...args], { cwd });
  return { code, stderr, ...(JSON.parse(stdout) as { side_files: number; failed: { key: string }[] }) };
};

/** Two batches, the first of which was replaced; then somebody removes outputs of both by hand. */
beforeEach(async () => {
  cwd = folder({ "a.csv": HEADER + ROW, "b.csv": HEADER + ROW, "2/a.csv": HEADER + ROW + ROW });
  await cli(["ingest", "a.csv", "b.csv"], { cwd });
  await cli(["ingest", "2/a.csv", "--overwrite"], { cwd });
  for (const key of ["silver/a.csv", "gold/b.csv"]) fs.rmSync(join(cwd, "lake", key));
});

describe("expire and the metadata of objects that somebody removed by hand", () => {
  it("sweeps it after a day, and no other: not of what is there, nor of what is retained", async () => {
    const [before, all] = [await heads(), sideFiles()];
    expect(all.length).toBeGreaterThan(5);
    expect((await expire()).side_files).toBe(0);
    age();
    expect((await expire("--dry-run")).side_files).toBe(2);
    expect(sideFiles()).toEqual(all);
    const kept = ofKey("silver/a.csv").length - 1;
    const said = await cli(["expire"], { cwd });
    expect([said.code, said.stderr]).toEqual([
      0,
      "2 metadata files of objects that are gone removed.\nNothing in ./lake is past its retention.\n",
    ]);
    expect(kept).toBeGreaterThan(0);
    expect([ofKey("silver/a.csv").length, ofKey("gold/b.csv"), sideFiles().length]).toEqual([kept, [], all.length - 2]);
    expect(await heads()).toEqual(before);
    expect((await expire()).side_files).toBe(0);
  });

  it("leaves a layer alone that is missing or empty, for it may come back", async () => {
    fs.renameSync(join(cwd, "lake/gold"), join(cwd, "gold"));
    fs.mkdirSync(join(cwd, "lake/gold"));
    age();
    expect((await expire()).side_files).toBe(1);
    fs.rmdirSync(join(cwd, "lake/gold"));
    expect((await expire()).side_files).toBe(0);
    fs.renameSync(join(cwd, "gold"), join(cwd, "lake/gold"));
    expect((await heads()).find(([key]) => key === "gold/a.csv")?.[1]).toMatchObject({ sourceKey: "silver/a.csv" });
  });

  it("tells what it cannot look at, leaves that, and does the rest", async () => {
    age();
    const versions = join(cwd, "lake/.vantageflow/versions/silver/a.csv");
    fs.renameSync(versions, join(dirname(versions), "elsewhere"));
    fs.symlinkSync("elsewhere", versions);
    const silver = ofKey("silver/a.csv");
    const { code, side_files, failed, stderr } = await expire();
    expect([code, side_files, failed.map(({ key }) => key)]).toEqual([1, 1, expect.arrayContaining(["silver/a.csv"])]);
    expect(stderr).toContain("symbolic link");
    expect(ofKey("silver/a.csv")).toEqual(silver);
  });
});
