import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { hasMosquitto, publish, startMosquitto } from "../mosquitto.ts";
import { cli, folder, tree } from "./run-cli.ts";
import { startListen } from "./start-listen.ts";

const ZIGBEE = fs.readFileSync("fixtures/contract-messages/contracts/zigbee.json", "utf8");
const POINTS = JSON.stringify({
  ...{ version: 1, name: "points", prefix: "bronze/stream/points/", suffixes: [".lp"], format: { type: "influx" } },
  reading: {
    device_id: { template: "{host}.{measure}" },
    value: { measures: { usage_idle: { as: "idle", unit: "%" } } },
  },
});
/** Each message has a time of its own. */
const TIMED = ZIGBEE.replace('"column": "received"', '"column": "payload.time"').replaceAll("zigbee", "timed");
const TOPIC = ["--topic", "zigbee2mqtt/{device_id}"];
const FAST = ["--flush-seconds", "0.2", "--flush-records", "20"];

const lakeWith = () => folder({ "zigbee.json": ZIGBEE, "points.json": POINTS, "timed.json": TIMED });

const send = (port: number, path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body, headers });

const filesIn = (cwd: string, layer: string) =>
  Object.entries(tree(join(cwd, "lake"), [layer])).map(([name, text]) => [
    name,
    Buffer.from(text, "latin1").toString(),
  ]);

/** What stands in a layer, row by row without the header. */
function rowsIn(cwd: string, layer: string): string[] {
  return filesIn(cwd, layer).flatMap(([name, text]) =>
    name.includes(".rejects.") ? [] : text.trimEnd().split("\n").slice(1),
  );
}

async function untilMessages(cwd: string, count: number): Promise<void> {
  const messages = () =>
    Object.values(tree(join(cwd, "lake"), ["bronze"])).flatMap((text) => text.trimEnd().split("\n")).length;
  await expect.poll(() => (fs.existsSync(join(cwd, "lake", "bronze")) ? messages() : 0)).toBeGreaterThanOrEqual(count);
}

