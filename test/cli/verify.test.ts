import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { BAD, CLI, folder, HEADER, ODD, ROW, tree } from "./run-cli.ts";

/** A lake of three batches, each with silver, anomalies, rejects and gold. */
async function lakeOf(names: readonly string[] = ["a", "b", "c"]): Promise<string> {
  const files = names.map((name, i) => [
    `lake/bronze/${name}.csv`,
    HEADER + ROW.replace("20.5", String(i)) + ODD + BAD,
  ]);
  const cwd = folder(Object.fromEntries(files));
  await cli(["run"], { cwd });
  return cwd;
}

const verify = async (cwd: string, ...args: string[]) => {
  const ran = await cli(["verify", ...args, "--json"], { cwd });
  const document = JSON.parse(ran.stdout);
  const states = Object.fromEntries(
    document.findings.map((one: { key: string; state: string }) => [one.key, one.state]),
  );
  return { code: ran.code, counts: document.counts, states, document, stderr: ran.stderr };
};

const NONE = { intact: 0, changed: 0, missing: 0, orphaned: 0, unknown: 0, stale: 0 };

/** Receipts of a batch, by their paths in this file system. */
function receiptsOf(lake: string, name: string): string[] {
  const all = fs.readdirSync(join(lake, "receipts"), { recursive: true, encoding: "utf8" });
  return all
    .filter((path) => path.includes(`${name}/`) && path.endsWith(".json"))
    .map((path) => join(lake, "receipts", path));
}

/** Flips a bit of a file as a failing disk does: size and mtime stay as they are. */
function flip(path: string, at = -3): void {
  const { atime, mtime } = fs.statSync(path);
  const bytes = fs.readFileSync(path);
  bytes[bytes.length + at] ^= 1;
  fs.writeFileSync(path, bytes);
  fs.utimesSync(path, atime, mtime);
}

