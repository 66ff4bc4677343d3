import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, inject, it } from "vitest";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { inProcess as cli } from "./in-process.ts";
import { BAD, CLI, emptyLake, folder, HEADER, hasScript, ODD, onTerminal, ROW, stamps } from "./run-cli.ts";

const GOOD = HEADER + ROW.repeat(20);

/** A lake of this verdict. */
async function lakeThatIs(verdict: "healthy" | "degraded" | "unhealthy"): Promise<string> {
  const cwd = folder({ "good.csv": GOOD, "odd.csv": HEADER + ODD.replace("FAB-1", "FAB-2"), "bad.csv": "nothing" });
  await cli(["ingest", "good.csv"], { cwd });
  if (verdict === "degraded") await cli(["ingest", "odd.csv"], { cwd });
  if (verdict === "unhealthy") await cli(["ingest", "bad.csv"], { cwd });
  return cwd;
}

describe("vantageflow status", () => {
  it("calls a lake whose files got other times or modes by chmod or cp degraded, and well after a run", async () => {
    const cwd = folder({ "lake/bronze/a.csv": GOOD, "lake/bronze/b.csv": GOOD });
    await cli(["run"], { cwd });
    expect((await cli(["status", "--check"], { cwd })).stdout).toMatch(/^verdict\thealthy\t/);
    for (const name of ["a.csv", "b.csv"]) fs.chmodSync(join(cwd, "lake/bronze", name), 0o600);
    const shift = "const now = Date.now; Date.now = () => now() + 3_600_000";
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` };
    const { code, stdout } = await cli(["status", "--check"], { cwd, env });
    expect([code, stdout.split("\n").filter((line) => line.startsWith("reason"))]).toEqual([
      0,
      [expect.stringMatching(/^reason\tdegraded\treceipts_outdated\t2 batches carry other .*\tvantageflow run$/)],
    ]);
    expect((await cli(["run"], { cwd })).stdout).toMatch(/^(bronze\/[ab]\.csv\talready_ingested.*\n){2}$/);
    expect((await cli(["status", "--check"], { cwd })).stdout).toMatch(/^verdict\thealthy\t/);
  });

  it("says how the lake does and why; --check exits 3 only when it is unhealthy, and nothing is written", async () => {
    for (const [verdict, code, reasons] of [
      ["healthy", 0, []],
      ["degraded", 0, ["reason\tdegraded\tdevices_critical\tFAB-2 has more than 30 % anomalies\tvantageflow report"]],
      ["unhealthy", 3, ["reason\tunhealthy\tdead_letters_open\t1 dead letter is open\tvantageflow dlq list"]],
    ] as const) {
      const cwd = await lakeThatIs(verdict);
      const before = stamps(join(cwd, "lake"));
      const [plain, check] = [await cli(["status"], { cwd }), await cli(["status", "--check"], { cwd })];
      expect([plain.code, check.code, plain.stderr, check.stderr]).toEqual([0, code, "", ""]);
      const lines = plain.stdout.split("\n");
      expect(lines[0]).toBe(`verdict\t${verdict}\t${verdict === "unhealthy" ? 50 : 100}`);
      expect(lines.filter((line) => line.startsWith("reason"))).toEqual(reasons);
      expect(lines).toContainEqual(
        expect.stringMatching(/^layer\tgold\t[12]\t\d+\t[12]\t[12]\t\d{4}-\d\d-\d\dT[\d:.]+Z\t$/),
      );
      expect(plain.stdout).not.toContain("\u001b");
      expect(stamps(join(cwd, "lake"))).toEqual(before);
    }
  });

  it("prints the whole overview with --json", async () => {
    const cwd = await lakeThatIs("unhealthy");
    const { code, stdout } = await cli(["status", "--json", "--check"], { cwd });
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ version: 1, lake: "./lake", health: { verdict: "unhealthy", percentage: 50 } },
      today: { batches: 2, done: 1, refused: 1, rows: { in: 20, silver: 20 } },
      layers: { bronze: { files: 2, rows_24h: 20 }, gold: { files: 1, rows_24h: 1 } },
      dead_letters: { open: 1, letters: [{ key: "bronze/bad.csv" }] },
      devices: { total: 1, critical: 0 },
      cost: { kind: "estimate", region: "us-east-1" },
    });
  });

  it.runIf(hasScript)("shows the table where there is one: what it has, and what it does not have yet", async () => {
    const cwd = await lakeThatIs("healthy");
    expect((await cli(["status"], { cwd })).stdout).not.toContain("table");
    expect(JSON.parse((await cli(["status", "--json"], { cwd })).stdout).table).toBe(null);
    expect(onTerminal("status --no-color", cwd)).not.toMatch(/^ {2}table /m);
    await cli(["tables", "sync"], { cwd });
    expect((await cli(["status"], { cwd })).stdout).toMatch(
      /^table\treadings\t1\t20[\d-]+T[\d:.]+Z\t20\t1\t\d+\t0\tall\t\t$/m,
    );
    expect(onTerminal("status --no-color", cwd)).toMatch(
      /^ {2}table {9}20 rows in 1 file, [\d.]+ kB; version 1 of \d+s ago; nothing waits\r?$/m,
    );
    fs.writeFileSync(join(cwd, "more.csv"), GOOD);
    await cli(["ingest", "more.csv"], { cwd });
    const [table] = JSON.parse((await cli(["tables", "list", "--json"], { cwd })).stdout).tables;
    const { newest, lag } = JSON.parse((await cli(["status", "--json"], { cwd })).stdout).table;
    expect(newest).toMatchObject({ version: 1, rows: table.rows, files: table.files, bytes: table.bytes });
    expect(lag).toEqual({ batches: table.waiting, complete: true, oldest_seconds: expect.any(Number) });
    expect(onTerminal("status --no-color", cwd)).toMatch(
      /; 1 batch waits, the oldest for \d+s: vantageflow tables sync\r?$/m,
    );
  });

  it.runIf(hasScript)(
    "shows where detections are kept which devices have some today, how many are muted and how far behind they are",
    async () => {
      const end = Date.now() - 60_000;
      const rows = Array.from({ length: 400 }, (_, i) => {
        const time = new Date(end - (399 - i) * 300_000).toISOString();
        return ["loud", "known"].map((id) => `${time},${id},${i === 390 ? 75 : 20 + (i % 7) / 10},C,0.1\n`).join("");
      });
      const cwd = folder({ "a.csv": HEADER + rows.join(""), "more.csv": GOOD });
      for (const args of [
        ["ingest", "a.csv"],
        ["tables", "sync"],
      ])
        await cli(args, { cwd });
      expect((await cli(["status"], { cwd })).stdout).not.toContain("detections");
      expect(onTerminal("status --no-color", cwd)).not.toContain("detections");
      await cli(["detect"], { cwd });
      await cli(["detect", "mute", "known", "--from", "24h", "--why", "a test"], { cwd });
      const told = /^detections\t0\t1\t0\t1\t1\t1\t\ndetected\tloud\t1\t20[\d-]+T[\d:.]+Z\tspike$/m;
      expect((await cli(["status"], { cwd })).stdout).toMatch(told);
      const line = /^ {2}detections {4}1 in 24 h, 1 muted; loud: spike or unusual value 4\dm ago\r?$/m;
      expect(onTerminal("status --no-color", cwd)).toMatch(line);
      for (const args of [
        ["ingest", "more.csv"],
        ["tables", "sync"],
      ])
        await cli(args, { cwd });
      expect(onTerminal("status --no-color", cwd)).toMatch(/; 1 version of readings behind: vantageflow detect\r?$/m);
    },
  );

  it("says of an empty lake which command to run, and exits 0", async () => {
    const cwd = folder();
    fs.mkdirSync(join(cwd, "lake"));
    const { code, stdout, stderr } = await cli(["status", "--check"], { cwd });
    expect([code, stdout.split("\n")[0], stderr]).toEqual([
      0,
      "verdict\thealthy\t100",
      "./lake is empty. Try: vantageflow ingest FILE, or vantageflow demo\n",
    ]);
    expect(fs.readdirSync(cwd, { recursive: true })).toEqual(["lake"]);
  });

  it("calls no lake empty in which something is ignored", async () => {
    const cwd = folder({ "readings.csv": GOOD, "lake/bronze/.keep": "" });
    fs.rmSync(join(cwd, "lake/bronze/.keep"));
    fs.symlinkSync(join(cwd, "readings.csv"), join(cwd, "lake/bronze/readings.csv"));
    const { stdout, stderr } = await cli(["status"], { cwd });
    expect(stdout).toContain("reason\tdegraded\tobjects_ignored\t1 file is ignored\t");
    expect(stderr).toBe("");
  });

  it("counts the rejects and what waits, and says which command goes on", async () => {
    const cwd = folder({ "b.csv": HEADER + BAD + ROW, "lake/bronze/waits.csv": GOOD, "lake/bronze/notes.txt": "" });
    await cli(["ingest", "b.csv"], { cwd });
    const { stdout } = await cli(["status"], { cwd });
    expect(stdout).toMatch(/^work\t1\t\d+$/m);
    expect(stdout).toMatch(/^today\t1\t1\t0\t0\t2\t1\t0\t1\t0\t50\t/m);
    expect(stdout).toContain("reason\tdegraded\tobjects_ignored\t1 file is ignored\tvantageflow run --dry-run\n");
  });

  it.runIf(hasScript)(
    "draws one screen on a terminal, what to act on first, and no text of the lake drives it",
    async () => {
      const cwd = folder({ "b.csv": HEADER + ODD.replace("FAB-1", "\u001b[31mred") });
      await cli(["ingest", "b.csv"], { cwd });
      const screen = onTerminal("status --no-color", cwd).replaceAll("\r", "");
      expect(screen).not.toContain("\u001b");
      expect(screen).toMatch(/^ \\x1b\[31mred +1 +100\.0 $/m);
      const order = [
        "▲ DEGRADED",
        "has more than 30 % anomalies: vantageflow report",
        "UTC · last write",
        "batches",
        "act on: 1 critical",
        "bronze",
        "rows an hour",
        "alarms",
        "an estimate",
      ];
      const places = order.map((text) => screen.indexOf(text));
      expect(places.every((place) => place >= 0)).toBe(true);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(screen.split("\n").length).toBeLessThan(40);
      expect(onTerminal("status", cwd)).toContain("\u001b[33m");
      expect(onTerminal("status --no-color", emptyLake())).toContain("○ EMPTY · nothing ended in 24 h");
    },
  );

  it.runIf(hasScript)("draws no dead letter's own id raw: another program may have written it", async () => {
    const cwd = await lakeThatIs("unhealthy");
    const letters = join(cwd, "lake/dead-letter");
    const [name] = fs
      .readdirSync(letters, { recursive: true, encoding: "utf8" })
      .filter((one) => /Z?-[0-9a-f-]{36}$/.test(one));
    const letter = JSON.parse(fs.readFileSync(join(letters, name), "utf8"));
    letter.requestContext.requestId = "\u001bc\u001b[2J";
    fs.writeFileSync(join(letters, name), JSON.stringify(letter));
    const screen = onTerminal("status --no-color", cwd);
    expect(screen).not.toContain("\u001b");
    expect(screen).toContain("\\x1bc\\x1b[2J bronze/bad.csv");
  });

  it("--watch looks again until a signal: a document a line with --json, also while the lake cannot be read", async () => {
    const cwd = await lakeThatIs("healthy");
    const child = spawn(process.execPath, [CLI, "status", "--watch", "1", "--json"], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "close");
    let complaints = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaints += text;
    });
    const documents = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const until = async (
      isWanted: (document: { error?: { message: string }; health?: { verdict: string } }) => boolean,
    ) => {
      for (;;) {
        const document = JSON.parse((await documents.next()).value);
        expect(document.version).toBe(1);
        if (isWanted(document)) return;
      }
    };
    await until(({ health }) => health?.verdict === "healthy");
    fs.renameSync(join(cwd, "lake"), join(cwd, "away"));
    fs.writeFileSync(join(cwd, "lake"), "");
    await until(({ error }) => error !== undefined);
    fs.rmSync(join(cwd, "lake"));
    await until(({ error }) => /"\.\/lake": it was there and is gone/.test(error?.message ?? ""));
    fs.renameSync(join(cwd, "away"), join(cwd, "lake"));
    await until(({ health }) => health?.verdict === "healthy");
    child.kill("SIGINT");
    expect((await ended)[0]).toBe(130);
    expect(complaints).toMatch(/^vantageflow: Cannot list .* What is shown is of \d{4}-.*\.\n/);
  });

  it.runIf(hasScript)("--watch draws over what it drew before on a terminal", async () => {
    const cwd = await lakeThatIs("healthy");
    const drawn = onTerminal("status --watch 1 & pid=$!; sleep 3; kill -TERM $pid; wait $pid || true", cwd);
    const screens = drawn.split("\u001b[H\u001b[J");
    expect(screens.length).toBeGreaterThanOrEqual(3);
    expect(screens[0]).toBe("");
    expect(screens.slice(1).every((screen) => screen.includes("HEALTHY"))).toBe(true);
  });

  it("takes no number of seconds that is none, and no check that goes on", async () => {
    const cwd = folder();
    for (const args of [
      ["--watch", "0"],
      ["--watch", "soon"],
      ["--watch", "1e9"],
      ["--watch", "2", "--check"],
    ]) {
      const { code, stdout, stderr } = await cli(["status", ...args], { cwd });
      expect([args, code, stdout, stderr]).toEqual([
        args,
        2,
        "",
        expect.stringMatching(/^vantageflow: Cannot .*\.\n$/),
      ]);
    }
  });
});

for (const server of inject("s3Servers")) {
  it(`vantageflow status tells of a bucket what it tells of a directory (${server.name})`, async () => {
    const client = connect(server);
    const bucket = await makeBucket(client);
    const env = environmentOf(server);
    const cwd = folder({ "good.csv": GOOD, "odd.csv": HEADER + ODD, "bad.csv": "nothing" });
    const look = async (lake: string) => {
      await cli(["ingest", "good.csv", "odd.csv", "bad.csv", "--lake", lake], { cwd, env });
      const { code, stdout } = await cli(["status", "--check", "--json", "--lake", lake], { cwd, env });
      const { health, layers, devices, work, batches, dead_letters } = JSON.parse(stdout);
      const sizes = Object.values<{ files: number; bytes: number }>(layers).map(({ files, bytes }) => [files, bytes]);
      return {
        ...{ code, verdict: health.verdict, percentage: health.percentage, sizes, devices, work },
        batches: batches.map(({ key, outcome, rows }: Record<string, unknown>) => [key, outcome, rows]).toSorted(),
        letters: dead_letters.letters.map(({ key, code }: Record<string, unknown>) => [key, code]),
      };
    };
    const here = await look("./here");
    expect(here).toMatchObject({ code: 3, verdict: "unhealthy", percentage: 66.6 });
    expect(await look(`s3://${bucket}/x`)).toEqual(here);
    client.destroy();
  });
}
