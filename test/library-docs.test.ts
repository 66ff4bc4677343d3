import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import * as library from "../src/index.ts";
import { parseReceipt } from "../src/ledger/receipts.ts";
import { linkIn } from "../src/seals/chain.ts";
import { sealKey } from "../src/seals/names.ts";
import { PROTOCOL } from "../src/tables/delta/state.ts";
import { topology } from "../src/topology.ts";
import { cli, command, folder, HEADER, ODD, ROW } from "./cli/run-cli.ts";
import { keptLakes } from "./formats/lakes.ts";
import { startBucketLake } from "./lambda/bucket-lake.ts";
import { put, textOf } from "./pipeline/lake.ts";
import { environmentOf } from "./s3/client.ts";

const PAGE = readFileSync("docs/library.md", "utf8");

/** A user's project with the package installed and the examples of the page, by the names that they have there. */
function project(): string {
  const cwd = folder();
  mkdirSync(join(cwd, "node_modules"));
  symlinkSync(resolve("."), join(cwd, "node_modules/vantageflow"), "junction");
  for (const [, code, name] of PAGE.matchAll(/^```js\n(\/\/ (\S+\.mjs)\n[\s\S]*?)^```$/gm)) {
    writeFileSync(join(cwd, name), code);
  }
  return cwd;
}

describe("docs/library.md", () => {
  it("takes a batch to gold in memory", async () => {
    const { code, stdout } = await command(process.execPath, ["in-memory.mjs"], { cwd: project() });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/silver: 1,[\s\S]*\nSHED-1,1,20\.5,20\.5,20\.5,0,0\.0\n/),
    ]);
  });

  it("names exports that there are, and all that make lakes and do work", () => {
    const table = PAGE.slice(PAGE.indexOf("| export |"), PAGE.indexOf("**A stage writes"));
    const named = [...table.matchAll(/`(\w+)[`({]/g)].map(([, name]) => name);
    const lower = named.filter((name) => name in library);
    expect(Object.keys(library).filter((name) => !lower.includes(name))).toEqual(["openInputCopies"]);
  });

  describe("a stage in a Lambda of one's own", () => {
    type Handler = (event: object) => Promise<object[]>;
    let bucketLake: Awaited<ReturnType<typeof startBucketLake>>;
    let handler: Handler;

    beforeAll(async () => {
      bucketLake = await startBucketLake();
      const env = { ...environmentOf(bucketLake.server), AWS_REGION: "us-east-1" };
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      ({ handler } = await import(pathToFileURL(join(project(), "own-lambda.mjs")).href));
    });

    const eventOf = (key: string) => ({
      Records: [{ s3: { bucket: { name: bucketLake.lake.slice(5) }, object: { key: encodeURIComponent(key) } } }],
    });

    it("takes an upload to gold, again with the same bytes, and refuses a file that is wrong", async () => {
      const { storage, lake, server } = bucketLake;
      await put(storage, "bronze/ä b.csv", HEADER + ROW + ODD);
      const rows = { in: 2, silver: 1, anomalies: 1, rejects: 0, blank: 0 };
      expect(await handler(eventOf("bronze/ä b.csv"))).toEqual([{ key: "bronze/ä b.csv", rows, devices: 1 }]);
      const gold = await textOf(storage, "gold/ä b.csv");
      await handler(eventOf("bronze/ä b.csv"));
      expect(await textOf(storage, "gold/ä b.csv")).toBe(gold);
      await put(storage, "bronze/wrong.csv", "no header\n");
      expect(await handler(eventOf("bronze/wrong.csv"))).toEqual([
        { key: "bronze/wrong.csv", refused: expect.stringContaining('Cannot read "bronze/wrong.csv"'), line: 1 },
      ]);
      await storage.remove("bronze/wrong.csv");
      const call = { cwd: folder(), env: environmentOf(server) };
      const { stdout } = await cli(["run", lake, "--json"], call);
      expect(JSON.parse(stdout).batches).toMatchObject([{ key: "bronze/ä b.csv", outcome: "done" }]);
      expect((await cli(["verify", lake], call)).code).toBe(0);
      expect(await textOf(storage, "gold/ä b.csv")).toBe(gold);
    });

    it("throws what may pass, for Lambda to try again", async () => {
      await expect(handler(eventOf("bronze/gone.csv"))).rejects.toMatchObject({ code: "not_found" });
    });
  });

  it("says of everything that is stored which version is written and which are read", async () => {
    const row = (of: string) =>
      new RegExp(`^\\| ${of} \\| [^|]* \\| ([^|]*) \\| ([^|]*) \\|`, "m").exec(PAGE)?.slice(1) ?? expect.fail(of);
    expect(row("a lake")[1]).toBe(
      `lakes of ${keptLakes()
        .map(({ version }) => version)
        .join(" and ")}`,
    );
    const cwd = folder({ "b.csv": HEADER + ROW });
    await cli(["ingest", "b.csv"], { cwd });
    await cli(["tables", "sync"], { cwd });
    const lake = library.createLocalStorage({ root: join(cwd, "lake") });
    const written: number[] = [];
    for await (const { key } of lake.list(topology.layers.receipts.prefix)) {
      const { version, function: of } = JSON.parse((await textOf(lake, key)) ?? "{}");
      if (of !== undefined) written.push(version);
    }
    expect(new Set(written)).toEqual(new Set([2]));
    const old = keptLakes().flatMap(({ files }) =>
      files.filter(({ path }) => path.startsWith("receipts/vantageflow-")),
    );
    expect(old.filter(({ text }) => parseReceipt(text) !== null).length).toBeGreaterThan(10);
    expect(row("a receipt")).toEqual(["2", "1 and 2"]);
    expect(row("a contract")).toEqual(["1", "1"]);
    const contract = {
      ...JSON.parse(readFileSync("fixtures/contract-toa5/contracts/station.json", "utf8")),
      version: 2,
    };
    writeFileSync(join(cwd, "newer.json"), JSON.stringify(contract));
    const newer = await cli(["contract", "check", "newer.json"], { cwd });
    expect([newer.code, newer.stdout + newer.stderr]).toEqual([1, expect.stringContaining("version")]);
    await cli(["ledger", "seal"], { cwd });
    const seal = (await textOf(lake, sealKey(1))) ?? "";
    expect([row("a seal"), JSON.parse(seal).version]).toEqual([["1", "1"], 1]);
    expect(linkIn(sealKey(1), seal.replace('"version":1', '"version":2'))).toBeNull();
    const { minReaderVersion: reader, minWriterVersion: writer } = PROTOCOL;
    expect(row("the tables")).toEqual([`${reader}, ${writer}`, `up to ${reader}, ${writer}`]);
    expect(await textOf(lake, "tables/readings/_delta_log/00000000000000000000.json")).toContain(
      `"minReaderVersion":${reader},"minWriterVersion":${writer}`,
    );
  });
});
