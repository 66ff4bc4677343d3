import * as fs from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { cli, folder, tree } from "../cli/run-cli.ts";
import { keysOf } from "../pipeline/lake.ts";
import { BETTER, cleanRun, deadLettersOf, faulty, GOOD, ledgerProblems, REFUSED, stateOf, writeFile } from "./lakes.ts";
import { startWatch } from "./watching.ts";

const HEADER = GOOD.slice(0, GOOD.indexOf("\n") + 1);

it("contract 1: no reader ever sees a partial object, however often it is made again", async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, i) => `2025-01-01T00:00:00Z,D${i % 50},${i},C,${i % 3 === 0 ? 0.6 : 0.1}\n`,
  );
  const content = HEADER + rows.join("");
  const cwd = folder({ "lake/bronze/b.csv": content });
  const whole = [0.5, 0.7].map((threshold) => cleanRun({ "bronze/b.csv": content }, threshold));
  const allowed = (await Promise.all(whole)).map(({ files }) => files);
  let isOver = false;
  const writing = (async () => {
    for (const threshold of ["0.5", "0.7", "0.5", "0.7", "0.5"]) {
      await cli(["run", "--reprocess", "--lake", "lake"], { cwd, env: { ANOMALY_THRESHOLD: threshold } });
    }
    isOver = true;
  })();
  const torn: string[] = [];
  let looks = 0;
  while (!isOver) {
    for (const [key, text] of Object.entries(tree(join(cwd, "lake"), ["silver", "anomalies", "gold"]))) {
      looks++;
      if (!allowed.some((files) => files[key] === text)) torn.push(`${key}: ${text.length} bytes`);
    }
    for (const [key, text] of Object.entries(tree(join(cwd, "lake"), ["receipts"]))) {
      if (!text.endsWith("}\n")) torn.push(key);
    }
    await new Promise((next) => setTimeout(next, 1));
  }
  await writing;
  expect(looks).toBeGreaterThan(100);
  expect(torn).toEqual([]);
}, 60_000);

/** A lake whose functions fail in their worker threads, while the main thread's disk is well. */
async function watched(fault: Record<string, unknown>, content: string) {
  const cwd = folder({ "lake/bronze/b.csv": content });
  const lake = join(cwd, "lake");
  const watch = await startWatch(cwd, ["--retry-delay", "0.05"], faulty({ lake, thread: 1, ...fault }));
  await watch.until(() => watch.batches("bronze/b.csv").length > 0, "the batch");
  await watch.end();
  const storage = createLocalStorage({ root: lake });
  const [batch] = watch.batches("bronze/b.csv");
  const retries = watch.lines.filter(({ type, key }) => type === "retry" && key === "bronze/b.csv").length;
  return { cwd, batch, retries, storage, letters: await deadLettersOf(storage) };
}

const BROKEN = { kind: "write", errno: "EIO", from: 0 };

it("contract 7: a transient fault gets three attempts, a data fault none beyond the first", async () => {
  const healed = await watched({ ...BROKEN, to: 2 }, GOOD);
  expect([healed.batch.outcome, healed.retries, healed.letters.length]).toEqual(["done", 2, 0]);
  const refused = await watched({}, REFUSED);
  expect([refused.batch.outcome, refused.retries, refused.letters.length]).toEqual(["refused", 0, 1]);
});

it("contract 8: every failure leaves one dead letter with its reason; trying again adds none, and success closes it", async () => {
  const { cwd, batch, retries, letters, storage } = await watched(BROKEN, GOOD);
  expect([batch.outcome, retries, letters.length]).toEqual(["failed", 2, 1]);
  expect(letters[0]).toMatchObject({
    code: "storage_failed",
    message: expect.stringContaining("EIO"),
    record: { requestContext: { approximateInvokeCount: 3 } },
  });
  for (let again = 0; again < 2; again++) {
    expect((await cli(["run", "--reprocess", "--lake", "lake"], { cwd })).code).toBe(0);
    expect(await ledgerProblems(storage)).toEqual([]);
  }
  expect((await stateOf(storage)).files).toEqual((await cleanRun({ "bronze/b.csv": GOOD })).files);
  expect(await deadLettersOf(storage)).toEqual(letters);

  writeFile(join(cwd, "lake"), "bronze/bad.csv", REFUSED);
  for (const args of [["run"], ["run", "--reprocess"], ["run", "--reprocess"], ["run"]])
    await cli([...args, "--lake", "lake"], { cwd });
  expect(await deadLettersOf(storage)).toHaveLength(2);
});