describe("verify", () => {
  it("finds a lake intact that was just made, copied, touched or had its rights changed", async () => {
    const cwd = await lakeOf();
    const whole = { code: 0, counts: { ...NONE, intact: 15 }, states: {} };
    expect(await verify(cwd)).toMatchObject(whole);
    fs.cpSync(join(cwd, "lake"), join(cwd, "copy"), { recursive: true });
    expect(await verify(cwd, "copy")).toMatchObject(whole);
    fs.rmSync(join(cwd, "copy/.vantageflow"), { recursive: true });
    expect(await verify(cwd, "copy")).toMatchObject(whole);
    for (const key of Object.keys(tree(join(cwd, "lake")))) {
      fs.chmodSync(join(cwd, "lake", key), 0o600);
      fs.utimesSync(join(cwd, "lake", key), 1e9, 1e9);
    }
    expect(await verify(cwd)).toMatchObject(whole);
  });

  it("finds a flipped bit in every layer, whatever size, times and metadata say", async () => {
    for (const key of ["bronze/a.csv", "silver/a.csv", "anomalies/a.csv", "anomalies/a.rejects.csv", "gold/a.csv"]) {
      const cwd = await lakeOf();
      flip(join(cwd, "lake", key));
      const counts = { ...NONE, intact: 14, changed: 1 };
      expect(await verify(cwd)).toMatchObject({ code: 1, counts, states: { [key]: "changed" } });
    }
  });

  it("finds an output that is missing, and the loss of a whole batch", async () => {
    const cwd = await lakeOf();
    fs.rmSync(join(cwd, "lake/anomalies/b.rejects.csv"));
    fs.rmSync(join(cwd, "lake/gold/c.csv"));
    for (const place of ["bronze/a.csv", "silver/a.csv", "anomalies/a.csv", "anomalies/a.rejects.csv", "gold/a.csv"]) {
      fs.rmSync(join(cwd, "lake", place));
    }
    const states = { "anomalies/b.rejects.csv": "missing", "gold/c.csv": "missing", "bronze/a.csv": "missing" };
    const { counts, ...rest } = await verify(cwd);
    expect([counts, rest.code, rest.states]).toEqual([{ ...NONE, intact: 8, missing: 3 }, 1, states]);
    expect(rest.document.findings.map(({ mendable }: { mendable: boolean }) => mendable)).toEqual([false, true, true]);
    expect(rest.stderr).toContain("vantageflow restore-from BACKUP, or vantageflow versions bronze/a.csv\n");
  });

  it("finds the outputs of a renamed batch, and of one that was removed", async () => {
    const cwd = await lakeOf();
    fs.renameSync(join(cwd, "lake/bronze/a.csv"), join(cwd, "lake/bronze/new.csv"));
    fs.rmSync(join(cwd, "lake/bronze/b.csv"));
    const orphans = ["silver/", "anomalies/", "gold/"].flatMap((layer) => [`${layer}a.csv`, `${layer}b.csv`]);
    const rejects = ["anomalies/a.rejects.csv", "anomalies/b.rejects.csv"];
    const states = Object.fromEntries([...orphans, ...rejects].map((key) => [key, "orphaned"]));
    expect(await verify(cwd)).toMatchObject({ code: 1, states: { ...states, "bronze/new.csv": "unknown" } });
    await cli(["run"], { cwd });
    expect(await verify(cwd)).toMatchObject({ code: 1, counts: { ...NONE, intact: 10, orphaned: 8 }, states });
  });

  it("takes no output for an orphan whose bronze was removed by its retention, and misses none that was", async () => {
    const layers: [number, string[]][] = [
      [8, ["bronze", "silver", "gold"]],
      [35, ["silver", "gold"]],
      [65, ["gold"]],
    ];
    for (const [days, left] of layers) {
      const cwd = await lakeOf();
      await cli(["expire", "--now", new Date(Date.now() + days * 86_400_000).toISOString()], { cwd });
      const keys = left.flatMap((layer) => ["a", "b", "c"].map((name) => `${layer}/${name}.csv`));
      expect(Object.keys(tree(join(cwd, "lake")))).toEqual(keys);
      expect(await verify(cwd)).toMatchObject({ code: 0, counts: { ...NONE, intact: keys.length } });
    }
  });

  it("says what no receipt names, what made it otherwise, and nothing bad of what was refused or put by hand", async () => {
    const cwd = await lakeOf();
    fs.writeFileSync(join(cwd, "lake/silver/hand.csv"), HEADER + ROW);
    fs.writeFileSync(join(cwd, "lake/bronze/refused.csv"), "nothing of the kind\n");
    await cli(["run"], { cwd });
    expect(await verify(cwd)).toMatchObject({ code: 0, counts: { ...NONE, intact: 18 } });
    fs.rmSync(join(cwd, "lake/bronze/refused.csv"));
    expect(await verify(cwd)).toMatchObject({ code: 0, counts: { ...NONE, intact: 17 } });
    fs.rmSync(join(cwd, "lake/receipts/vantageflow-process-iot/b.csv"), { recursive: true });
    fs.writeFileSync(join(cwd, "lake/bronze/waits.csv"), HEADER + ROW);
    const states = {
      "bronze/b.csv": "unknown",
      "anomalies/b.csv": "unknown",
      "anomalies/b.rejects.csv": "unknown",
      "bronze/waits.csv": "unknown",
    };
    const found = await verify(cwd);
    expect(found).toMatchObject({ code: 1, states });
    expect(found.stderr).toContain("What waits is processed by: vantageflow run\n");
    await cli(["run"], { cwd });
    const stale = await verify(cwd, "--anomaly-threshold", "0.95");
    expect(stale).toMatchObject({
      code: 1,
      counts: { ...NONE, intact: 5, stale: 16 },
    });
    expect(stale.stderr).toContain("vantageflow run --reprocess\n");
  });

  it("looks at what a prefix names, by key or by path", async () => {
    const cwd = await lakeOf(["2025/a", "2025/b", "2026/a"]);
    fs.rmSync(join(cwd, "lake/gold/2025/a.csv"));
    const cases: [string, number][] = [
      ["2025/", 10],
      ["2025/b", 5],
      ["gold/2025/", 2],
      ["anomalies", 6],
      ["2027", 0],
    ];
    for (const [prefix, objects] of cases) {
      const { counts } = await verify(cwd, "--prefix", prefix);
      expect([prefix, Object.values<number>(counts).reduce((sum, n) => sum + n)]).toEqual([prefix, objects]);
    }
    expect(await verify(cwd, "--prefix", "gold/2025/")).toMatchObject({
      code: 1,
      states: { "gold/2025/a.csv": "missing" },
    });
  });

  it("is told of one object that cannot be read, and of all others all the same", async () => {
    const cwd = await lakeOf();
    fs.rmSync(join(cwd, "lake/gold/b.csv"));
    const preload = join(cwd, "unreadable.mjs");
    fs.writeFileSync(
      preload,
      `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
      const open = fs.openSync;
      fs.openSync = (path, ...rest) => {
        if (String(path).endsWith("silver/a.csv")) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
        return open(path, ...rest);
      };
      syncBuiltinESMExports();`,
    );
    const ran = await cli(["verify", "--json"], { cwd, env: { NODE_OPTIONS: `--import ${preload}` } });
    const document = JSON.parse(ran.stdout);
    expect([ran.code, document.counts.intact, document.counts.missing]).toEqual([1, 9, 1]);
    expect(document.failed).toEqual([{ key: "a.csv", message: expect.stringContaining("silver/a.csv") }]);
    expect(ran.stderr).toContain('Cannot read "silver/a.csv"');
  });
});

