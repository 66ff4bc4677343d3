import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mapBounded } from "../../src/bounded.ts";
import { run } from "../../src/engine/run.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { topology } from "../../src/topology.ts";
import { CLI, cli, folder, HEADER } from "../cli/run-cli.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { type S3Server, startS3Server } from "../s3/server.ts";
import {
  BETTER,
  cleanRun,
  contextOf,
  type Files,
  GOOD,
  ledgerProblems,
  outputsIn,
  REFUSED,
  type State,
  stateOf,
} from "./lakes.ts";

/** Of each scenario; all of them by `KILL_S3_CASES=1000`. */
const MOMENTS = Number(process.env.KILL_S3_CASES ?? 2);
const AT_ONCE = 3;
const CREDENTIALS = { accessKeyId: "key", secretAccessKey: "secret" };
const PROBE = ".vantageflow/conditions";

/** Bronze, silver and the digest beside it: what goes up in parts. */
const LARGE = `${HEADER}${Array.from({ length: 130_000 }, (_, i) => `2025-01-01T00:00:00Z,FAB-${i % 7},${i}.25,celsius,${i % 9 === 0 ? "0.9" : "0.125"}\n`).join("")}`;
const INGESTED: Files = { "good.csv": GOOD, "better.csv": BETTER, "refused.csv": REFUSED, "large.csv": LARGE };

interface Scenario {
  readonly name: string;
  /** What is in the lake and processed before. */
  readonly before: Files;
  /** What is put into it then. */
  readonly drops?: Files;
  readonly args: readonly string[];
  readonly threshold?: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: "ingest of a new file", before: {}, args: ["ingest", "good.csv"] },
  { name: "ingest of a file that goes up in parts", before: {}, args: ["ingest", "large.csv"] },
  {
    name: "ingest --overwrite",
    before: { "bronze/better.csv": GOOD },
    args: ["ingest", "--overwrite", "better.csv"],
  },
  {
    name: "ingest --overwrite of a file that is refused",
    before: { "bronze/refused.csv": GOOD },
    args: ["ingest", "--overwrite", "refused.csv"],
  },
  {
    name: "run over new and overwritten bronze",
    before: { "bronze/a.csv": GOOD },
    drops: { "bronze/a.csv": BETTER, "bronze/d/b.csv": GOOD },
    args: ["run"],
  },
  { name: "run over silver put there by hand", before: {}, drops: { "silver/s.csv": BETTER }, args: ["run"] },
  {
    name: "run over a refused version of a good file",
    before: { "bronze/a.csv": GOOD },
    drops: { "bronze/a.csv": REFUSED },
    args: ["run"],
  },
  {
    name: "run --reprocess with another threshold",
    before: { "bronze/a.csv": GOOD, "bronze/b.csv": REFUSED },
    args: ["run", "--reprocess"],
    threshold: 0.7,
  },
];

/** A request that changes the bucket, and whether it was obeyed before the command died. */
interface Moment {
  readonly change: number;
  readonly obeyed: boolean;
}

/** A lake in a versioned bucket on a server of its own, and the files to ingest. */
async function prepare({ before, drops = {}, threshold }: Scenario) {
  const server = await startS3Server(CREDENTIALS);
  const client = connect({ ...CREDENTIALS, endpoint: server.endpoint });
  const bucket = await makeBucket(client, true);
  const storage = createS3Storage({ client, bucket });
  for (const [key, content] of Object.entries(before)) await put(storage, key, content);
  await run(contextOf(storage), { concurrency: 2 });
  for (const [key, content] of Object.entries(drops)) await put(storage, key, content);
  const cwd = folder(INGESTED);
  const env = {
    ...environmentOf({ ...CREDENTIALS, name: "", endpoint: server.endpoint }),
    VANTAGEFLOW_LAKE: `s3://${bucket}`,
    VANTAGEFLOW_CONCURRENCY: "2",
    ...(threshold === undefined ? {} : { ANOMALY_THRESHOLD: String(threshold) }),
  };
  const close = async () => {
    client.destroy();
    await server.close();
    rmSync(cwd, { recursive: true });
  };
  return { server, bucket, storage, cwd, env, close };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/**
 * Runs the command, and kills it at a change of the bucket. Whatever else it has on its way takes effect, as on S3.
 * Returns whether it was killed, and how many changes there were.
 */
function attempt({ server, cwd, env }: Prepared, args: readonly string[], moment?: Moment) {
  return new Promise<{ killed: boolean; changes: number }>((done, fail) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...process.env, ...env }, stdio: "ignore" });
    let changes = 0;
    server.interfere = (method, key) => {
      if (method === "GET" || method === "HEAD" || key === PROBE || changes++ !== moment?.change) return "none";
      child.kill("SIGKILL");
      return moment.obeyed ? "break after" : "break before";
    };
    child.on("error", fail);
    child.on("close", (_code, signal) => {
      server.interfere = () => "none";
      done({ killed: signal === "SIGKILL", changes });
    });
  });
}