/** Tells the most memory that the process ever had, in kilobytes, on its last line of stderr. */
const TELL_MEMORY = `data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS))',
)}`;

it("contract 10: memory is bounded whatever the file's size", async () => {
  const rows = Array.from(
    { length: 4000 },
    (_, i) => `2025-01-01T00:00:00Z,DEVICE-${i % 500},${i}.25,C,0.${i % 10}\n`,
  ).join("");
  const peaks: number[] = [];
  for (const times of [20, 1000]) {
    const cwd = folder({ "b.csv": HEADER });
    for (let i = 0; i < times; i++) fs.appendFileSync(join(cwd, "b.csv"), rows);
    const { code, stderr } = await cli(["ingest", "b.csv"], { cwd, env: { NODE_OPTIONS: `--import ${TELL_MEMORY}` } });
    expect(code).toBe(0);
    peaks.push(Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024);
    fs.rmSync(cwd, { recursive: true });
  }
  const [small, large] = peaks;
  console.log(`memory: ${small.toFixed(0)} MB for 3 MB, ${large.toFixed(0)} MB for 165 MB`);
  expect(large).toBeLessThan(150);
  expect(large - small).toBeLessThan(50);
});

it("contract 11: no key leaves the lake, and no link out of it is followed", async () => {
  const cwd = folder({ "outside/secret.csv": GOOD, "lake/bronze/ok.csv": GOOD, "up.csv": BETTER });
  const before = tree(join(cwd, "outside"), [""]);
  fs.symlinkSync("../../outside", join(cwd, "lake/bronze/folder"));
  fs.symlinkSync("../../outside/secret.csv", join(cwd, "lake/bronze/link.csv"));
  fs.symlinkSync("../outside", join(cwd, "lake/silver"));
  const names = ["../x.csv", "a/../../x.csv", "/etc/x.csv", "folder/x.csv", "a\\..\\x.csv", "link.csv"];
  for (const name of names) {
    const { code } = await cli(["ingest", "up.csv", "--name", name, "--overwrite"], { cwd });
    expect([name, code === 1 || code === 2]).toEqual([name, true]);
  }
  const { code } = await cli(["run", "--lake", "lake"], { cwd });
  expect(code).toBe(1);
  expect(tree(join(cwd, "outside"), [""])).toEqual(before);
  expect(fs.readdirSync(cwd).sort()).toEqual(["lake", "outside", "up.csv"]);
  for (const link of ["silver", "bronze/folder"]) fs.rmSync(join(cwd, "lake", link));
  await cli(["run", "--reprocess", "--lake", "lake"], { cwd });
  const storage = createLocalStorage({ root: join(cwd, "lake") });
  expect(await keysOf(storage, "gold/")).toEqual(["gold/ok.csv"]);
});

it("contract 14: logs carry key, line and code, and never a cell", async () => {
  const secret = "SECRET";
  const row = `${secret}-time,${secret}-device,${secret}-value,${secret}-unit,${secret}-score\n`;
  const odd = `2025-01-01T00:00:00Z,${secret}-device,1,${secret}-unit,0.9\n2025-01-01T00:00:00Z,${secret}-device,1,${secret}-unit,0.9,${secret}\n`;
  const files = {
    "lake/bronze/rows.csv": HEADER + row + odd,
    "lake/bronze/open.csv": `${HEADER}2025-01-01T00:00:00Z,"${secret},1,C,0.1\n`,
    "lake/bronze/columns.csv": `timestamp,device_id,${secret},unit\n${row}`,
    "lake/bronze/latin.csv": Buffer.concat([Buffer.from(HEADER + row), Buffer.from([0xe4, 0x0a])]),
    "lake/silver/hand.csv": HEADER + row,
  };
  const cwd = folder(files);
  await cli(["run", "--lake", "lake"], { cwd });
  fs.rmSync(join(cwd, "lake/receipts"), { recursive: true });
  const watch = await startWatch(cwd);
  await watch.until(
    () => watch.batches("bronze/rows.csv").length > 0 && watch.batches("silver/hand.csv").length > 0,
    "all",
  );
  await watch.end();
  const logs = Object.values(tree(join(cwd, "lake"), ["logs"])).join("");
  const lines = logs
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const failed = lines.filter(({ outcome }) => outcome === "refused");
  expect(failed.length).toBeGreaterThanOrEqual(8);
  for (const { key, error } of failed) expect([typeof key, typeof error.code]).toEqual(["string", "string"]);
  expect(logs).not.toContain(secret);
});