describe("outputs whose bronze was renamed or removed", () => {
  const status = async (cwd: string) => JSON.parse((await cli(["status", "--json"], { cwd })).stdout).health;

  it("are a reason of status and told by explain, by any of the batch's keys; one that expired is none", async () => {
    const cwd = await lakeOf(["a", "b"]);
    expect((await status(cwd)).reasons.map(({ code }: { code: string }) => code)).not.toContain("outputs_orphaned");
    fs.renameSync(join(cwd, "lake/bronze/a.csv"), join(cwd, "lake/bronze/new.csv"));
    await cli(["run"], { cwd });
    const { verdict, reasons } = await status(cwd);
    expect([verdict, reasons]).toEqual([
      "degraded",
      expect.arrayContaining([
        {
          code: "outputs_orphaned",
          verdict: "degraded",
          message: "4 outputs are orphaned: their bronze was renamed, moved or removed",
          next: "vantageflow verify --fix",
        },
      ]),
    ]);
    for (const key of ["bronze/a.csv", "silver/a.csv", "gold/a.csv", "anomalies/a.rejects.csv", "a.csv"]) {
      const { stdout } = await cli(["explain", key], { cwd });
      expect(stdout).toMatch(/output +gold\/a.csv: \d+ bytes, orphaned\n/);
      expect(stdout).toMatch(/next .* vantageflow verify --fix --prefix a.csv\n$/);
    }
    expect((await cli(["explain", "new.csv"], { cwd })).stdout).not.toContain("orphaned");
  });

  it("are none where vantageflow itself removed the bronze", async () => {
    const cwd = await lakeOf(["a"]);
    await cli(["expire", "--now", new Date(Date.now() + 35 * 86_400_000).toISOString()], { cwd });
    expect((await status(cwd)).reasons.map(({ code }: { code: string }) => code)).not.toContain("outputs_orphaned");
    expect((await cli(["explain", "gold/a.csv"], { cwd })).stdout).not.toContain("orphaned");
  });
});

