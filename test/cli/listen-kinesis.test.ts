import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { listedShard, startFakeKinesis } from "../streams/kinesis/fake-kinesis.ts";
import { startKinesisMock } from "../streams/kinesis/kinesis-mock.ts";
import { cli, folder } from "./run-cli.ts";
import { startListen } from "./start-listen.ts";

/** Times that the process is killed; `LISTEN_KILLS=100` does it more often. */
const KILLS = Number(process.env.LISTEN_KILLS ?? 2);

const mock = await startKinesisMock();

const reading = (device: string) => JSON.stringify({ device_id: device, value: 1, unit: "C" });
const flagsOf = (stream: string, ...more: string[]) => [
  "--kinesis",
  stream,
  "--kinesis-endpoint",
  mock.endpoint,
  ...more,
];

/** The rows of all batches in bronze, by the folder of their shard. */
function rowsIn(cwd: string): Map<string, string[]> {
  const bronze = join(cwd, "lake", "bronze");
  const rows = new Map<string, string[]>();
  for (const name of fs.readdirSync(bronze, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".csv")) continue;
    const shard = name.split("/").at(-2) ?? "";
    const more = fs.readFileSync(join(bronze, name), "utf8").trimEnd().split("\n").slice(1);
    rows.set(shard, [...(rows.get(shard) ?? []), ...more]);
  }
  return rows;
}

const devicesIn = (cwd: string) => [...rowsIn(cwd).values()].flat().map((row) => row.split(",")[1]);

