import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { letterIdOf } from "../../src/ledger/letters.ts";
import { letterName, receiptName } from "../../src/ledger/names.ts";
import { parseReceipt } from "../../src/ledger/receipts.ts";
import { createMonitor } from "../../src/monitor/monitor.ts";
import { identityOf, tokenOf } from "../../src/storage/local/files.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { cli, emptyLake } from "../cli/run-cli.ts";
import { keysOf, textOf } from "../pipeline/lake.ts";
import { copyTo, FUNCTIONS, keepIn, keptLakes } from "./lakes.ts";

const { version: TODAY } = JSON.parse(readFileSync("package.json", "utf8"));
const LAYERS = ["bronze/", "silver/", "anomalies/", "gold/"];
const DONE = ["cut", "mixed", "over", "plain"].map((name) => `bronze/${name}.csv`);
const REFUSED = ["bronze/open.csv", "bronze/seen.csv"];
const ALONE = "silver/by=hand/alone.csv";

const lakes = keptLakes();

it("there is a lake of every version that has another form of something", () => {
  expect(lakes.map(({ version }) => version)).toEqual(["1.0.0", "1.1.0"]);
});

describe.each(lakes)("a lake that version $version has made", ({ version, files }) => {
  const lake = (put: typeof keepIn) => {
    const cwd = emptyLake();
    put(join(cwd, "lake"), files);
    return { cwd, storage: createLocalStorage({ root: join(cwd, "lake") }) };
  };
  const kept = () => lake(keepIn);
  const copied = () => lake(copyTo);
  const json = async (cwd: string, ...args: string[]) => JSON.parse((await cli([...args, "--json"], { cwd })).stdout);
  const said = (path: string) => files.find((file) => file.path === path)?.text;
  type Storage = ReturnType<typeof kept>["storage"];

  /** All that the layers hold is what that version wrote. */
  async function expectSameBytes(storage: Storage): Promise<void> {
    const standing = files.filter(({ path }) => LAYERS.some((layer) => path.startsWith(layer)));
    const keys = (await Promise.all(LAYERS.map((layer) => keysOf(storage, layer)))).flat();
    expect(keys.toSorted()).toEqual(standing.map(({ path }) => path).toSorted());
    for (const { path, text } of standing) expect([path, await textOf(storage, path)]).toEqual([path, text]);
  }

  async function receiptsOf(storage: Storage) {
    const keys = (await keysOf(storage, "receipts/")).filter((key) => receiptName(key) !== null);
    return Promise.all(keys.map(async (key) => JSON.parse((await textOf(storage, key)) ?? "")));
  }

  /** What verify finds: all is intact, but that another version made the outputs. */
  async function expectVerified(cwd: string): Promise<void> {
    const { counts, findings } = await json(cwd, "verify");
    const outputs = version === TODAY ? 0 : 14;
    expect(counts).toEqual({ intact: 21 - outputs, stale: outputs, changed: 0, missing: 0, orphaned: 0, unknown: 0 });
    const why = `made by version ${version}, and this is ${TODAY}`;
    expect(findings.map((one: { why: string }) => one.why)).toEqual(Array(outputs).fill(why));
  }

  /** Codes of what is wrong, but for what is told only as long as the lake is new. */
  async function reasons(cwd: string): Promise<string[]> {
    const { health } = await json(cwd, "status");
    const codes: string[] = health.reasons.map(({ code }: { code: string }) => code);
    return codes.filter((code) => code !== "last_line_unterminated" && code !== "alarm");
  }

  /** What has become of the dead letters, by the file that each is about. */
  async function letters(cwd: string): Promise<string[]> {
    const { dead_letters: all } = await json(cwd, "dlq", "list", "--all");
    const said = (one: { source: string; open: boolean; closed: string | null }) =>
      `${one.source}: ${one.open ? "open" : one.closed}`;
    return all.map(said).toSorted();
  }

  it("named versions and side files as this one does", () => {
    const at = new Map(files.map((file) => [file.path, file.stat]));
    const statOf = (path: string) => at.get(path) ?? expect.fail(`there is no ${path}`);
    const receipts = files.flatMap(({ path }) => receiptName(path) ?? []);
    expect(receipts).toHaveLength(11);
    for (const { function: fn, path, token } of receipts) {
      const layer = fn === FUNCTIONS[0] ? "bronze" : "silver";
      expect(token).toBe(tokenOf(statOf(`${layer}/${path}`)));
    }
    for (const key of REFUSED) {
      const id = letterIdOf(FUNCTIONS[0], { key, token: tokenOf(statOf(key)) });
      expect(files.filter(({ path }) => letterName(path)?.id === id)).toHaveLength(1);
    }
    const identities = [...at].filter(([path]) => /^(silver|anomalies|gold)\//.test(path));
    for (const [path, stat] of identities) {
      const side = said(`.vantageflow/metadata/${path}@${identityOf(stat)}.json`);
      expect([path, side !== undefined]).toEqual([path, path !== ALONE]);
    }
  });

  it("is healthy, has no work and is what its receipts say", async () => {
    const { cwd, storage } = kept();
    const before = await receiptsOf(storage);
    expect(await reasons(cwd)).toEqual(["dead_letters_open"]);
    expect((await json(cwd, "run")).batches).toEqual([]);
    await expectVerified(cwd);
    await expectSameBytes(storage);
    expect(await receiptsOf(storage)).toEqual(before);
    expect(before.map((one) => one.version)).toEqual(Array(11).fill(1));
  });

  it("is told of as it was", async () => {
    const { cwd, storage } = kept();
    const { functions, next } = await json(cwd, "explain", "mixed.csv");
    const rows = { in: 15, silver: 12, anomalies: 1, rejects: 1, blank: 1 };
    const tally = { anomaly_threshold: 0.5, devices: 3 };
    const [split, aggregated] = functions.map((one: { receipt: object }) => one.receipt);
    expect(split).toMatchObject({ version: 2, current: true, code: version, split: { ...tally, rows } });
    const sibling = split.outputs.find(({ key }: { key: string }) => key === "anomalies/mixed.csv");
    expect(aggregated).toMatchObject({ version: 2, current: true, aggregate: { ...tally, sibling } });
    expect(next.does).toBe("nothing");
    const alone = await json(cwd, "explain", "by=hand/alone.csv");
    expect(alone.functions[1].receipt.aggregate).toMatchObject({ rows: { in: 5 }, sibling: null });
    const { stdout } = await cli(["explain", "cut.csv"], { cwd });
    expect(stdout).toContain(`by ${version}, threshold 0.5. 7 rows: 7 silver, 0 anomalies, 0 rejects, 0 blank`);
    expect(stdout.includes("has no line end")).toBe(version !== "1.0.0");
    const monitor = createMonitor({ storage, failures: null, now: Date.now });
    await monitor.refresh();
    const detail = await monitor.batch("gold/mixed.csv");
    expect(detail?.functions.map(({ receipt }) => receipt)).toMatchObject([{ split: { rows } }, { aggregate: tally }]);
    expect(detail?.rejects.total).toBe(1);
  });

  it("lists its dead letters, open and dismissed; one is closed by a file that is mended", async () => {
    const { cwd, storage } = kept();
    expect(await letters(cwd)).toEqual(["bronze/open.csv: open", "bronze/seen.csv: dismissed"]);
    expect((await cli(["dlq", "redrive"], { cwd })).code).toBe(1);
    expect(await letters(cwd)).toEqual(["bronze/open.csv: open", "bronze/seen.csv: dismissed"]);
    copyTo(join(cwd, "lake"), [{ path: "bronze/open.csv", text: said("bronze/plain.csv") ?? "" }]);
    expect((await json(cwd, "run")).batches).toMatchObject([{ key: "bronze/open.csv", outcome: "done" }]);
    expect(await letters(cwd)).toEqual(["bronze/open.csv: replaced", "bronze/seen.csv: dismissed"]);
    expect(await textOf(storage, "gold/open.csv")).toBe(await textOf(storage, "gold/plain.csv"));
    expect(new Set((await receiptsOf(storage)).map((one) => one.version))).toEqual(new Set([1, 2]));
    expect(await reasons(cwd)).toEqual([]);
  });

  it("gives its versions back, replaced and removed", async () => {
    const { cwd, storage } = kept();
    const retained = (key: string) => files.find(({ path }) => path.startsWith(`.vantageflow/versions/${key}/`));
    for (const key of ["bronze/over.csv", "anomalies/over.rejects.csv"]) {
      const { versions } = await json(cwd, "versions", key);
      const old = versions.find((one: { current: boolean; deleted: boolean }) => !one.current && !one.deleted);
      expect(old.version_id).toBe(/-([0-9a-f]{24})-/.exec(retained(key)?.path ?? "")?.[1]);
      expect((await cli(["restore", key, "--version-id", old.version_id], { cwd })).code).toBe(0);
      expect(await textOf(storage, key)).toBe(retained(key)?.text);
    }
  });

  it("keeps all of it when it expires, and loses a batch with its outputs when it is told to", async () => {
    const { cwd, storage } = kept();
    const { removed } = await json(cwd, "expire");
    expect(removed).toEqual([]);
    await expectSameBytes(storage);
    rmSync(join(cwd, "lake/bronze/mixed.csv"));
    expect((await json(cwd, "verify")).counts.orphaned).toBe(4);
    expect((await json(cwd, "verify", "--fix", "--yes")).removed).toHaveLength(4);
    expect((await keysOf(storage, "receipts/")).filter((key) => key.includes("/mixed.csv/"))).toEqual([]);
  });

  it("needs receipts and nothing else once it was copied: they say what they said, as version 2", async () => {
    const { cwd, storage } = copied();
    expect(await reasons(cwd)).toEqual([]);
    await expectVerified(cwd);
    const { batches } = await json(cwd, "run");
    expect(batches.map((one: { key: string; outcome: string }) => [one.key, one.outcome]).toSorted()).toEqual(
      [...DONE, ALONE]
        .map((key) => [key, "already_ingested"])
        .concat(REFUSED.map((key) => [key, "refused"]))
        .toSorted(),
    );
    await expectSameBytes(storage);
    const before = files.flatMap(({ path, text }) => (receiptName(path) === null ? [] : (parseReceipt(text) ?? [])));
    const after = await receiptsOf(storage);
    // But for the version that they are of.
    const saying = (all: readonly { source: object }[]) =>
      new Set(all.map((one) => JSON.stringify({ ...one, source: { ...one.source, token: null, modified: null } })));
    expect(saying(after)).toEqual(saying(before));
    for (const { source } of after) expect((await storage.head(source.key))?.token).toBe(source.token);
    expect((await json(cwd, "run")).batches).toEqual([]);
    expect(await letters(cwd)).toEqual(["bronze/open.csv: open", "bronze/seen.csv: dismissed"]);
    await expectVerified(cwd);
  });

  it("may be made again in part: receipts of both versions stand in one lake", async () => {
    const { cwd, storage } = kept();
    expect((await json(cwd, "run", "--reprocess", "plain.csv")).batches).toMatchObject([{ outcome: "done" }]);
    const versions = (await receiptsOf(storage)).map((one) => [one.source.key.endsWith("/plain.csv"), one.version]);
    expect(new Set(versions.map(String))).toEqual(new Set(["true,2", "false,1"]));
    expect((await json(cwd, "run")).batches).toEqual([]);
    expect(await reasons(cwd)).toEqual(["dead_letters_open"]);
    const { counts } = await json(cwd, "verify");
    expect([counts.changed, counts.missing, counts.unknown, counts.orphaned]).toEqual([0, 0, 0, 0]);
  });
});