/** As many moments as wanted, evenly over all the changes that an undisturbed command makes. */
async function momentsOf(scenario: Scenario): Promise<Moment[]> {
  const prepared = await prepare(scenario);
  const { changes } = await attempt(prepared, scenario.args);
  await prepared.close();
  const all = Array.from({ length: 2 * changes }, (_, i) => ({ change: i >> 1, obeyed: i % 2 === 1 }));
  const wanted = Math.min(MOMENTS, all.length);
  return Array.from({ length: wanted }, (_, i) => all[Math.floor((i * all.length) / wanted)]);
}

const sorted = (files: Files) => JSON.stringify(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));

function under(files: Files, prefix: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([key]) => key.startsWith(prefix)));
}

/** Batches whose outputs are not those of one run, under the threshold of before or of now. */
async function mixed({ drops = {}, threshold }: Scenario, { files }: State): Promise<string[]> {
  const inputs = { ...under(files, "bronze/"), ...under(drops, "silver/") };
  const runs = [await cleanRun(inputs), await cleanRun(inputs, threshold)];
  return Object.keys(inputs).filter((key) => {
    const allowed = runs.map((clean) => sorted(outputsIn(clean.files, key)));
    return !allowed.includes(sorted(outputsIn(files, key)));
  });
}

/** What the user has given to the lake once the command has done its work. */
function finalInputs({ before, drops = {}, args }: Scenario): Files {
  const name = args.at(-1) ?? "";
  return { ...before, ...drops, ...(name in INGESTED ? { [`bronze/${name}`]: INGESTED[name] } : {}) };
}

/** What was overwritten is a version of the bucket, byte for byte. */
function lostVersions({ before }: Scenario, server: S3Server, bucket: string): string[] {
  const kept = (key: string) => server.buckets.get(bucket)?.versions(key) ?? [];
  const lost = Object.entries(before).filter(
    ([key, content]) => !kept(key).some(({ body }) => body.toString() === content),
  );
  return lost.map(([key]) => `the version of ${key} that was overwritten is lost`);
}

/** What is listed beside the layers. */
async function strays(storage: LakeStorage): Promise<string[]> {
  const layers = Object.values(topology.layers).map(({ prefix }) => prefix);
  const keys = await keysOf(storage);
  return keys.filter((key) => !layers.some((layer) => key.startsWith(layer))).map((key) => `${key} is left`);
}

let [cases, kills] = [0, 0];

/** Kills the command at one moment, runs again, and says all that is then not as after an undisturbed run. */
async function afterKill(scenario: Scenario, moment: Moment): Promise<string[]> {
  const prepared = await prepare(scenario);
  const { server, bucket, storage, cwd, env } = prepared;
  const { args, threshold } = scenario;
  const { killed } = await attempt(prepared, args, moment);
  cases++;
  if (killed) kills++;
  // Whoever lost the command runs the lake: what has landed must not need the same command again.
  const isRun = args.join(" ") === "run";
  if (!isRun) await run(contextOf(storage, threshold), { concurrency: 2 });
  else await cli(args, { cwd, env });
  const problems = (await mixed(scenario, await stateOf(storage))).map((key) => `${key} has mixed outputs`);
  problems.push(...(await ledgerProblems(storage)));

  if (!isRun) await cli(args, { cwd, env });
  const [end, undisturbed] = [await stateOf(storage), await cleanRun(finalInputs(scenario), threshold)];
  if (sorted(end.files) !== sorted(undisturbed.files)) problems.push(`the tree differs: ${Object.keys(end.files)}`);
  if (String(end.deadLetters) !== String(undisturbed.deadLetters)) problems.push(`dead letters: ${end.deadLetters}`);
  problems.push(...(await ledgerProblems(storage)), ...(await strays(storage)));
  problems.push(...lostVersions(scenario, server, bucket));
  await prepared.close();
  return problems.map((problem) => `killed ${moment.obeyed ? "after" : "before"} change ${moment.change}: ${problem}`);
}

describe("contract 15: kill -9 at any request to a bucket loses nothing", () => {
  it.each(SCENARIOS)("$name", async (scenario) => {
    const moments = await momentsOf(scenario);
    expect(moments.length).toBeGreaterThanOrEqual(Math.min(MOMENTS, 6));
    const problems = await mapBounded(moments, AT_ONCE, (moment) => afterKill(scenario, moment));
    expect(problems.flat()).toEqual([]);
  });

  it("was tried in the middle of the commands' work", () => {
    console.log(`kill over S3: ${cases} cases, ${kills} of them killed in the middle of their work`);
    expect(kills / cases).toBeGreaterThan(0.95);
  });
});