describe("verify --fix", () => {
  it("makes again what changed or is missing, removes orphans with their receipts, and then all is intact", async () => {
    const cwd = await lakeOf();
    const clean = tree(join(cwd, "lake"));
    flip(join(cwd, "lake/silver/b.csv"));
    flip(join(cwd, "lake/anomalies/b.rejects.csv"));
    fs.rmSync(join(cwd, "lake/gold/b.csv"));
    fs.renameSync(join(cwd, "lake/bronze/a.csv"), join(cwd, "lake/bronze/new.csv"));
    await cli(["run"], { cwd });
    const report = async () => (await cli(["report"], { cwd })).stdout.split("\t")[2];
    const twice = await report();
    const fixed = await verify(cwd, "--fix", "--yes");
    expect(fixed).toMatchObject({ code: 0, counts: { ...NONE, intact: 15 }, states: {} });
    expect(fixed.document.remade).toEqual(["bronze/b.csv"]);
    const removed = ["gold/a.csv", "silver/a.csv", "anomalies/a.csv", "anomalies/a.rejects.csv"];
    expect(fixed.document.removed).toEqual(removed);
    expect([twice, await report()]).toEqual(["6", "6"]);
    const after = tree(join(cwd, "lake"));
    expect(Object.fromEntries(Object.entries(after).map(([key, text]) => [key.replace("new", "a"), text]))).toEqual(
      clean,
    );
    expect(Object.keys(tree(join(cwd, "lake"), ["receipts"])).filter((key) => key.includes("/a.csv/"))).toEqual([]);
    expect((await cli(["versions", "gold/a.csv"], { cwd })).stdout.split("\n").length).toBe(3);
    expect(await verify(cwd, "--fix", "--yes")).toMatchObject({ code: 0, document: { remade: [], removed: [] } });
    expect((await cli(["explain", "gold/a.csv"], { cwd })).stdout).not.toContain("orphaned");
  });

  it("tells what stands beside bronze that is refused, as in a replica, which no removal reaches, and takes it away", async () => {
    const cwd = await lakeOf();
    const lake = join(cwd, "lake");
    const made = ["silver/a.csv", "anomalies/a.csv", "anomalies/a.rejects.csv", "gold/a.csv"];
    const before = [...made.map((key) => join(lake, key)), ...receiptsOf(lake, "a.csv")];
    const kept = before.map((path) => ({ path, bytes: fs.readFileSync(path) }));
    fs.writeFileSync(join(lake, "bronze/a.csv"), "no header\n");
    await cli(["run"], { cwd });
    const [clean, receipts] = [tree(lake), receiptsOf(lake, "a.csv")];
    expect(await verify(cwd)).toMatchObject({ code: 0, states: {} });
    for (const missing of [[], ["silver/a.csv"]]) {
      for (const { path, bytes } of kept) {
        fs.mkdirSync(dirname(path), { recursive: true });
        fs.writeFileSync(path, bytes);
      }
      for (const key of missing) fs.rmSync(join(lake, key));
      const there = made.filter((key) => !missing.includes(key));
      expect((await verify(cwd)).states).toEqual(Object.fromEntries(there.map((key) => [key, "changed"])));
      const fixed = await verify(cwd, "--fix", "--keep-orphans");
      expect([fixed.code, fixed.states, tree(lake)]).toEqual([0, {}, clean]);
      expect(fixed.stderr).not.toContain("Cannot");
      if (missing.length === 0) expect(receiptsOf(lake, "a.csv")).toEqual(receipts);
    }
  });

  it("misses no silver beside bronze that is refused, though the receipt of its gold came into a replica without that of its bronze", async () => {
    const cwd = await lakeOf();
    const lake = join(cwd, "lake");
    const kept = receiptsOf(lake, "a.csv").map((path) => ({ path, bytes: fs.readFileSync(path) }));
    fs.writeFileSync(join(lake, "bronze/a.csv"), "no header\n");
    await cli(["run"], { cwd });
    for (const { path, bytes } of kept) {
      fs.mkdirSync(dirname(path), { recursive: true });
      if (path.includes("process-iot")) fs.rmSync(path, { force: true });
      else fs.writeFileSync(path, bytes);
    }
    // What was removed by whom stands in the versions, which a replica has not.
    fs.rmSync(join(lake, ".vantageflow"), { recursive: true });
    expect((await verify(cwd)).states).toEqual({});
  });

  it("leaves silver by hand and its gold beside bronze that is refused", async () => {
    const cwd = await lakeOf();
    fs.writeFileSync(join(cwd, "lake/bronze/hand.csv"), "no header\n");
    await cli(["run"], { cwd });
    fs.copyFileSync(join(cwd, "lake/silver/a.csv"), join(cwd, "lake/silver/hand.csv"));
    await cli(["run"], { cwd });
    const { code, document } = await verify(cwd, "--fix", "--yes");
    expect([code, document.remade, document.removed]).toEqual([0, [], []]);
    expect(fs.existsSync(join(cwd, "lake/gold/hand.csv"))).toBe(true);
  });

  it("removes nothing while bronze is missing as a whole: its disk may come back", async () => {
    const cwd = await lakeOf();
    fs.renameSync(join(cwd, "lake/bronze"), join(cwd, "elsewhere"));
    const before = tree(join(cwd, "lake"));
    const { code, document, stderr } = await verify(cwd, "--fix", "--yes");
    expect([code, document.removed, document.counts.orphaned]).toEqual([1, [], Object.keys(before).length]);
    expect(stderr).toContain("there is no bronze/ in ./lake at all. Put it back");
    expect(tree(join(cwd, "lake"))).toEqual(before);
    fs.renameSync(join(cwd, "elsewhere"), join(cwd, "lake/bronze"));
    expect(await verify(cwd)).toMatchObject({ code: 0 });
    fs.rmSync(join(cwd, "lake/bronze"), { recursive: true });
    fs.mkdirSync(join(cwd, "lake/bronze"));
    expect((await verify(cwd, "--fix", "--yes")).document.removed.length).toBe(Object.keys(before).length);
  });

  it("never invents bronze, makes nothing of bronze that changed, and names what it cannot mend", async () => {
    const cwd = await lakeOf();
    flip(join(cwd, "lake/bronze/a.csv"));
    fs.rmSync(join(cwd, "lake/gold/a.csv"));
    flip(join(cwd, "lake/gold/b.csv"));
    const before = tree(join(cwd, "lake"), ["bronze", "silver", "anomalies"]);
    const { code, states, document, stderr } = await verify(cwd, "--fix", "--yes");
    expect([code, states]).toEqual([1, { "bronze/a.csv": "changed", "gold/a.csv": "missing" }]);
    expect(document.remade).toEqual(["bronze/b.csv"]);
    expect(stderr).toContain("vantageflow restore-from BACKUP, or vantageflow versions bronze/a.csv\n");
    expect(tree(join(cwd, "lake"), ["bronze", "silver", "anomalies"])).toEqual(before);
  });

  it("asks before it removes: without a terminal it needs --yes, and no flag that would mend a mirror by its source", async () => {
    const cwd = await lakeOf();
    fs.rmSync(join(cwd, "lake/bronze/a.csv"));
    const before = tree(join(cwd, "lake"));
    const cases: [string[], RegExp][] = [
      [["--fix"], /no terminal to ask.*Add --yes/],
      [["--fix", "--yes", "--ledger", "lake"], /Cannot use --fix with --ledger/],
    ];
    for (const [args, said] of cases) {
      const ran = await cli(["verify", ...args], { cwd });
      expect([ran.code, ran.stderr]).toEqual([2, expect.stringMatching(said)]);
    }
    expect(tree(join(cwd, "lake"))).toEqual(before);
  });

  it("killed between any two of its writes leaves what the next one mends to the same end", async () => {
    const make = async () => {
      const cwd = await lakeOf(["a", "b"]);
      fs.rmSync(join(cwd, "lake/bronze/a.csv"));
      flip(join(cwd, "lake/silver/b.csv"));
      return cwd;
    };
    const whole = await make();
    await verify(whole, "--fix", "--yes");
    for (let at = 1; ; at++) {
      const cwd = await make();
      const preload = join(cwd, "kill.mjs");
      fs.writeFileSync(
        preload,
        `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
        let left = ${at};
        for (const name of ["renameSync", "rmSync"]) {
          const real = fs[name];
          fs[name] = (...args) => {
            if (/bronze|silver|anomalies|gold|receipts/.test(String(args.at(name === "rmSync" ? 0 : 1))) && --left < 1)
              process.kill(process.pid, "SIGKILL");
            return real(...args);
          };
        }
        syncBuiltinESMExports();`,
      );
      const { code } = await cli(["verify", "--fix", "--yes"], { cwd, env: { NODE_OPTIONS: `--import ${preload}` } });
      await verify(cwd, "--fix", "--yes");
      await cli(["run"], { cwd });
      expect([at, await verify(cwd)]).toMatchObject([at, { code: 0, counts: { ...NONE, intact: 5 } }]);
      expect(tree(join(cwd, "lake"))).toEqual(tree(join(whole, "lake")));
      if (code !== null) break;
    }
  }, 240_000);
});

