import { readdirSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import { topology } from "../../src/topology.ts";
import { cli, command, folder } from "../cli/run-cli.ts";
import { startBucketLake } from "../lambda/bucket-lake.ts";
import { startFunction } from "../lambda/function.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { environmentOf } from "../s3/client.ts";

const { bronzeToSilver, silverToGold } = topology.functions;

/** A lake in a bucket with the deployed packages behind it; what S3 and its notification do is done by looking. */
async function deployed(environment: Record<string, string> = {}) {
  const { server, lake, storage } = await startBucketLake();
  const [split, aggregate] = await Promise.all([
    startFunction(bronzeToSilver.name, server, environment),
    startFunction(silverToGold.name, server),
  ]);
  const told = new Set<string>();
  const bucket = lake.slice("s3://".length);
  async function notify(prefix: string, { invoke }: typeof split) {
    for await (const { key, token } of storage.list(prefix)) {
      if (told.has(`${key} ${token}`)) continue;
      told.add(`${key} ${token}`);
      const head = await storage.head(key);
      if (head !== null) await invoke(s3PutEvent(bucket, head, token));
    }
  }
  let isOn = true;
  onTestFinished(() => {
    isOn = false;
  });
  void (async () => {
    while (isOn) {
      await notify("bronze/", split);
      await notify("silver/", aggregate);
      await new Promise((next) => setTimeout(next, 50));
    }
  })();
  const env = environmentOf(server);
  const canary = (...args: string[]) =>
    command(process.execPath, ["scripts/canary.mjs", lake, ...args], { cwd: process.cwd(), env });
  return { canary, lake, storage, env };
}

describe("the canary of a deployment", () => {
  it("comes out of the deployed functions as it does here, and leaves nothing in the lake", async () => {
    const { canary, lake, storage, env } = await deployed();
    await put(storage, "contracts/other.json", '{"name":"other"');
    const broken = await canary();
    expect([broken.code, await keysOf(storage, "bronze/")]).toEqual([1, []]);
    expect(broken.stderr).toContain("the deployed lake was not touched");
    await storage.remove("contracts/other.json");
    const { code, stdout, stderr } = await canary();
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Objects: 9 the same\.$/m)]);
    expect(stdout).toMatch(/^2 batches came out of s3:.* as they do here, [\d.]+ seconds after they went in\.$/m);
    expect(await keysOf(storage, "")).toEqual([]);
    expect((await cli(["status", lake, "--check"], { cwd: folder(), env })).code).toBe(0);
  });

  it("tells what the deployed functions make otherwise, and fails", async () => {
    const { canary, storage } = await deployed({ ANOMALY_THRESHOLD: "0.95" });
    const { code, stdout, stderr } = await canary();
    expect([code, stderr]).toEqual([1, expect.stringContaining("makes other bytes than this commit")]);
    expect(stdout).toMatch(/^gold\/canary\/.*\/plain\.csv\tdevice DEPLOY-CANARY-1\t2\tanomaly_count\t1\t0\t-1$/m);
    expect(await keysOf(storage, "bronze/")).toEqual([]);
  });

  it("says what it waits for where nothing comes, and what is known of it", async () => {
    const { server, lake, storage } = await startBucketLake();
    const args = ["scripts/canary.mjs", lake, "--seconds", "1", "--keep"];
    const { code, stdout, stderr } = await command(process.execPath, args, {
      cwd: process.cwd(),
      env: environmentOf(server),
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/After 1 seconds there is no silver\/canary\/.*, no gold\//),
    ]);
    expect(stdout).toContain(bronzeToSilver.name);
    expect((await keysOf(storage, "bronze/canary/")).length).toBe(
      readdirSync("fixtures/deploy-canary/bronze/canary").length,
    );
    const gone = await command(process.execPath, ["scripts/canary.mjs", "s3://no-such-bucket"], {
      cwd: process.cwd(),
      env: environmentOf(server),
    });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringMatching(/^Cannot list .*no-such-bucket.*\.\n$/)]);
  });
});