describe("vantageflow listen --contract", () => {
  it("brings messages and points into bronze as they came, and the contract reads them there", async () => {
    const cwd = lakeWith();
    const listen = await startListen(cwd, ["--contract", "zigbee.json", "points.json"]);
    const { port } = listen;
    const message = '{"temperature": 21.50,\n "humidity": 40, "linkquality": 100}';
    expect((await send(port, "/v1/messages/zigbee/kitchen", message)).status).toBe(202);
    const lines = { "Content-Type": "application/x-ndjson", "Idempotency-Key": "k" };
    for (let i = 0; i < 2; i++) {
      const sent = await send(port, "/v1/messages/zigbee/plant/hall", '{"battery": 1}\n\n{"battery": 2}\n', lines);
      expect(await sent.json()).toEqual({ accepted: 2, rejected: [] });
    }
    const points = await send(port, "/write?precision=s", 'cpu,host=a usage_idle=99.5,state="x" 1766793600');
    expect(points.status).toBe(204);
    const wrong = await Promise.all([
      send(port, "/v1/messages/other", "1"),
      send(port, "/v1/messages/zigbee", ""),
      send(port, "/v1/messages/zigbee", `"${"x".repeat(1_100_000)}"`),
    ]);
    expect(wrong.map(({ status }) => status)).toEqual([404, 400, 413]);
    expect(await wrong[0].text()).toContain("/v1/messages/zigbee");
    expect(await listen.end("SIGTERM")).toBe(143);
    const bronze = Object.values(tree(join(cwd, "lake"), ["bronze"])).join("");
    expect(bronze).toContain('"payload":{"temperature": 21.50,  "humidity": 40, "linkquality": 100},"received":"20');
    expect(bronze).toContain('cpu,host=a usage_idle=99.5,state="x" 1766793600000000000\n#1\n');
    expect((await cli(["run"], { cwd })).code).toBe(0);
    const readings = rowsIn(cwd, "silver").map((row) => row.split(",").slice(1, 4).join());
    expect(readings.sort()).toEqual([
      "a.idle,99.5,%",
      "kitchen.rh,40,%",
      "kitchen.temp,21.50,°C",
      "plant.hall.battery,1,%",
      "plant.hall.battery,2,%",
    ]);
    const key = Object.keys(tree(join(cwd, "lake"), ["bronze"])).find((name) => name.endsWith(".lp"));
    expect((await cli(["explain", `${key}`], { cwd })).stdout).toMatch(
      /records behind 0, up to 1, of shard .* of points/,
    );
  });

  it("loses nothing and has nothing twice that was acknowledged, killed again and again", async () => {
    const cwd = lakeWith();
    let sent = 0;
    for (let run = 0; run < 3; run++) {
      const listen = await startListen(cwd, ["--contract", "zigbee.json", ...FAST]);
      const gone = sleep(400 + 150 * run).then(() => listen.end("SIGKILL"));
      for (;;) {
        const key = { "Idempotency-Key": `k${sent}` };
        const answer = await send(listen.port, "/v1/messages/zigbee/d", `{"battery": ${sent}}`, key).catch(() => null);
        if (answer?.status !== 202) break;
        sent++;
      }
      await gone;
    }
    const last = await startListen(cwd, ["--contract", "zigbee.json"]);
    const key = { "Idempotency-Key": `k${sent}` };
    expect((await send(last.port, "/v1/messages/zigbee/d", `{"battery": ${sent}}`, key)).status).toBe(202);
    await last.end("SIGTERM");
    await cli(["run"], { cwd });
    const values = rowsIn(cwd, "silver").map((row) => Number(row.split(",")[2]));
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: sent + 1 }, (_, i) => i));
  });

  it.skipIf(!hasMosquitto)("takes messages of MQTT, once where the contract reads their own time", async () => {
    const [cwd, broker] = [lakeWith(), await startMosquitto()];
    const listen = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, "--contract", "timed.json", ...FAST]);
    const one = '{"time": "2025-12-27T00:00:00Z", "temperature": 20}';
    for (const message of [one, one, one.replace("20}", "21}"), "offline", "\xff"]) {
      publish(broker.port, "zigbee2mqtt/hall", message);
    }
    await untilMessages(cwd, 4);
    expect(await listen.end("SIGKILL")).toBe(null);
    const again = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, "--contract", "timed", ...FAST]);
    publish(broker.port, "zigbee2mqtt/hall", one);
    publish(broker.port, "zigbee2mqtt/hall", one.replace("20}", "22}"));
    await untilMessages(cwd, 5);
    expect(await again.end("SIGTERM")).toBe(143);
    expect((await cli(["run"], { cwd })).code).toBe(0);
    expect(rowsIn(cwd, "silver")).toEqual(
      [20, 21, 22].map((value) => `2025-12-27T00:00:00Z,hall.temp,${value},°C,0,zigbee2mqtt/hall`),
    );
  });

  it.each([
    [
      "its folder",
      ZIGBEE.replace("stream/zigbee/", "zigbee/"),
      /Set "prefix" to "bronze\/stream\/zigbee\/" and "suffixes" to \["\.ndjson"\]/,
    ],
    ["a folder of a door's own", ZIGBEE.replace("stream/zigbee/", "stream/mqtt/"), /Set "prefix" to/],
    ["how its names end", ZIGBEE.replace(".ndjson", ".json"), /"suffixes" to \["\.ndjson"\]/],
    ["its format", ZIGBEE.replace('"ndjson" }', '"json" }'), /set "type" to "ndjson", or to "influx"/],
    ["the precision of points", POINTS.replace('"influx"', '"influx","precision":"s"'), /Set it to "ns"/],
  ])("refuses a contract for %s, and says what to change", async (_, text, message) => {
    const cwd = folder({ "c.json": text });
    const { code, stderr } = await cli(["listen", "--http", "0", "--contract", "c.json"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it("refuses a contract that no door could serve, or that is none of the lake's", async () => {
    const cwd = lakeWith();
    const mqtt = ["listen", "--mqtt", "mqtt://127.0.0.1:1", "--contract"];
    const calls = [
      [...mqtt, "points.json", ...TOPIC],
      [...mqtt, "zigbee.json", "timed.json", ...TOPIC],
      [...mqtt, "zigbee.json", "--topic", "spBv1.0/#"],
      ["listen", "--kinesis", "x", "--contract", "zigbee.json"],
      ["listen", "--http", "0", "--contract", "none"],
    ];
    const answers = await Promise.all(calls.map((args) => cli(args, { cwd })));
    expect(answers.map(({ stderr }) => stderr)).toEqual([
      expect.stringMatching(/Add --http 4280/),
      expect.stringMatching(/Start vantageflow listen for each/),
      expect.stringMatching(/Sparkplug B says itself what is what/),
      expect.stringMatching(/neither HTTP nor MQTT/),
      expect.stringMatching(/the lake has no such contract/),
    ]);
  });
});