describe("the last verify", () => {
  const status = async (cwd: string) => JSON.parse((await cli(["status", "--json"], { cwd })).stdout);

  it("is told by status, with a reason while it has left damage; one of a part never hides one of the whole", async () => {
    const cwd = await lakeOf(["a", "b"]);
    expect((await status(cwd)).verified).toBeNull();
    await verify(cwd, "--prefix", "a");
    expect((await status(cwd)).verified).toMatchObject({ prefix: "a", counts: { intact: 5 } });
    flip(join(cwd, "lake/gold/a.csv"));
    await verify(cwd);
    await verify(cwd, "--prefix", "b");
    const { verified, health } = await status(cwd);
    expect(verified).toEqual({
      ...{ time: expect.any(String), code: expect.any(String), prefix: null, failed: 0, table: 0 },
      counts: { ...NONE, intact: 9, changed: 1 },
    });
    expect([health.verdict, health.reasons[0].code]).toEqual(["unhealthy", "verify_found_damage"]);
    const lines = (await cli(["status"], { cwd })).stdout;
    expect(lines).toMatch(/^verified\t\S+\t\t9\t1\t0\t0\t0\t0\t0$/m);
    await verify(cwd, "--fix", "--yes");
    const mended = await status(cwd);
    const codes = mended.health.reasons.map(({ code }: { code: string }) => code);
    expect([codes.includes("verify_found_damage"), mended.verified.counts]).toEqual([false, { ...NONE, intact: 10 }]);
    await cli(["backup", "./backup"], { cwd });
    expect((await cli(["status", "backup", "--json"], { cwd })).stdout).toContain(mended.verified.time);
    fs.writeFileSync(join(cwd, "lake/receipts/verify/last.json"), "{}");
    expect((await status(cwd)).ignored.keys).toEqual([
      { key: "receipts/verify/last.json", reason: expect.stringContaining("no record of a verify") },
    ]);
  });

  it("is not kept of a lake that cannot be written to, which is verified all the same", async () => {
    const cwd = await lakeOf(["a"]);
    const preload = join(cwd, "readonly.mjs");
    fs.writeFileSync(
      preload,
      `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
      const open = fs.openSync;
      fs.openSync = (path, flags, ...rest) => {
        if (/w/.test(String(flags))) throw Object.assign(new Error("EROFS"), { code: "EROFS" });
        return open(path, flags, ...rest);
      };
      syncBuiltinESMExports();`,
    );
    const ran = await cli(["verify"], { cwd, env: { NODE_OPTIONS: `--import ${preload}` } });
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining("was not kept for status")]);
    expect(ran.stderr).toContain("5 objects: 5 intact.");
  });
});

