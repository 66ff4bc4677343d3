import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { describe, expect, it } from "vitest";
import { startWatch } from "../faults/watching.ts";
import { hasMosquitto, startMosquitto } from "../mosquitto.ts";
import { startKinesisMock } from "../streams/kinesis/kinesis-mock.ts";
import { bronzeRowsIn } from "./bronze-rows.ts";
import { cli, folder } from "./run-cli.ts";
import { startListen } from "./start-listen.ts";

/** How long readings come and things are killed; `SOAK_SECONDS=600` for ten minutes. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 7);
const BETWEEN_KILLS_MS = 1500;
const AT_ONCE = 20;
const START = Date.UTC(2026, 0, 1);
const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";

interface Sent {
  readonly timestamp: string;
  readonly device_id: string;
  readonly value: number;
}

const rowOf = ({ timestamp, device_id, value }: Sent) => `${timestamp},${device_id},${value},,0`;

async function reportOf(cwd: string, lake: string) {
  const { devices } = JSON.parse((await cli(["report", "--lake", lake, "--json"], { cwd })).stdout);
  // Averages of other batches are merged in another order, and may differ in their last digit.
  return (devices as { avg_value: number; batches: number }[]).map(
    ({ batches: _, avg_value: average, ...statistics }) => {
      return { ...statistics, average: average.toFixed(9) };
    },
  );
}

describe.skipIf(!hasMosquitto)("readings that come by HTTP, MQTT and Kinesis at once", () => {
  it(
    `are in gold as of one clean run, though listen, the broker and watch are killed and the stream is resharded for ${SECONDS} s`,
    async () => {
      const cwd = folder();
      const [broker, kinesis] = [await startMosquitto(), await startKinesisMock()];
      const stream = await kinesis.create(2);
      const doors = ["--mqtt", broker.url, "--topic", "plant/{device_id}", "--kinesis", stream];
      const flags = [...doors, "--kinesis-endpoint", kinesis.endpoint, "--flush-seconds", "0.5"];
      const open = () => startListen(cwd, flags, kinesis.env);
      let listen = await open();
      let watch = await startWatch(cwd);
      const end = performance.now() + SECONDS * 1000;
      const isOver = () => performance.now() > end;
      const sent: Sent[] = [];
      const next = (door: string): Sent => {
        const i = sent.length;
        const one = {
          timestamp: new Date(START + i).toISOString(),
          device_id: `${door}-${i % 7}`,
          value: (i % 200) / 2,
        };
        sent.push(one);
        return one;
      };
      const some = (door: string) => Array.from({ length: AT_ONCE }, () => next(door));

      async function byHttp(): Promise<void> {
        for (let key = 0; !isOver(); key++) {
          const body = JSON.stringify(some("http"));
          const headers = { "Content-Type": "application/json", "Idempotency-Key": String(key) };
          const post = () => fetch(`http://127.0.0.1:${listen.port}/v1/readings`, { method: "POST", headers, body });
          while (
            !(await post().then(
              ({ status }) => status === 202,
              () => false,
            ))
          )
            await sleep(50);
        }
      }

      async function byMqtt(): Promise<void> {
        const client = mqtt.connect(broker.url, { clientId: "plant", clean: false, reconnectPeriod: 50 });
        client.on("error", () => {});
        while (!isOver()) {
          const readings = some("mqtt");
          const publish = ({ device_id, ...reading }: Sent) =>
            client.publishAsync(`plant/${device_id}`, JSON.stringify(reading), { qos: 1 });
          await Promise.all(readings.map(publish));
          await sleep(20);
        }
        await client.endAsync(true);
      }

      async function byKinesis(): Promise<void> {
        while (!isOver()) {
          await kinesis.put(
            stream,
            some("kinesis").map((one) => JSON.stringify(one)),
          );
          await sleep(20);
        }
      }

      async function reshard(turn: number): Promise<void> {
        const shards = await kinesis.openShards(stream);
        if (turn % 2 === 0) await kinesis.split(stream, shards[turn % shards.length]);
        else await kinesis.merge(stream, shards[0], shards[1]);
      }

      async function kill(): Promise<void> {
        for (let turn = 0; !isOver(); turn++) {
          await sleep(BETWEEN_KILLS_MS);
          await [
            async () => {
              await listen.end("SIGKILL");
              listen = await open();
            },
            // It keeps what it has acknowledged when it is told to end; killed at once, it forgets.
            async () => {
              await broker.stop();
              await broker.start();
            },
            () => reshard(Math.floor(turn / 4)),
            async () => {
              await watch.end("SIGKILL");
              watch = await startWatch(cwd);
            },
          ][turn % 4]();
        }
      }

      await Promise.all([byHttp(), byMqtt(), byKinesis(), kill()]);
      await expect
        .poll(() => bronzeRowsIn(cwd).length, { timeout: 60_000, interval: 200 })
        .toBeGreaterThanOrEqual(sent.length);
      expect(await listen.end("SIGTERM")).toBe(143);
      await watch.end();
      await cli(["run", "--lake", "lake"], { cwd });
      expect(bronzeRowsIn(cwd).sort()).toEqual(sent.map(rowOf).sort());

      fs.mkdirSync(join(cwd, "clean/bronze"), { recursive: true });
      fs.writeFileSync(join(cwd, "clean/bronze/all.csv"), `${HEADER}${sent.map(rowOf).join("\n")}\n`);
      await cli(["run", "--lake", "clean"], { cwd });
      const report = await reportOf(cwd, "lake");
      expect(report).toHaveLength(21);
      expect(report).toEqual(await reportOf(cwd, "clean"));
      process.stdout.write(`soak: ${sent.length} readings in ${SECONDS} s\n`);
    },
    (SECONDS + 240) * 1000,
  );
});
