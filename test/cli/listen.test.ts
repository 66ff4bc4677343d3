import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startWatch } from "../faults/watching.ts";
import { environmentOf } from "../s3/client.ts";
import { startOwnBucket } from "../s3/own.ts";
import { bronzeRowsIn } from "./bronze-rows.ts";
import { cli, folder } from "./run-cli.ts";
import { startListen } from "./start-listen.ts";

/** Times that the process is killed; `LISTEN_KILLS=100` does it more often. */
const KILLS = Number(process.env.LISTEN_KILLS ?? 4);
/** Readings that are sent to a slow lake. */
const READINGS = Number(process.env.LISTEN_READINGS ?? 20_000);

const own = await startOwnBucket();

function post(port: number, body: string, headers: Record<string, string> = {}) {
  const all = { "Content-Type": "application/x-ndjson", ...headers };
  return fetch(`http://127.0.0.1:${port}/v1/readings`, { method: "POST", body, headers: all });
}

const reading = (device: string) => JSON.stringify({ device_id: device, value: 1, unit: "C" });

/** The devices of all rows in bronze. */
const devicesIn = (cwd: string) => bronzeRowsIn(cwd).map((row) => row.split(",")[1]);

describe("vantageflow listen", () => {
  it("flushes what it has when it is stopped, and says so", async () => {
    const cwd = folder();
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const listen = await startListen(cwd);
      expect((await post(listen.port, `${reading("A")}\n${reading("B")}`)).status).toBe(202);
      expect(await listen.end(signal)).toBe(code);
      expect(listen.lines.at(-1)).toMatchObject({
        type: "flush",
        records: 2,
        batches: [expect.stringMatching(/^bronze\/stream\/http\/.*\/0\.csv$/)],
      });
      expect(listen.said.stderr).toMatch(
        /^Listening for lake: POST http:\/\/127\.0\.0\.1:\d+\/v1\/readings\. Ctrl-C stops\.\n/,
      );
    }
    expect(devicesIn(cwd).sort()).toEqual(["A", "A", "B", "B"]);
    const { stdout } = await cli(["run", "--lake", "lake", "--json"], { cwd });
    expect(JSON.parse(stdout).batches.map(({ outcome }: { outcome: string }) => outcome)).toEqual(["done", "done"]);
  });

  it("leaves batches of which explain says where they come from", async () => {
    const cwd = folder();
    const listen = await startListen(cwd);
    await post(listen.port, `${reading("A")}\n${reading("B")}`);
    await listen.end("SIGINT");
    const [batch] = listen.lines.at(-1)?.batches ?? [];
    await cli(["run", "--lake", "lake"], { cwd });
    for (const key of [batch, batch.replace("bronze/", "gold/")]) {
      const { stream } = JSON.parse((await cli(["explain", key, "--lake", "lake", "--json"], { cwd })).stdout);
      expect(stream).toMatchObject({ source: "http", behind: "0", last: "2", shard_last: "2", shard_ended: false });
    }
    const { stdout } = await cli(["explain", batch, "--lake", "lake"], { cwd });
    expect(stdout).toMatch(/stream +records behind 0, up to 2, of shard \S+ of http, which has come to 2$/m);
  });

  it("is to be seen in status while it listens, as it is where it was killed, and not when it has ended", async () => {
    const cwd = folder();
    const doors = async () => JSON.parse((await cli(["status", "lake", "--json"], { cwd })).stdout).doors;
    const killed = await startListen(cwd);
    expect((await post(killed.port, reading("A"))).status).toBe(202);
    await killed.end("SIGKILL");
    expect(await doors()).toMatchObject([{ door: "http", state: "down", connected: true }]);
    const listen = await startListen(cwd);
    await expect.poll(doors).toMatchObject([{ door: "http", state: "up", connected: true }]);
    expect((await cli(["status", "lake"], { cwd })).stdout).toMatch(/^door\thttp\tup\tPOST http/m);
    await listen.end("SIGINT");
    expect((await doors()).length).toBe(0);
  });

  it("killed, leaves readings of which status and run say that nobody brings them in, and how; another one does", async () => {
    const cwd = folder();
    const reasons = async () => {
      const { stdout } = await cli(["status", "lake", "--json"], { cwd });
      const { health } = JSON.parse(stdout);
      return health.reasons.filter(({ code }: { code: string }) => code === "readings_left");
    };
    const killed = await startListen(cwd);
    await post(killed.port, `${reading("A")}\n${reading("B")}`);
    expect(await reasons()).toEqual([]);
    await killed.end("SIGKILL");
    const message = expect.stringMatching(/^2 readings by http were acknowledged and not brought into bronze/);
    const next = "vantageflow listen --http 4280 --lake lake";
    expect(await reasons()).toEqual([{ code: "readings_left", verdict: "degraded", message, next }]);
    const { stderr } = await cli(["run", "lake"], { cwd });
    expect(stderr).toMatch(/^2 readings by http were acknowledged .*: vantageflow listen --lake lake --http 4280$/m);
    await (await startListen(cwd)).end("SIGTERM");
    expect([await reasons(), devicesIn(cwd).sort()]).toEqual([[], ["A", "B"]]);
  });

  it("is beside watch on one lake: what comes in is in gold", async () => {
    const cwd = folder();
    const watch = await startWatch(cwd);
    const listen = await startListen(cwd, ["--flush-seconds", "0.2"]);
    await post(listen.port, reading("A"));
    await watch.until(
      () => watch.lines.some(({ type, outcome }) => type === "batch" && outcome === "done"),
      "the batch",
    );
    await watch.end();
    await listen.end("SIGINT");
    expect((await cli(["report", "--lake", "lake"], { cwd })).stdout).toMatch(/^A\t1\t/m);
  });

  it.each([
    [["--http", "x"], {}, 2, /it is no port/],
    [["--http", "70000"], {}, 2, /it is no port/],
    [["--http", "0.0.0.0:0"], {}, 2, /there is no token\. Make one/],
    [["--http", "0"], { VANTAGEFLOW_LISTEN_TOKEN: "short" }, 2, /it is not 16 or more letters/],
    [["--http", "0", "--flush-records", "0"], {}, 2, /it is no number from 1 to/],
    [["--http", "nowhere.invalid:0"], { VANTAGEFLOW_LISTEN_TOKEN: "a-token-of-a-device-0123" }, 2, /Cannot listen on/],
  ])("refuses %j with %j", async (flags, env, code, why) => {
    const ran = await cli(["listen", "lake", ...flags], { cwd: folder(), env });
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([code, "", expect.stringMatching(why)]);
    expect(ran.stderr).not.toContain("short");
  });

  it("says which port is taken, and that nothing is lost where the lake cannot be written when it ends", async () => {
    const cwd = folder();
    const listen = await startListen(cwd);
    const second = await cli(["listen", "lake", "--http", String(listen.port)], { cwd });
    expect([second.code, second.stderr]).toEqual([1, expect.stringMatching(/the port is taken/)]);
    await post(listen.port, reading("A"));
    fs.writeFileSync(join(cwd, "lake", "bronze"), "in the way");
    expect(await listen.end("SIGTERM")).toBe(1);
    expect(listen.said.stderr).toMatch(/Cannot bring 1 reading into bronze: .* when vantageflow listen .*runs again/);
    fs.rmSync(join(cwd, "lake", "bronze"));
    await (await startListen(cwd)).end("SIGTERM");
    expect(devicesIn(cwd)).toEqual(["A"]);
  });

  it("keeps its memory flat before a bucket that is slow, with two GET and two PUT a batch", async () => {
    const { server } = own;
    const slow = net.createServer((client) => {
      const through = net.connect(Number(new URL(server.endpoint).port), "127.0.0.1");
      client.on("data", (bytes) => void setTimeout(() => through.write(bytes), 200));
      through.pipe(client);
      for (const [one, other] of [
        [client, through],
        [through, client],
      ]) {
        one.on("close", () => other.destroy()).on("error", () => {});
      }
    });
    await once(slow.listen(0, "127.0.0.1"), "listening");
    const { port } = slow.address() as net.AddressInfo;
    const env = environmentOf({ ...own.credentials, name: "", endpoint: `http://127.0.0.1:${port}` });
    const cwd = folder();
    const flags = ["--flush-records", "10000", "--spool", "spool"];
    const listen = await startListen(cwd, flags, env, `s3://${own.bucket}/lake`);
    const body = Array.from({ length: 1000 }, (_, i) => reading(`device-${i}`)).join("\n");
    let sent = 0;
    await Promise.all(
      [1, 2, 3].map(async () => {
        while (sent < READINGS) {
          sent += 1000;
          let status = 503;
          // The lake takes less than comes: what has no room is sent again.
          while (status === 503) {
            ({ status } = await post(listen.port, body));
            if (status === 503) await sleep(100);
          }
          expect(status).toBe(202);
        }
      }),
    );
    const peak = /VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${listen.pid}/status`, "latin1"))?.[1];
    expect(await listen.end("SIGTERM")).toBe(143);
    const flushes = listen.lines.filter(({ type }) => type === "flush");
    expect(flushes.reduce((sum, { records = 0 }) => sum + records, 0)).toBe(sent);
    expect(Number(peak) / 1024).toBeLessThan(150);
    // Its state is told once a minute, whatever comes in.
    const isOfBatches = (one: string) => !/conditions$|\/streams\/doors\//.test(one);
    const count = (method: string) =>
      server.requests.filter((one) => one.startsWith(`${method} lake/`) && isOfBatches(one)).length / flushes.length;
    expect([count("GET"), count("PUT"), count("HEAD")]).toEqual([2, 2, 0]);
    expect(fs.readdirSync(join(cwd, "spool", "http"))).toEqual([]);
    slow.close();
  });

  it(
    `killed ${KILLS} times under load, loses nothing that was acknowledged and counts nothing twice`,
    async () => {
      const cwd = folder();
      const flags = ["--flush-seconds", "0.3", "--flush-records", "40"];
      let listen = await startListen(cwd, flags);
      let [isOver, sent] = [false, 0];
      const acknowledged: string[] = [];
      async function client(name: string): Promise<void> {
        while (!isOver) {
          const device = `${name}-${++sent}`;
          const body = `${reading(device)}\n${reading(`${device}-b`)}`;
          for (let isDone = false; !isDone; ) {
            const status = await post(listen.port, body, { "Idempotency-Key": device }).then(
              (answer) => answer.status,
              () => 0,
            );
            isDone = status === 202;
            if (!isDone) await sleep(20);
          }
          acknowledged.push(device, `${device}-b`);
        }
      }
      const clients = ["a", "b", "c", "d"].map(client);
      for (let kill = 0; kill < KILLS; kill++) {
        const before = acknowledged.length;
        while (acknowledged.length < before + 20) await sleep(5);
        await sleep(Math.random() * 200);
        await listen.end("SIGKILL");
        listen = await startListen(cwd, flags);
      }
      isOver = true;
      await Promise.all(clients);
      expect(await listen.end("SIGTERM")).toBe(143);
      expect(acknowledged.length).toBeGreaterThan(20 * KILLS);
      expect(devicesIn(cwd).sort()).toEqual(acknowledged.sort());
    },
    60_000 + KILLS * 15_000,
  );
});