describe("a mirror", () => {
  it("is held against its own copy of the receipts, or against those of its source", async () => {
    const cwd = await lakeOf(["a", "b"]);
    await cli(["backup", "./backup"], { cwd });
    expect(await verify(cwd, "backup")).toMatchObject({ code: 0, counts: { ...NONE, intact: 10 } });
    fs.writeFileSync(join(cwd, "lake/bronze/later.csv"), HEADER + ROW);
    fs.writeFileSync(join(cwd, "lake/bronze/b.csv"), HEADER + ROW);
    await cli(["run"], { cwd });
    fs.rmSync(join(cwd, "backup/bronze/a.csv"));
    const before = tree(join(cwd, "lake"), ["bronze", "receipts"]);
    expect((await verify(cwd, "backup")).states).toMatchObject({ "gold/a.csv": "orphaned" });
    const { code, states, document } = await verify(cwd, "backup", "--ledger", "./lake");
    expect([code, document.ledger]).toEqual([1, "./lake"]);
    expect(states).toEqual({
      "bronze/a.csv": "missing",
      "bronze/b.csv": "changed",
      "silver/b.csv": "changed",
      "anomalies/b.csv": "changed",
      "anomalies/b.rejects.csv": "unknown",
      "gold/b.csv": "changed",
      "bronze/later.csv": "missing",
    });
    expect(tree(join(cwd, "lake"), ["bronze", "receipts"])).toEqual(before);
    const none = await cli(["verify", "backup", "--ledger", "./nowhere"], { cwd });
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('Cannot read the receipts of "./nowhere"')]);
  });
});