describe("vantageflow listen --kinesis", () => {
  it("brings what a stream has into bronze, goes on where it was, and leaves in the stream what it has not", async () => {
    const cwd = folder();
    const stream = await mock.create();
    await mock.put(stream, [reading("A"), "no reading", `${reading("B")}\n${reading("C")}`]);
    const flags = flagsOf(stream, "--flush-seconds", "0.2");
    const listen = await startListen(cwd, flags, mock.env, "lake", []);
    expect(listen.lines[0]).toMatchObject({
      door: "kinesis",
      stream,
      arn: expect.stringContaining(`:stream/${stream}`),
    });
    await listen.until(({ type }) => type === "flush");
    const batches = [`bronze/stream/${stream}/shardId-000000000000/0.csv`];
    const flush = listen.lines.find(({ type }) => type === "flush");
    expect(flush).toMatchObject({ records: 4, batches, iterator_age_ms: expect.any(Number) });
    await mock.put(stream, [reading("D")]);
    expect(await listen.end("SIGTERM")).toBe(143);
    const again = await startListen(cwd, flags, mock.env, "lake", []);
    while (!devicesIn(cwd).includes("D")) await sleep(20);
    expect(await again.end("SIGINT")).toBe(130);
    expect(devicesIn(cwd).sort()).toEqual(["", "A", "B", "C", "D"]);
    await cli(["run", "--lake", "lake"], { cwd });
    expect((await cli(["report", "--lake", "lake"], { cwd })).stdout).toMatch(/^D\t1\t/m);
  });

  it("takes what the stream still has however old it is, where Lambda would give it up after a day", async () => {
    const cwd = folder();
    const Records = [{ SequenceNumber: "7", PartitionKey: "k", ApproximateArrivalTimestamp: 946_684_800 }];
    const Data = Buffer.from(reading("A")).toString("base64");
    const endpoint = await startFakeKinesis((operation, { ShardIterator }) => {
      if (operation === "DescribeStreamSummary")
        return { StreamDescriptionSummary: { StreamARN: "arn:a:b:c:d:stream/s" } };
      if (operation === "ListShards") return { Shards: [listedShard("shardId-000000000000")] };
      if (operation === "GetShardIterator") return { ShardIterator: "first" };
      const isFirst = ShardIterator === "first";
      return { Records: isFirst ? Records.map((one) => ({ ...one, Data })) : [], NextShardIterator: "next" };
    });
    const flags = ["--kinesis", "s", "--kinesis-endpoint", endpoint, "--flush-seconds", "0.2"];
    const listen = await startListen(cwd, flags, mock.env, "lake", []);
    await listen.until(({ type }) => type === "flush");
    expect(await listen.end("SIGTERM")).toBe(143);
    expect(rowsIn(cwd).get("shardId-000000000000")).toEqual(["2000-01-01T00:00:00.000Z,A,1,C,0,7"]);
  });

  it("is beside another door on one lake", async () => {
    const cwd = folder();
    const stream = await mock.create();
    const listen = await startListen(cwd, flagsOf(stream), mock.env);
    const headers = { "Content-Type": "application/json" };
    await fetch(`http://127.0.0.1:${listen.port}/v1/readings`, { method: "POST", body: reading("H"), headers });
    await mock.put(stream, [reading("K")]);
    await sleep(1500);
    expect(await listen.end("SIGTERM")).toBe(143);
    expect(devicesIn(cwd).sort()).toEqual(["H", "K"]);
  });

  it.each([
    [["--kinesis", "none", "--kinesis-endpoint", mock.endpoint], 1, /there is none in us-east-1\. Check the name/],
    [["--kinesis", "none", "--kinesis-endpoint", "http://127.0.0.1:1"], 1, /ECONNREFUSED/],
    [["--kinesis", "-a", "--kinesis-endpoint", mock.endpoint], 2, /no batch can be called by this name/],
    [["--kinesis-endpoint", mock.endpoint], 2, /without a stream\. Name one with --kinesis/],
  ])("refuses %j", async (flags, code, why) => {
    const ran = await cli(["listen", "lake", ...flags], { cwd: folder(), env: mock.env });
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([code, "", expect.stringMatching(why)]);
  });

  it("is tried by the documentation on the kinesis-mock that it is tested on", () => {
    const { devDependencies } = JSON.parse(fs.readFileSync("package.json", "utf8"));
    expect(fs.readFileSync("docs/live.md", "utf8")).toContain(` kinesis-local@${devDependencies["kinesis-local"]} `);
  });

  it("tells a stream that does not answer from a lake that does not", async () => {
    const flags = ["--kinesis", "none", "--kinesis-endpoint", "http://127.0.0.1:1", "--json"];
    const { stdout } = await cli(["listen", "lake", ...flags], { cwd: folder(), env: mock.env });
    expect(JSON.parse(stdout).error.code).toBe("unreachable");
  });

  it(
    `resharded under load and killed ${KILLS} times, brings in all that was put, once, and gold is of that`,
    async () => {
      const cwd = folder();
      const stream = await mock.create(2);
      const flags = flagsOf(stream, "--flush-seconds", "0.3", "--flush-records", "50");
      const put: string[] = [];
      let isOver = false;
      async function producer(name: string): Promise<void> {
        for (let n = 0; !isOver; n++) {
          const devices = Array.from({ length: 5 }, (_, i) => `${name}-${n}-${i}`);
          await mock.put(stream, devices.map(reading));
          put.push(...devices);
          await sleep(20);
        }
      }
      const producers = ["a", "b"].map(producer);
      let listen = await startListen(cwd, flags, mock.env, "lake", []);
      for (let kill = 0; kill < KILLS; kill++) {
        const [open, other] = await mock.openShards(stream);
        if (kill % 2 === 0) await mock.split(stream, open);
        else await mock.merge(stream, open, other);
        await sleep(300 + Math.random() * 500);
        await listen.end("SIGKILL");
        listen = await startListen(cwd, flags, mock.env, "lake", []);
      }
      isOver = true;
      await Promise.all(producers);
      for (let waited = 0; waited < 200 && devicesIn(cwd).length < put.length; waited++) await sleep(100);
      expect(await listen.end("SIGTERM")).toBe(143);
      expect(devicesIn(cwd).sort()).toEqual(put.toSorted());
      const shards = (await mock.shardsOf(stream)).length;
      expect(rowsIn(cwd).size).toBeGreaterThan(2);
      expect(shards).toBeGreaterThan(KILLS + 2);
      await cli(["run", "--lake", "lake"], { cwd });
      const { stdout } = await cli(["report", "--lake", "lake", "--json"], { cwd });
      const { devices } = JSON.parse(stdout) as { devices: { device_id: string; total_readings: number }[] };
      expect(devices.map((one) => `${one.device_id} ${one.total_readings}`).sort()).toEqual(
        put.map((device) => `${device} 1`).sort(),
      );
    },
    60_000 + KILLS * 15_000,
  );
});