describe("a verify that is stopped", () => {
  /** Starts a verify that waits for ever once it has read so many objects, and sends it a signal then. */
  function stopped(cwd: string, signal: NodeJS.Signals, at: number): Promise<{ code: number | null; stdout: string }> {
    const preload = join(cwd, "slow.mjs");
    fs.writeFileSync(
      preload,
      `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
      const open = fs.openSync; let opened = 0;
      fs.openSync = (path, ...rest) => {
        if (/gold.b\\d+\\.csv$/.test(String(path)) && ++opened === ${at}) process.kill(process.pid, "${signal}");
        return open(path, ...rest);
      };
      const now = Date.now; let hurry = 0;
      Date.now = () => now() + (hurry += 10_000);
      syncBuiltinESMExports();`,
    );
    const child = spawn(process.execPath, ["--import", preload, CLI, "verify", "--json"], { cwd });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    return new Promise((done) => child.on("close", (code) => done({ code, stdout })));
  }

  const many = () => lakeOf(Array.from({ length: 200 }, (_, i) => `b${100 + i}`));

  it("by Ctrl-C says what it has found; the next one goes on behind it and comes to the same", async () => {
    const cwd = await many();
    flip(join(cwd, "lake/gold/b101.csv"));
    const { code, stdout } = await stopped(cwd, "SIGINT", 150);
    const first = JSON.parse(stdout);
    expect([code, first.complete, first.counts.changed]).toEqual([130, false, 1]);
    expect(first.counts.intact).toBeLessThan(999);
    flip(join(cwd, "lake/silver/b102.csv"));
    const { counts, stderr } = await verify(cwd);
    expect(counts).toEqual({ ...NONE, intact: 999, changed: 1 });
    expect(stderr).toContain("--restart");
    // What was looked at before it was stopped is not looked at again, until a verify begins anew.
    expect((await verify(cwd)).counts).toEqual({ ...NONE, intact: 998, changed: 2 });
  });

  it("by kill -9 goes on, and begins anew with --restart or another question", async () => {
    const cwd = await many();
    expect((await stopped(cwd, "SIGKILL", 150)).stdout).toBe("");
    flip(join(cwd, "lake/silver/b102.csv"));
    const other = await verify(cwd, "--anomaly-threshold", "0.5", "--prefix", "b102");
    expect(other.counts.changed).toBe(1);
    expect((await stopped(cwd, "SIGKILL", 150)).stdout).toBe("");
    expect((await verify(cwd, "--restart")).counts).toEqual({ ...NONE, intact: 999, changed: 1 });
  });
});

describe("what no receipt names", () => {
  it("waits to be processed only where somebody reads it, and else says what run says of it", async () => {
    const contract = { version: 1, name: "s", prefix: "bronze/s/", format: { type: "csv" } };
    const cwd = folder({ "s.json": JSON.stringify(contract), "lake/bronze/a.csv": HEADER + ROW });
    await cli(["contract", "apply", "s.json"], { cwd });
    await cli(["contract", "remove", "s", "--yes"], { cwd });
    for (const name of ["x.json", "y.csv.gz", "s/b.csv"]) {
      fs.mkdirSync(join(cwd, "lake/bronze/s"), { recursive: true });
      fs.writeFileSync(join(cwd, "lake/bronze", name), HEADER + ROW);
    }
    const { stdout, stderr } = await cli(["verify"], { cwd });
    const why = Object.fromEntries(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => [line.split("\t")[0], line.split("\t")[2]]),
    );
    expect(why["bronze/a.csv"]).toBe("no receipt names it: it waits to be processed");
    expect(stderr).toContain("What waits is processed by: vantageflow run\n");
    const ran = await cli(["run"], { cwd });
    for (const key of ["bronze/x.json", "bronze/y.csv.gz", "bronze/s/b.csv"]) {
      const reason = why[key].replace("no receipt names it: ", "");
      expect(ran.stderr).toContain(`Ignored ${key}: ${reason}.\n`);
    }
    const after = await cli(["verify"], { cwd });
    expect(after.stderr).not.toContain("vantageflow run\n");
    // Whatever else is wrong in contracts/, nothing can be processed until it is mended.
    fs.writeFileSync(join(cwd, "lake/contracts/broken.json"), "{");
    expect((await cli(["verify"], { cwd })).stdout).toContain("it is no contract, so it cannot be told");
  });
});
